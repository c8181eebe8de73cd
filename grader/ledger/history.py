"""The history of one student on one exercise: the entries of the ledger, and the arrivals that led to them."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from grader.base.errors import Problem
from grader.ledger.columns import read_problems
from grader.ledger.entry import LedgerEntry

if TYPE_CHECKING:
    from grader.schema.queue import State

REPORTED = "SELECT DISTINCT platform, student FROM reports WHERE exercise = :exercise"
ARRIVED = """
SELECT DISTINCT platform, student FROM submissions
WHERE student IS NOT NULL AND (exercise = :exercise OR exercise IS NULL)
"""
"""Of a file that nobody could read, or that waits for an exercise with a fault, the exercise is unknown."""
BEYOND = " AND (platform, student) > (:last_platform, :last_student)"
OF_COURSE = " AND COALESCE(course, '') = :course"
IN_ORDER = " ORDER BY platform, student LIMIT :page"
THEIR_REPORTS = """
SELECT reports.* FROM reports
JOIN ({named}) AS named ON reports.platform = named.platform AND reports.student = named.student
WHERE {which}
ORDER BY reports.platform, reports.student, reports.id
"""
THEIR_ARRIVALS = """
SELECT submissions.platform, submissions.student, submission_id, course, state, content, received_at, credit, report,
    problems, CASE WHEN exercise IS NULL THEN document END AS document
FROM submissions
JOIN ({named}) AS named ON submissions.platform = named.platform AND submissions.student = named.student
WHERE exercise = :exercise OR exercise IS NULL
ORDER BY submissions.platform, submissions.student, submissions.id
"""


class Arrival(NamedTuple):
    """One submission as it came in from a platform; the same content may arrive more than once."""

    id: str
    """The platform's id of the submission."""
    course: str
    """Empty if the platform named none."""
    state: "State"
    content: str | None
    """The digest of what is graded; None if it was never read."""
    came_at: datetime
    credit: float
    """The part of the score that lateness leaves."""
    report: int | None
    """The id of the entry that it led to; None before it is graded, or if it never is."""
    problems: tuple[Problem, ...]
    """The reasons why it was rejected."""
    document: str | None
    """The file, if nobody has read yet which exercise it is for; empty if it was not kept; else None."""


class History(NamedTuple):
    """Everything that one student of one platform handed in to one exercise."""

    platform: str
    student: str
    entries: list[LedgerEntry]
    """In the order of the ledger; those on other exercises as well, if they were asked for."""
    arrivals: list[Arrival]
    """In the order in which they were taken in; none of what was graded at a terminal. Files that could not be read
    are among them, whatever exercise they were for."""


class Origin(NamedTuple):
    """A course of a platform that something came from."""

    platform: str
    course: str
    """Empty if the platform named none."""


def naming(conditions: str, *, has_course: bool) -> str:
    """Return the statement that selects the next students; only what came from a platform has a course."""
    arrived = ARRIVED + BEYOND + conditions + (OF_COURSE if has_course else "")
    return f"{arrived}{IN_ORDER}" if has_course else f"{REPORTED}{BEYOND}{conditions} UNION {arrived}{IN_ORDER}"


def arrival(row: dict[str, Any]) -> Arrival:
    """Return the arrival that a row of `THEIR_ARRIVALS` holds."""
    return Arrival(
        id=row["submission_id"],
        course=row["course"] or "",
        state=row["state"],
        content=row["content"],
        came_at=datetime.fromisoformat(row["received_at"]),
        credit=row["credit"],
        report=row["report"],
        problems=read_problems(row["problems"]),
        document=row["document"],
    )
