"""`grade platforms`: the tokens with which platforms, and single students of theirs, use the web door."""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from grader.base.errors import InvalidInput, Problem
from grader.base.files import write_once
from grader.cli.console import say
from grader.cli.options import FORMAT, OutPath, PlainFormat, print_or_write
from grader.documents import did_you_mean, shown
from grader.ledger import Ledger
from grader.ledger.people import tokens as kept_tokens
from grader.ledger.people.tokens import KeptToken
from grader.report.text.labels import visible
from grader.service import platforms
from grader.service.entrance import tokens
from grader.service.settings import settings

if TYPE_CHECKING:
    from grader.service.entrance.visitors import Role

app = typer.Typer(help="Make, list and revoke the tokens with which platforms use the web door.", no_args_is_help=True)


@app.command("token")
def token(
    name: Annotated[str, typer.Argument(help="The platform.", metavar="NAME", show_default=False)],
    scope: Annotated[
        str | None,
        typer.Option(
            help="What it opens to programs: submit, read, or both joined by a comma. With --role, none by default.",
            metavar="SCOPES",
            show_default=False,
        ),
    ] = None,
    expires: Annotated[str, typer.Option(help="The time for which it is good: 12h, 90d, 26w, 2y, never.")] = "365d",
    student: Annotated[
        str | None, typer.Option(help="Only this student's work.", metavar="ID", show_default=False)
    ] = None,
    role: Annotated[
        str | None,
        typer.Option(
            help="A person signs in at the pages with it: student, instructor or operator.",
            metavar="ROLE",
            show_default=False,
        ),
    ] = None,
    course: Annotated[
        str | None, typer.Option(help="With --role: only this course.", metavar="ID", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write it to this new file, which only you can read.", metavar="PATH")
    ] = None,
) -> None:
    """Make a token and show it, this once: only its hash is kept."""
    _check_platform(name)
    if out is not None and out.exists():
        message = f"{out} is there already and stays as it is; name a new file"
        raise InvalidInput("--out", [Problem("file-exists", message)])
    life = tokens.life(expires)
    whose = tokens.Owner(student, cast("Role | None", role), course)  # which is checked there
    with Ledger() as ledger:
        made = tokens.issue(ledger, name, _scopes(scope, role), whose, life)
    if out is None:
        say(made)
    else:
        write_once(out, f"{made}\n".encode())


@app.command("list")
def list_tokens(form: Annotated[PlainFormat, FORMAT] = PlainFormat.text, out: OutPath = None) -> None:
    """List all tokens by number, without the tokens themselves, which nobody keeps."""
    with Ledger() as ledger:
        kept, now = kept_tokens.listed(ledger), ledger.now()
    if form is PlainFormat.json:
        hidden = [{name: value for name, value in each._asdict().items() if name != "digest"} for each in kept]
        print_or_write(json.dumps(hidden, indent=2, default=datetime.isoformat), out)
        return
    print_or_write("\n".join(_line(each, now) for each in kept) or "there are no tokens", out)


@app.command("revoke")
def revoke(numbers: Annotated[list[int], typer.Argument(help="Numbers from the list.", metavar="NUMBER...")]) -> None:
    """Let tokens open nothing any more, from the next request on."""
    with Ledger() as ledger:
        wrong = [number for number in numbers if not kept_tokens.revoke(ledger, number)]
    if wrong:
        message = f"no token that could be revoked has the number {', '.join(map(str, wrong))}; see the list"
        raise InvalidInput("grade platforms revoke", [Problem("unknown-token", message)])


def _scopes(scope: str | None, role: str | None) -> list[str]:
    """Return the scopes that are meant."""
    if scope is None:
        return [] if role else list(tokens.SCOPES)
    return [each.strip() for each in scope.split(",") if each.strip()] or [scope]


def _check_platform(name: str) -> None:
    listed = platforms.load(settings().platforms)
    if name not in listed:
        message = f"there is no platform `{shown(name)}`{did_you_mean(name, sorted(listed))}"
        raise InvalidInput("grade platforms", [Problem("unknown-platform", message)])


def _line(each: KeptToken, now: datetime) -> str:
    state = "revoked" if each.revoked_at else "good" if each.is_good(now) else "expired"
    until = f"until {each.expires_at:%Y-%m-%d}" if each.expires_at else "for ever"
    used = f"used {each.used_at:%Y-%m-%d %H}h" if each.used_at else "never used"
    whose = f"  only {visible(each.student)}" if each.student else ""
    whose += f"  course {visible(each.course)}" if each.course else ""
    opens = ",".join([*each.scopes, *([f"signs in as {each.role}"] if each.role else [])])
    return f"{each.number:>4}  {each.platform}  {state} {until}  {opens}  {used}{whose}"
