"""`grade hint`: the next hint for one kind of head."""

import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from grader import exercises
from grader.base.errors import InvalidInput, Problem
from grader.base.language import _, ngettext
from grader.base.screen import Clean, harmless
from grader.cli.console import has_colour
from grader.cli.options import FORMAT, OutPath, PlainFormat, print_or_write
from grader.cli.who import login_name
from grader.exercises.names import kind_named, meant_by
from grader.ledger import Ledger
from grader.report.text.styled import Text
from grader.schema import AskedKind, Exercise, title
from grader.students.hints import Rung
from grader.students.taking import LadderTaken, Taker, ladder_taken

WIDTH = 100
"""The most columns in a line; a command is never broken."""
NARROWEST = 20


def hint(
    exercise_id: Annotated[str, typer.Argument(help="The exercise's id.", metavar="EXERCISE", show_default=False)],
    type_: Annotated[
        str | None,
        typer.Argument(
            help="The kind, such as `induction` or `positional:-1`. Without it, the kinds are listed.",
            metavar="[TYPE]",
            show_default=False,
        ),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Show the hints that you have seen already.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Take the hint without being asked, whatever it costs.")] = False,
    student: Annotated[str | None, typer.Option(help="The student. Default: your login name.")] = None,
    form: Annotated[PlainFormat, FORMAT] = PlainFormat.text,
    out: OutPath = None,
) -> None:
    """Show the next hint for a kind of head: what to look for, what it is not, where to look, what to try."""
    exercise = exercises.load(exercise_id)
    if type_ is None:
        _list(exercise, form, out)
        return
    asked = _asked(exercise, type_)
    with Ledger() as ledger:
        taker = Taker.here(ledger, student or login_name(), login_name())
        way = ladder_taken(ledger, exercise, asked, taker)
        shown = way.seen if again else _next(ledger, way, agreed=yes)
        ladder, left = way.ladder, len(way.new)
    if form is PlainFormat.json:
        seen = [{"number": ladder.index(rung) + 1, **rung._asdict()} for rung in shown]
        content = {"exercise": exercise.id, "kind": asked.name, "hints": seen, "of": len(ladder), "left": left}
        print_or_write(json.dumps(content, indent=2), out)
        return
    lines = [line for rung in shown for line in _lines(rung, title(asked), ladder, colour=out is None and has_colour())]
    if again and not shown:
        lines.append(_("You have not seen any hints for this kind yet. Without --again, the first one is shown."))
    elif not again or not left:
        lines.append(_left(left, exercise.hint_costs))
    print_or_write(Clean("\n".join(map(harmless, lines))), out)


def _list(exercise: Exercise, form: PlainFormat, out: Path | None) -> None:
    """Print or write the kinds for which there are hints, each with the command for it."""
    if form is PlainFormat.json:
        kinds = [{"kind": asked.name, "title": title(asked)} for asked in exercise.kinds]
        print_or_write(json.dumps({"exercise": exercise.id, "kinds": kinds}, indent=2), out)
    else:
        lines = (f"grade hint {exercise.id} {asked.name:32} {title(asked)}" for asked in exercise.kinds)
        print_or_write("\n".join(lines), out)


def _asked(exercise: Exercise, word: str) -> AskedKind:
    """Return the asked kind that the word means: its name, or a type, relation or spelling that only one kind has.

    Raises:
        InvalidInput: There is no such kind, or more than one.
    """
    matches = meant_by(word, exercise.kinds)
    if len(matches) == 1:
        return matches[0]
    if not matches:
        kind_named(word, "grade hint")
    names = ", ".join(kind.name for kind in matches or exercise.kinds)
    if matches:
        message = _("`{word}` can mean {names}; say which one", word=word, names=names)
    else:
        message = _(
            "{exercise} does not ask for `{kind}`; it asks for {names}", exercise=exercise.id, kind=word, names=names
        )
    raise InvalidInput("grade hint", [Problem("unknown-kind", message)])


def _next(ledger: Ledger, way: LadderTaken, *, agreed: bool) -> list[Rung]:
    """Return the next hint, if there is one."""
    if not way.new:
        return []
    _agree_to(way.of[0].hint_costs, agreed)
    return [way.take_next(ledger)]


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


def _lines(rung: Rung, kind: str, ladder: Sequence[Rung], *, colour: bool) -> Iterator[str]:
    place = _("{kind}, hint {number} of {total}", kind=kind, number=ladder.index(rung) + 1, total=len(ladder))
    columns = max(min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns), NARROWEST)
    yield from Text((f"{place}: {rung.title}", "bold")).lines(columns, colour=colour)
    for line in rung.lines:
        yield from [line] if line.startswith("grade ") else Text(line).lines(columns, colour=colour)
    yield ""


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
