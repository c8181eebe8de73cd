"""The status of one submission: its row, and the newest report on it."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from grader.base.errors import Problem
from grader.ledger.columns import read, read_problems
from grader.ledger.database import through
from grader.ledger.entry import LedgerEntry
from grader.ledger.ledger import Ledger
from grader.ledger.people.adjustments import Adjustments, Whose, counting
from grader.ledger.tables import SUBMISSIONS
from grader.schema.queue import PENDING, State

ROW = SUBMISSIONS.c


class SubmissionStatus(NamedTuple):
    """A submission's row as it is now."""

    state: State
    revision: int
    student: str | None
    exercise: str | None
    received_at: datetime
    finished_at: datetime | None
    tries: int
    problems: tuple[Problem, ...]
    next_allowed: datetime | None
    waits_for: str | None
    """The fault of its exercise that it waits for; None if it does not wait for one."""
    credit: float
    attempts_used: int
    """Different submissions of the student to the exercise that count, those on their way included."""
    entry: LedgerEntry | None
    """The newest entry with its report; None before it is graded."""
    adjustments: Adjustments
    """The decisions of instructors for the student on the exercise."""


def status(ledger: Ledger, platform: str, submission_id: str) -> SubmissionStatus | None:
    """Return the status of the platform's submission with this id; None if there is none."""
    query = sa.select(SUBMISSIONS).where(ROW.platform == platform, ROW.submission_id == submission_id)
    with ledger.database.connection() as connection:
        row = connection.execute(query).mappings().one_or_none()
        if row is None:
            return None
        return SubmissionStatus(
            state=row["state"],
            revision=row["revision"],
            student=row["student"],
            exercise=row["exercise"],
            received_at=datetime.fromisoformat(row["received_at"]),
            finished_at=read(row["finished_at"]),
            tries=row["tries"],
            problems=read_problems(row["problems"]),
            next_allowed=read(row["next_allowed"]),
            waits_for=row["waits_for"],
            credit=row["credit"],
            attempts_used=_attempts_used(connection, row),
            entry=ledger.current(connection, row["report"]) if row["report"] is not None else None,
            adjustments=_adjustments(connection, row),
        )


def _attempts_used(connection: sa.Connection, row: sa.RowMapping) -> int:
    same = (ROW[name] == row[name] for name in ("platform", "student", "exercise"))
    different = sa.select(sa.func.count(sa.distinct(ROW.content)))
    return int(connection.scalar(different.where(*same, ROW.state.in_((*PENDING, "graded")))) or 0)


def _adjustments(connection: sa.Connection, row: sa.RowMapping) -> Adjustments:
    if row["student"] is None or row["exercise"] is None:
        return Adjustments()
    return counting(through(connection), Whose(row["platform"], row["student"], row["exercise"]))
