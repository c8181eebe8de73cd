"""`grade grades`: each student's grade on one exercise, for people, programs and other gradebooks."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from grader import exercises
from grader.base.errors import InvalidInput, Problem
from grader.cli.console import say
from grader.cli.options import (
    FORMAT,
    OutPath,
    SelectionOptions,
    print_or_write,
    selecting,
)
from grader.ledger import Ledger
from grader.report.text import grades as grades_text
from grader.report.text.grades import CANVAS_ID, CANVAS_IDS, EXCUSED, MOODLE_ID, Column
from grader.schema import Exercise
from grader.students.grades import Grade, Gradebook


class GradesFormat(StrEnum):
    """The formats of grades."""

    text = "text"
    csv = "csv"
    json = "json"
    canvas = "canvas"
    moodle = "moodle"


IMPORTED = {GradesFormat.canvas: CANVAS_ID, GradesFormat.moodle: MOODLE_ID}
"""The formats for other gradebooks, each with the usual column of the ids."""


@selecting
def grades(
    exercise_id: Annotated[str, typer.Argument(help="The exercise.", metavar="EXERCISE", show_default=False)],
    asked: SelectionOptions,
    points: Annotated[
        float | None,
        typer.Option(min=0.01, help="The points of a full score. Default: the exercise's own.", metavar="NUMBER"),
    ] = None,
    id_column: Annotated[
        str | None,
        typer.Option(
            help="With --format canvas or moodle: the column of the students' ids. "
            f"Canvas has {', '.join(CANVAS_IDS)}. Default: {CANVAS_ID}, and {MOODLE_ID} for Moodle.",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    assignment: Annotated[
        str | None,
        typer.Option(
            help="With --format canvas or moodle: the title of the column. Default: the exercise's title.",
            metavar="TITLE",
            show_default=False,
        ),
    ] = None,
    form: Annotated[GradesFormat, FORMAT] = GradesFormat.text,
    out: OutPath = None,
) -> None:
    """List each student's grade on an exercise, also as a table that Canvas or Moodle imports."""
    if form not in IMPORTED and (id_column or assignment):
        message = "--id-column and --assignment are for --format canvas or moodle"
        raise InvalidInput("grade grades", [Problem("usage", message)])
    exercise = exercises.load(exercise_id)
    with Ledger() as ledger:
        book = Gradebook(ledger, exercise, asked.selection(ledger, exercise.policy.time_zone), points)
        found = [student.grade for student in book.students()]
    column = Column(assignment or exercise.title, book.total, id_column or IMPORTED.get(form, ""))
    print_or_write(_rendered(form, found, exercise, column), out)
    if form in IMPORTED:
        _say_left_out(found, EXCUSED if form is GradesFormat.canvas else "")


def _rendered(form: GradesFormat, found: Sequence[Grade], exercise: Exercise, column: Column) -> str:
    match form:
        case GradesFormat.text:
            return grades_text.text(found, exercise, column.total)
        case GradesFormat.csv:
            return grades_text.as_csv(found)
        case GradesFormat.json:
            return grades_text.as_json(found, exercise, column.total)
        case GradesFormat.canvas:
            return grades_text.as_canvas(found, column)
        case GradesFormat.moodle:
            return grades_text.as_moodle(found, column)


def _say_left_out(found: Sequence[Grade], excused: str) -> None:
    """Say how many students are not in the file."""
    if missing := sum(not grades_text.is_imported(grade, excused) for grade in found):
        say(f"left out, because they have no grade: {missing}", err=True)
