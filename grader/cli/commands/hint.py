"""`grade hint`: the next hint for one kind of head."""

import shutil
import sys
from collections.abc import Sequence
from textwrap import fill
from typing import Annotated

import typer

from grader import exercises
from grader.base.errors import InvalidInput, Problem
from grader.base.language import _, ngettext
from grader.cli.who import login_name
from grader.kinds import SPELLINGS
from grader.ledger import Ledger
from grader.ledger.hints import Hint, take, taken
from grader.report.text.labels import cells
from grader.schema import AskedKind, Exercise, Kind
from grader.students import hints, identity
from grader.students.hints import Rung

WIDTH = 100
"""The most columns in a line; a command is never broken."""


def hint(
    exercise_id: Annotated[str, typer.Argument(help="The exercise's id.", metavar="EXERCISE", show_default=False)],
    type_: Annotated[
        str,
        typer.Argument(help="The kind, such as `induction` or `positional:-1`.", metavar="TYPE", show_default=False),
    ],
    again: Annotated[bool, typer.Option("--again", help="Show the hints that you have seen already.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Take the hint without being asked, whatever it costs.")] = False,
    student: Annotated[str | None, typer.Option(help="The student. Default: your login name.")] = None,
) -> None:
    """Show the next hint for a kind of head: what to look for, what it is not, where to look, what to try."""
    exercise = exercises.load(exercise_id)
    asked = _asked(exercise, type_)
    with Ledger() as ledger:
        last = ledger.latest(student or login_name(), exercise.id)
        ladder = hints.rungs(exercise, asked, last.report if last else None)
        shown, left = _chosen(ledger, (exercise, asked), ladder, student or login_name(), None if again else yes)
    for rung in shown:
        _show(rung, asked.name, ladder)
    if again and not shown:
        typer.echo(_("You have not seen any hints for this kind yet. Without --again, the first one is shown."))
    elif not again or not left:
        typer.echo(_left(left, exercise.hint_costs))


def _asked(exercise: Exercise, word: str) -> AskedKind:
    """Return the asked kind that the word means: its name, or a type, relation or spelling that only one kind has.

    Raises:
        InvalidInput: There is no such kind, or more than one.
    """
    wanted = Kind(type=word).name if word in SPELLINGS else word
    exact = [kind for kind in exercise.kinds if kind.name == wanted]
    matches = exact or [kind for kind in exercise.kinds if wanted in (kind.type, *kind.parameters.values())]
    if len(matches) == 1:
        return matches[0]
    names = ", ".join(kind.name for kind in matches or exercise.kinds)
    if matches:
        message = _("`{word}` can mean {names}; say which one", word=word, names=names)
    else:
        message = _(
            "{exercise} does not ask for `{kind}`; it asks for {names}", exercise=exercise.id, kind=word, names=names
        )
    raise InvalidInput("grade hint", [Problem("unknown-kind", message)])


def _chosen(
    ledger: Ledger, of: tuple[Exercise, AskedKind], ladder: Sequence[Rung], who: str, yes: bool | None
) -> tuple[list[Rung], int]:
    """Return the hints to show, and how many are left: the next hint, or all seen before if `yes` is None."""
    exercise, asked = of
    names = identity.names(who, login_name(), {each.student for each in ledger.students()})
    of_kind = (exercise.id, asked.name)
    seen = {each.rung for each in taken(ledger, names) if (each.exercise, each.kind) == of_kind}
    new = [rung for rung in ladder if rung.name not in seen]
    if yes is None or not new:
        return [rung for rung in ladder if yes is None and rung.name in seen], len(new)
    _agree_to(exercise.hint_costs, yes)
    take(ledger, who, Hint(*of_kind, new[0].name, exercise.hint_costs, ledger.now()))
    return new[:1], len(new) - 1


def _agree_to(cost: int, yes: bool) -> None:
    """Ask whether the hint may cost this, unless that is agreed already.

    Raises:
        InvalidInput: There is nobody to ask: stdin is not a terminal.
    """
    if not cost or yes:
        return
    if not sys.stdin.isatty():
        message = _("this hint costs {cost} XP; to take it, add --yes", cost=cost)
        raise InvalidInput("grade hint", [Problem("costs-xp", message)])
    if not typer.confirm(_("This hint costs {cost} XP. Take it?", cost=cost)):
        raise typer.Exit


def _show(rung: Rung, kind: str, ladder: Sequence[Rung]) -> None:
    place = _("{kind}, hint {number} of {total}", kind=kind, number=ladder.index(rung) + 1, total=len(ladder))
    typer.echo(typer.style(f"{place}: {rung.title}", bold=True))
    for line in rung.lines:
        columns = min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns)
        letters = max(columns * len(line) // cells(line), 20)  # Korean letters are two columns wide
        typer.echo(line if line.startswith("grade ") else fill(line, letters))
    typer.echo("")


def _left(left: int, cost: int) -> str:
    if not left:
        return _("There are no more hints for this kind. To see them all again, add --again.")
    price = _(", which costs {cost} XP", cost=cost) if cost else ""
    return ngettext(
        "{number} more hint is left: the same command shows it{price}.",
        "{number} more hints are left: the same command shows the next one{price}.",
        left,
        price=price,
    )
