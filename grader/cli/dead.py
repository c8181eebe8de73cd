"""`grade dead`: what was given up, listed, and tried again."""

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.options import AsJson
from grader.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from grader.service.dead import DeadLetters


class Action(StrEnum):
    """What is to be done with it."""

    list = "list"
    replay = "replay"


def dead(
    action: Annotated[Action, typer.Argument(help="List what was given up, or try it again.", show_default=False)],
    names: Annotated[list[str] | None, typer.Argument(help="As they are listed.", metavar="[NAME]...")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Replay all that is listed.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what could not be taken in or graded, with the reason; or try it again, once the reason is mended."""
    replays = action is Action.replay
    if replays != bool(names or everything) or (names and everything) or (replays and as_json):
        said = "either `grade dead list [--json]`, or `grade dead replay NAME...`, or `grade dead replay --all`"
        raise InvalidInput("grade dead", [Problem("usage", said)])
    from grader.ledger import Ledger
    from grader.service.dead import DeadLetters

    with Ledger() as ledger:
        letters = DeadLetters(ledger)
        if replays:
            _replay(letters, names or [each.name for each in letters.listed()])
        else:
            typer.echo(_listed(letters, as_json))


def _listed(letters: "DeadLetters", as_json: bool) -> str:
    found = letters.listed()
    if as_json:
        return json.dumps([each._asdict() for each in found], indent=2)
    if not found:
        return "nothing was given up"
    widest = max(len(each.name) for each in found)
    return "\n".join(f"{each.name:{widest}}  {each.when[:19]}Z  {each.size:>7} B  {each.reason}" for each in found)


def _replay(letters: "DeadLetters", names: list[str]) -> None:
    """Try them all; what cannot be tried again is said at the end, by the exit code too."""
    from grader.service import platforms
    from grader.service.dead import CannotReplay
    from grader.service.reception import Reception
    from grader.service.settings import settings

    reception = Reception(letters.ledger, platforms.load(settings().platforms))
    failures = []
    for name in names:
        try:
            typer.echo(letters.replay(name, reception))
        except CannotReplay as error:
            failures.append(str(error))
    for said in failures:
        typer.echo(f"grade: {said}", err=True)
    raise typer.Exit(CannotReplay.exit_code if failures else 0)
