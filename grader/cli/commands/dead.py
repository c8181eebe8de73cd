"""`grade dead`: what was given up, to be listed, shown, tried again or dismissed."""

import json
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, NoReturn

import typer

from grader.base.errors import InvalidInput, Problem
from grader.cli.options import AsJson
from grader.ledger import Ledger
from grader.service import platforms
from grader.service.dead import CannotReplay, DeadLetters
from grader.service.reception import Reception
from grader.service.settings import settings


class Action(StrEnum):
    """The actions on what was given up."""

    list = "list"
    show = "show"
    replay = "replay"
    dismiss = "dismiss"


def dead(
    action: Annotated[Action, typer.Argument(help="List all, or show, try again or dismiss some.", show_default=False)],
    names: Annotated[list[str] | None, typer.Argument(help="Names from the list.", metavar="[NAME]...")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything in the list.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what could not be taken in or graded, with the reason; or try it again after fixing the cause."""
    lists = action is Action.list
    if lists == bool(names or everything) or (names and everything) or (as_json and not lists):
        message = "use `grade dead list [--json]`, or `grade dead show|replay|dismiss` with names or --all"
        raise InvalidInput("grade dead", [Problem("usage", message)])
    with Ledger() as ledger:
        letters = DeadLetters(ledger)
        if lists:
            typer.echo(_listed(letters, as_json))
            return
        actions = {Action.show: letters.content, Action.dismiss: letters.dismiss}
        _apply(actions.get(action) or _replay(letters), names or [each.name for each in letters.listed()])


def _listed(letters: DeadLetters, as_json: bool) -> str:
    dead = letters.listed()
    if as_json:
        return json.dumps([each._asdict() for each in dead], indent=2)
    if not dead:
        return "nothing was given up"
    widest = max(len(each.name) for each in dead)
    return "\n".join(f"{each.name:{widest}}  {each.when[:19]}Z  {each.size:>7} B  {each.reason}" for each in dead)


def _replay(letters: DeadLetters) -> Callable[[str], str]:
    """Return a function that tries one of them again."""
    reception = Reception(letters.ledger, platforms.load(settings().platforms))
    return lambda name: letters.replay(name, reception)


def _apply(action: Callable[[str], str], names: list[str]) -> NoReturn:
    """Apply the action to each of the names, then print the failures and exit."""
    failures = []
    for name in names:
        try:
            typer.echo(action(name))
        except CannotReplay as error:
            failures.append(str(error))
    for message in failures:
        typer.echo(f"grade: {message}", err=True)
    raise typer.Exit(CannotReplay.exit_code if failures else 0)
