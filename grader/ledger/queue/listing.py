"""Submissions in lists: those of a student, an exercise or a course, newest first."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from grader.ledger.ledger import Ledger
from grader.schema.queue import State

LIST = "SELECT platform, submission_id, student, course, exercise, state, received_at FROM submissions WHERE id > 0"
ONLY = {
    "platform": " AND platform = :platform",
    "submission_id": " AND submission_id = :submission_id",
    "student": " AND student = :student",
    "course": " AND course = :course",
    "exercise": " AND exercise = :exercise",
}
"""Conditions that may be added to `LIST`."""
NEWEST = " ORDER BY id DESC LIMIT :most"
COUNTED = """
SELECT DISTINCT reports.submission FROM submissions JOIN reports ON reports.id = submissions.report
WHERE submissions.platform = :platform AND submissions.course = :course AND submissions.exercise = :exercise
"""
MOST = 200


class ListedSubmission(NamedTuple):
    """A submission's line in a list."""

    platform: str
    submission_id: str
    student: str | None
    course: str | None
    exercise: str | None
    state: State
    received_at: datetime


def listed(ledger: Ledger, given: Mapping[str, str | None], most: int = MOST) -> list[ListedSubmission]:
    """Return the newest submissions whose columns have these values; None stands for every value."""
    values = {name: value for name, value in given.items() if value is not None}
    query = LIST + "".join(ONLY[name] for name in values) + NEWEST
    with ledger.database.statements() as execute:
        rows = execute(query, {**values, "most": most})
    return [ListedSubmission(**{**row, "received_at": datetime.fromisoformat(row["received_at"])}) for row in rows]


def counted_in(ledger: Ledger, platform: str, course: str, exercise: str) -> set[str]:
    """Return the names of the ledger's submissions to the exercise that were handed in from this course."""
    with ledger.database.statements() as execute:
        rows = execute(COUNTED, {"platform": platform, "course": course, "exercise": exercise})
    return {row["submission"] for row in rows}
