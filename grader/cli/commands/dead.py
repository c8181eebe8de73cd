"""`grade dead`: what was given up: listed, looked at, tried again, or put aside."""

import json
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from grader.base.errors import InvalidInput, Problem
from grader.cli.options import AsJson

if TYPE_CHECKING:
    from grader.service.dead import DeadLetters


class Action(StrEnum):
    """What is to be done with it."""

    list = "list"
    show = "show"
    replay = "replay"
    dismiss = "dismiss"


def dead(
    action: Annotated[
        Action, typer.Argument(help="List it, look at it, try it again, put it aside.", show_default=False)
    ],
    names: Annotated[list[str] | None, typer.Argument(help="As they are listed.", metavar="[NAME]...")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that is listed.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what could not be taken in or graded, with the reason; or try it again, once the reason is mended."""
    lists = action is Action.list
    if lists == bool(names or everything) or (names and everything) or (as_json and not lists):
        message = (
            "either `grade dead list [--json]`, or `grade dead show|replay|dismiss NAME...`, or `--all` for the names"
        )
        raise InvalidInput("grade dead", [Problem("usage", message)])
    from grader.ledger import Ledger
    from grader.service.dead import DeadLetters

    with Ledger() as ledger:
        letters = DeadLetters(ledger)
        if lists:
            typer.echo(_listed(letters, as_json))
            return
        all_names = names or [each.name for each in letters.listed()]
        does = {Action.show: letters.content, Action.dismiss: letters.dismiss}
        _each(all_names, does.get(action) or _replaying(letters))


def _listed(letters: "DeadLetters", as_json: bool) -> str:
    found = letters.listed()
    if as_json:
        return json.dumps([each._asdict() for each in found], indent=2)
    if not found:
        return "nothing was given up"
    widest = max(len(each.name) for each in found)
    return "\n".join(f"{each.name:{widest}}  {each.when[:19]}Z  {each.size:>7} B  {each.reason}" for each in found)


def _replaying(letters: "DeadLetters") -> Callable[[str], str]:
    """What tries one of them again."""
    from grader.service import platforms
    from grader.service.reception import Reception
    from grader.service.settings import settings

    reception = Reception(letters.ledger, platforms.load(settings().platforms))
    return lambda name: letters.replay(name, reception)


def _each(names: list[str], act: Callable[[str], str]) -> NoReturn:
    """Do it with them all; where it cannot be done is said at the end, by the exit code too."""
    from grader.service.dead import CannotReplay

    failures = []
    for name in names:
        try:
            typer.echo(act(name))
        except CannotReplay as error:
            failures.append(str(error))
    for message in failures:
        typer.echo(f"grade: {message}", err=True)
    raise typer.Exit(CannotReplay.exit_code if failures else 0)
