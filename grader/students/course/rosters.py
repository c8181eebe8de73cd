"""Rosters: the list of a course's students, read from a table with a heading."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO

from grader.base.errors import InvalidInput, Problem
from grader.base.names import plain
from grader.documents import did_you_mean, listed, shown
from grader.ledger.people.rosters import RosterLine

COLUMNS = ("student", "section", "name")
"""The columns that are read; all others of a platform's table are left out."""
LONGEST = 256
"""Characters of a cell; a platform's name of a student has no more either."""


def read(text: str, source: str) -> list[RosterLine]:
    """Return the lines of a roster in CSV, with commas or semicolons.

    Raises:
        InvalidInput: A column is missing, a cell is empty or too long, or a student is listed twice.
    """
    text = text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    heading = text.split("\n", 1)[0]
    separator = ";" if heading.count(";") > heading.count(",") else ","
    table = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        rows = [(table.line_num, row) for row in table if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise InvalidInput(source, [Problem("not-csv", f"this is no CSV: {error}", table.line_num)]) from None
    places = _places([cell.strip().lower() for cell in rows[0][1]] if rows else [], source)
    lines = [(number, _line(row, places)) for number, row in rows[1:]]
    if problems := [*_problems(lines)]:
        raise InvalidInput(source, problems)
    return [line for _, line in lines]


def _places(heading: list[str], source: str) -> dict[str, int]:
    """Return the place of each column that is read.

    Raises:
        InvalidInput: There is no column `student`.
    """
    places = {name: heading.index(name) for name in COLUMNS if name in heading}
    if "student" not in places:
        hint = next((f"; is it `{shown(word)}`?" for word in heading if did_you_mean(word, ["student"])), "")
        message = f"the first line must name the columns; `student` is missing{hint}; known: {listed(COLUMNS)}"
        raise InvalidInput(source, [Problem("missing-column", message, 1)])
    return places


def _line(row: list[str], places: dict[str, int]) -> RosterLine:
    cells = {name: row[place].strip() if place < len(row) else "" for name, place in places.items()}
    return RosterLine(**{**cells, "student": plain(cells["student"])})


def _problems(lines: Iterable[tuple[int, RosterLine]]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for number, line in lines:
        if not line.student:
            yield Problem("empty", "`student` is empty; write the student's name on the platform", number)
        elif line.student in first:
            message = f"`{shown(line.student)}` is in line {first[line.student]} already; leave one of them out"
            yield Problem("repeated", message, number)
        if any(len(cell) > LONGEST for cell in line):
            yield Problem("too-long", f"a cell has more than {LONGEST} characters", number)
        first.setdefault(line.student, number)
