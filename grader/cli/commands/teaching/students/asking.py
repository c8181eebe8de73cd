"""The options and checks that the commands about students share."""

from collections.abc import Iterable, Mapping, Sequence
from csv import DictWriter
from enum import StrEnum
from io import StringIO
from typing import Annotated

import typer

from grader.base.errors import InvalidInput, Problem
from grader.base.screen import cell
from grader.cli.who import login_name
from grader.documents import did_you_mean, listed, shown
from grader.ledger import KnownStudent, Ledger
from grader.ledger.people.known import students
from grader.report.text.labels import cells, visible
from grader.service import platforms
from grader.service.settings import settings
from grader.students.course import people

GROUP = "grade students"
StudentName = Annotated[str, typer.Argument(help="The student.", metavar="STUDENT", show_default=False)]
ExerciseName = Annotated[str, typer.Argument(help="The exercise.", metavar="EXERCISE", show_default=False)]
PlatformName = Annotated[
    str | None, typer.Option("--platform", help="The platform; needed if several have such a student.", metavar="NAME")
]
CourseName = Annotated[str | None, typer.Option("--course", help="Only this course.", metavar="NAME")]
SectionName = Annotated[str | None, typer.Option("--section", help="Only this section.", metavar="NAME")]
Reason = Annotated[str, typer.Option("--reason", help="The reason; the student reads it.", show_default=False)]
By = Annotated[str | None, typer.Option("--by", help="Who decides. Default: your login name.", metavar="NAME")]


class TableFormat(StrEnum):
    """The formats of a table."""

    text = "text"
    json = "json"
    csv = "csv"


def the_student(ledger: Ledger, name: str, platform: str | None, command: str) -> KnownStudent:
    """Return the one student of this name whom the ledger or a roster knows.

    Raises:
        InvalidInput: There is none, or there are several.
    """
    return people.the_student(name, platform, students(ledger), f"{GROUP} {command}")


def check_platform(ledger: Ledger, platform: str | None) -> None:
    """Check that the service or the ledger knows the platform.

    Raises:
        InvalidInput: Neither does.
    """
    people.check_platform(platform, students(ledger), platforms.load(settings().platforms))


def check_known(option: str, given: str | None, known: Iterable[str]) -> None:
    """Check that a course or a section exists; None means any.

    Raises:
        InvalidInput: It does not.
    """
    words = sorted(set(known) - {""})
    if given is not None and given not in words:
        hint = did_you_mean(given, words)
        message = f"there is no `{shown(given)}`; known: {listed(words) or 'none'}{hint}"
        raise InvalidInput(option, [Problem("unknown", message)])


def reason_of(text: str) -> str:
    """Return the reason.

    Raises:
        InvalidInput: It is empty.
    """
    if not text.strip():
        raise InvalidInput("--reason", [Problem("empty", "give a reason; the student reads it")])
    return text.strip()


def who(by: str | None) -> str:
    """Return the name of the person who decides."""
    return by or login_name()


def as_table(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> str:
    """Return the rows in columns for a terminal; a column without any value is left out."""
    texts = [{name: visible(str(row[name] if row[name] is not None else "")) for name in columns} for row in rows]
    used = [name for name in columns if any(row[name] for row in texts)]
    widths = {name: max(cells(name), *(cells(row[name]) for row in texts)) for name in used}
    lines = [{name: name.replace("_", " ") for name in used}, *texts]
    return "\n".join("  ".join(_padded(line[name], widths[name]) for name in used).rstrip() for line in lines)


def as_csv(rows: Iterable[Mapping[str, object]], columns: Sequence[str]) -> str:
    """Return the rows as CSV; a text that a spreadsheet could run as a formula is quoted."""
    out = StringIO()
    writer = DictWriter(out, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows({name: cell(value) for name, value in row.items()} for row in rows)
    return out.getvalue()


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cells(text))
