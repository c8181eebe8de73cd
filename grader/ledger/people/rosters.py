"""Rosters: the students of each course, with their sections; read without SQLAlchemy."""

from collections.abc import Iterable
from typing import NamedTuple

from grader.ledger.columns import storable, written
from grader.ledger.ledger import Ledger

LISTED = "SELECT platform, course, student, section, name FROM roster ORDER BY platform, course, section, student"
FORGET = "DELETE FROM roster WHERE platform = :platform AND course = :course"
LIST = """
INSERT INTO roster (platform, course, student, section, name, listed_at)
VALUES (:platform, :course, :student, :section, :name, :listed_at)
"""


class RosterLine(NamedTuple):
    """One student of a course."""

    student: str
    section: str = ""
    name: str = ""
    """Empty unless somebody lets names be kept."""


class ListedStudent(NamedTuple):
    """A student on the roster of a course."""

    platform: str
    course: str
    student: str
    section: str
    name: str


def listed(ledger: Ledger) -> list[ListedStudent]:
    """Return all students of all rosters, in order."""
    with ledger.database.statements() as execute:
        return [ListedStudent(**row) for row in execute(LISTED, {})]


def replace(ledger: Ledger, platform: str, course: str, lines: Iterable[RosterLine]) -> None:
    """Make these lines the whole roster of the platform's course; without lines, it has none."""
    where = {"platform": platform, "course": course}
    listed_at = written(ledger.now())
    with ledger.database.statements(write=True) as execute:
        execute(FORGET, where)
        for line in lines:
            values = {name: storable(value) for name, value in line._asdict().items()}
            execute(LIST, {**where, **values, "listed_at": listed_at})
