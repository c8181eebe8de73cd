"""Grades as text, as JSON, as a table, and as the columns that Canvas and Moodle import.

Canvas finds a student by one of three ids, else by the name; Moodle asks which column holds the id, and takes nothing
at all if it does not know one student. Both clear the grade of a student whose cell is empty, so students without a
grade are left out of what they import.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from grader.base.errors import InvalidInput, Problem
from grader.base.numbers import percent
from grader.documents import listed, shown
from grader.report.text import tables, words
from grader.report.text.labels import padded, visible
from grader.schema import Counts, Exercise, Record
from grader.students.grades import Grade, GradeState

CANVAS_IDS = ("ID", "SIS User ID", "SIS Login ID")
"""The columns by which Canvas finds a student, in its order; the first holds Canvas's own number."""
CANVAS_NUMBER = CANVAS_IDS[0]
CANVAS_ID = "SIS Login ID"
EXCUSED = "EX"
"""Canvas's word for a student who needs no grade."""
MOODLE_ID = "username"
LABEL = 28
"""Cells."""
STATES: dict[GradeState, str] = {
    "graded": "graded",
    "waiting": "not graded yet",
    "ungradable": "no claim could be decided",
    "failed": "we could not grade it",
    "rejected": "only rejected files",
    "nothing": "nothing handed in",
}


class GradeList(Record):
    """The grades of one exercise."""

    exercise: str
    counts: Counts
    total: float
    """The points of a full score."""
    grades: tuple[Grade, ...]


class Column(NamedTuple):
    """The column of an exercise in another gradebook."""

    title: str
    total: float
    id_column: str
    """The column in which our ids of the students stand."""


def text(grades: Sequence[Grade], exercise: Exercise, total: float) -> str:
    """Return a line for each student, for a terminal."""
    states = Counter(grade.state for grade in grades)
    graded = f"{words.plural(len(grades), 'student', 'students')}, {states['graded']} graded"
    counts = f"each student's {exercise.policy.counts} attempt counts"
    lines = [f"{exercise.id}: {graded}; {counts}; a full score is {_number(total)} points", ""]
    several = len({grade.platform for grade in grades}) > 1
    return "\n".join([*lines, *(_line(grade, has_platform=several) for grade in grades)])


def as_json(grades: Sequence[Grade], exercise: Exercise, total: float) -> str:
    """Return the grades as JSON."""
    counts = exercise.policy.counts
    record = GradeList(exercise=exercise.id, counts=counts, total=total, grades=tuple(grades))
    return record.model_dump_json(indent=2, ensure_ascii=True)


def as_csv(grades: Iterable[Grade]) -> str:
    """Return one CSV line for each student; a text that a spreadsheet could run as a formula is quoted."""
    return tables.as_csv([*Grade.model_fields], (tuple(grade.model_dump(mode="json").values()) for grade in grades))


def as_canvas(grades: Sequence[Grade], column: Column) -> str:
    """Return the file that Canvas imports into its gradebook.

    Raises:
        InvalidInput: It would mix platforms, or an id cannot stand in the column.
    """
    if column.id_column not in CANVAS_IDS:
        message = f"Canvas finds students by {listed(CANVAS_IDS)}"
        raise InvalidInput("--id-column", [Problem("unknown-column", message)])
    _refuse_several_platforms(grades)
    if column.id_column == CANVAS_NUMBER:
        _refuse_words(grades)
    heading = ("Student", *CANVAS_IDS, "Section", column.title)
    possible = ("    Points Possible", *[""] * (len(heading) - 2), _number(column.total))
    students = (_for_canvas(grade, column) for grade in grades if is_imported(grade, EXCUSED))
    return tables.as_csv(heading, [possible, *students])


def as_moodle(grades: Sequence[Grade], column: Column) -> str:
    """Return the file that Moodle imports: the column of the id, which Moodle asks about, and the grade.

    Raises:
        InvalidInput: It would mix platforms.
    """
    _refuse_several_platforms(grades)
    rows = ((grade.student, _number(grade.points)) for grade in grades if grade.points is not None)
    return tables.as_csv((column.id_column, column.title), rows)


def is_imported(grade: Grade, excused: str = "") -> bool:
    """Return whether another gradebook takes the grade; `excused` is its word for students who need none."""
    return grade.points is not None or (grade.excused and excused != "")


def _for_canvas(grade: Grade, column: Column) -> tuple[str, ...]:
    ids = (grade.student if name == column.id_column else "" for name in CANVAS_IDS)
    points = EXCUSED if grade.points is None else _number(grade.points)
    return (grade.name or grade.student, *ids, grade.section, points)


def _refuse_several_platforms(grades: Iterable[Grade]) -> None:
    """Check that all grades are of one platform: two platforms may use one id for two students."""
    platforms = sorted({grade.platform for grade in grades})
    if len(platforms) > 1:
        message = f"these are grades of several platforms ({listed(platforms)}); name one"
        raise InvalidInput("--platform", [Problem("several-platforms", message)])


def _refuse_words(grades: Iterable[Grade]) -> None:
    """Check that all ids are numbers: of `12b`, Canvas would read 12, which is another student."""
    wrong = next((grade.student for grade in grades if not (grade.student.isascii() and grade.student.isdigit())), None)
    if wrong is not None:
        message = f"`{shown(wrong)}` is not a number of Canvas's; choose another column for the ids"
        raise InvalidInput("--id-column", [Problem("not-a-number", message)])


def _line(grade: Grade, *, has_platform: bool) -> str:
    label = f"{grade.student} ({grade.platform})" if has_platform else grade.student
    score = percent(grade.score) if grade.score is not None else "none"
    points = f"{_number(grade.points)} points" if grade.points is not None else ""
    return f"  {padded(visible(label), LABEL)}  {score:>6}  {points:>12}  {', '.join(_facts(grade))}".rstrip()


def _facts(grade: Grade) -> Iterator[str]:
    """Yield everything else about the grade, in words."""
    if grade.excused:
        yield "excused"
    if grade.passed is not None:
        yield "passed" if grade.passed else "not passed"
    if grade.state != "graded":
        yield STATES[grade.state]
    if grade.credit is not None and grade.credit < 1:
        yield f"{percent(grade.credit)} counts, {grade.late_hours:g} hours late"
    if grade.attempts:
        yield words.plural(grade.attempts, "attempt", "attempts")
    for name, value in (("section", grade.section), ("submission", grade.submission), ("note:", grade.note)):
        if value:
            yield f"{name} {visible(value)}"


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
