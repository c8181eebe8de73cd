"""`grade hint`: the next hint for one kind of head."""

import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from textwrap import fill
from typing import TYPE_CHECKING, Annotated

import typer

from grader import exercises
from grader.base.errors import InvalidInput, Problem
from grader.base.language import _, ngettext
from grader.cli.who import login_name
from grader.kinds import SPELLINGS
from grader.report.text.labels import cells
from grader.schema import AskedKind, Exercise, Kind

if TYPE_CHECKING:
    from grader.ledger import Ledger
    from grader.students.hints import Rung

WIDTH = 100
"""Columns of a line; a command is never broken."""


def hint(
    exercise_id: Annotated[str, typer.Argument(help="The exercise's id.", metavar="EXERCISE", show_default=False)],
    type_: Annotated[
        str,
        typer.Argument(help="The kind, such as `induction` or `positional:-1`.", metavar="TYPE", show_default=False),
    ],
    again: Annotated[bool, typer.Option("--again", help="Show those that you have seen.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Take it, whatever it costs.")] = False,
    student: Annotated[str | None, typer.Option(help="Who asks; your login name by default.")] = None,
) -> None:
    """Show the next hint for a kind of head: what to look for, what it is not, where to look, what to try."""
    exercise = exercises.load(exercise_id)
    asked = _asked(exercise, type_)
    from grader.ledger import Ledger
    from grader.students import hints

    ladder = hints.rungs(exercise, asked)
    with Ledger() as ledger:
        shown, left = _chosen(ledger, (exercise, asked), ladder, student or login_name(), None if again else yes)
    for rung in shown:
        _show(rung, asked.name, ladder)
    if again and not shown:
        typer.echo(_("You have seen none yet; without --again, the first one is shown."))
    elif not again or not left:
        typer.echo(_what_is_left(left, exercise.hint_costs))


def _asked(exercise: Exercise, word: str) -> AskedKind:
    """The asked kind that the word means: its name, or its type, relation or other spelling where one alone has it.

    Raises:
        InvalidInput: There is none, or more than one.
    """
    wanted = Kind(type=word).name if word in SPELLINGS else word
    exact = [kind for kind in exercise.kinds if kind.name == wanted]
    found = exact or [kind for kind in exercise.kinds if wanted in (kind.type, *kind.parameters.values())]
    if len(found) == 1:
        return found[0]
    names = ", ".join(kind.name for kind in found or exercise.kinds)
    if found:
        message = _("`{word}` may be any of {names}; say which", word=word, names=names)
    else:
        message = _(
            "{exercise} asks for no `{word}`; it asks for {names}", exercise=exercise.id, word=word, names=names
        )
    raise InvalidInput("grade hint", [Problem("unknown-kind", message)])


def _chosen(
    ledger: "Ledger", of: tuple[Exercise, AskedKind], ladder: Sequence["Rung"], who: str, yes: bool | None
) -> tuple[list["Rung"], int]:
    """The hints to show, and how many there are after them: those seen before where `yes` is None, else the next."""
    from grader.ledger.hints import Hint, take, taken
    from grader.students import identity

    exercise, asked = of
    names = identity.names(who, login_name(), {each.student for each in ledger.students()})
    of_kind = (exercise.id, asked.name)
    seen = {each.rung for each in taken(ledger, names) if (each.exercise, each.kind) == of_kind}
    new = [rung for rung in ladder if rung.name not in seen]
    if yes is None or not new:
        return [rung for rung in ladder if yes is None and rung.name in seen], len(new)
    _agree_to(exercise.hint_costs, yes)
    take(ledger, who, Hint(*of_kind, new[0].name, exercise.hint_costs, datetime.now(UTC)))
    return new[:1], len(new) - 1


def _agree_to(cost: int, yes: bool) -> None:
    """Nothing, if the hint is free, or may cost this.

    Raises:
        InvalidInput: Nobody is there to be asked.
    """
    if not cost or yes:
        return
    if not sys.stdin.isatty():
        message = _("this hint costs {cost} XP; with --yes you take it", cost=cost)
        raise InvalidInput("grade hint", [Problem("costs-xp", message)])
    if not typer.confirm(_("This hint costs {cost} XP. Take it?", cost=cost)):
        raise typer.Exit


def _show(rung: "Rung", kind: str, ladder: Sequence["Rung"]) -> None:
    place = _("{kind}, hint {number} of {total}", kind=kind, number=ladder.index(rung) + 1, total=len(ladder))
    typer.echo(typer.style(f"{place}: {rung.title}", bold=True))
    for line in rung.lines:
        columns = min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns)
        letters = max(columns * len(line) // cells(line), 20)  # those of Korean are two columns wide
        typer.echo(line if line.startswith("grade ") else fill(line, letters))
    typer.echo("")


def _what_is_left(left: int, cost: int) -> str:
    if not left:
        return _("There are no more hints for it; --again shows them all once more.")
    price = _(", which costs {cost} XP", cost=cost) if cost else ""
    return ngettext(
        "{number} more hint is left: the same command shows it{price}.",
        "{number} more hints are left: the same command shows the next one{price}.",
        left,
        price=price,
    )
