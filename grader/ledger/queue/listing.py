"""Submissions in lists: those of a student, an exercise or a course, newest first."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from grader.ledger.columns import written
from grader.ledger.ledger import Ledger
from grader.schema.queue import State

LIST = "SELECT platform, submission_id, student, course, exercise, state, received_at FROM submissions WHERE id > 0"
ONLY = {
    "platform": " AND platform = :platform",
    "submission_id": " AND submission_id = :submission_id",
    "student": " AND student = :student",
    "course": " AND course = :course",
    "exercise": " AND exercise = :exercise",
    "since": " AND received_at >= :since",
    "until": " AND received_at < :until",
    "section": " AND EXISTS (SELECT 1 FROM roster WHERE roster.platform = submissions.platform"
    " AND roster.student = submissions.student AND roster.section = :section"
    " AND roster.course = COALESCE(:course, roster.course))",
}
"""Conditions that may be added to `LIST`."""
NEWEST = " ORDER BY id DESC LIMIT :most"
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


def listed(ledger: Ledger, given: Mapping[str, str | datetime | None], most: int = MOST) -> list[ListedSubmission]:
    """Return the newest submissions that meet these conditions, by their names in `ONLY`; None stands for none."""
    values = {name: written(value) if isinstance(value, datetime) else value for name, value in given.items()}
    query = LIST + "".join(ONLY[name] for name, value in values.items() if value is not None) + NEWEST
    with ledger.database.statements() as execute:
        rows = execute(query, {"course": None, **values, "most": most})
    return [ListedSubmission(**{**row, "received_at": datetime.fromisoformat(row["received_at"])}) for row in rows]
