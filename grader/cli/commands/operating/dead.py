"""`grade dead`: what was given up, to be listed, shown, tried again or dismissed."""

import json
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from grader.base.errors import InvalidInput, Problem
from grader.cli.console import say
from grader.cli.options import FORMAT, OldJson, OutPath, PlainFormat, old_spelling, print_or_write
from grader.ledger import Ledger
from grader.report.text.labels import visible
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
    form: Annotated[PlainFormat, FORMAT] = PlainFormat.text,
    out: OutPath = None,
    as_json: OldJson = False,
) -> None:
    """List what could not be taken in or graded, with the reason; or try it again after fixing the cause."""
    form, out = old_spelling(form, out, as_json=as_json)
    lists = action is Action.list
    if lists == bool(names or everything) or (names and everything):
        message = "use `grade dead list`, or `grade dead show|replay|dismiss` with names or --all"
        raise InvalidInput("grade dead", [Problem("usage", message)])
    with Ledger() as ledger:
        letters = DeadLetters(ledger)
        if lists:
            print_or_write(_listed(letters, form), out)
            return
        actions = {Action.show: letters.content, Action.dismiss: letters.dismiss}
        chosen = names or [each.name for each in letters.listed()]
        _apply(actions.get(action) or _replay(letters), chosen, form, out)


def _listed(letters: DeadLetters, form: PlainFormat) -> str:
    dead = letters.listed()
    if form is PlainFormat.json:
        return json.dumps([each._asdict() for each in dead], indent=2)
    if not dead:
        return "nothing was given up"
    widest = max(len(each.name) for each in dead)
    return "\n".join(
        f"{each.name:{widest}}  {each.when[:19]}Z  {each.size:>7} B  {visible(each.reason)}" for each in dead
    )


def _replay(letters: DeadLetters) -> Callable[[str], str]:
    """Return a function that tries one of them again."""
    reception = Reception(letters.ledger, platforms.load(settings().platforms))
    return lambda name: letters.replay(name, reception)


def _apply(action: Callable[[str], str], names: list[str], form: PlainFormat, out: Path | None) -> NoReturn:
    """Apply the action to each of the names, then print the results and the failures, and exit."""
    results, failures = {}, []
    for name in names:
        try:
            results[name] = action(name)
        except CannotReplay as error:
            failures.append(str(error))
    if results or form is PlainFormat.json:
        print_or_write(json.dumps(results, indent=2) if form is PlainFormat.json else "\n".join(results.values()), out)
    for message in failures:
        say(f"grade: {message}", err=True)
    raise typer.Exit(CannotReplay.exit_code if failures else 0)
