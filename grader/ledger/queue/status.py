"""The status of submissions: their rows, and the newest report on each."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

import sqlalchemy as sa

from grader.base.errors import LedgerError, Problem
from grader.ledger.columns import read, read_problems
from grader.ledger.database import through
from grader.ledger.entry import LedgerEntry
from grader.ledger.ledger import Ledger
from grader.ledger.measurements import how_far
from grader.ledger.people.adjustments import Adjustments, Whose, are_any, counting
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
    measured: float | None
    """The part of its exercise's measurement that is done, 0 to 1; None if it waits for none."""
    credit: float
    attempts_used: int
    """Different submissions of the student to the exercise that count, those on their way included."""
    entry: LedgerEntry | None
    """The newest entry with its report; None before it is graded."""
    adjustments: Adjustments
    """The decisions of instructors for the student on the exercise."""


def status(ledger: Ledger, platform: str, submission_id: str) -> SubmissionStatus | None:
    """Return the status of the platform's submission with this id; None if there is none."""
    found = _found(ledger, (ROW.platform == platform, ROW.submission_id == submission_id))
    return next((read_status() for read_status in found.values()), None)


def statuses(ledger: Ledger, jobs: Sequence[int]) -> Iterator[SubmissionStatus]:
    """Yield the status of each of these rows, in this order; they are looked up together, and read one by one.

    Raises:
        LedgerError: One is missing or cannot be read; those after it are not yielded.
    """
    found = _found(ledger, (ROW.id.in_(jobs),))
    for job in jobs:
        if job not in found:
            raise LedgerError(f"{ledger.where}: the submission is missing; was a row deleted by hand?")
        yield found[job]()


def _found(ledger: Ledger, which: Sequence[sa.ColumnElement[bool]]) -> dict[int, Callable[[], SubmissionStatus]]:
    with ledger.database.connection() as connection:
        rows = connection.execute(sa.select(SUBMISSIONS).where(*which)).mappings().all()
        if not rows:
            return {}
        used = _attempts_used(connection, [row["id"] for row in rows])
        entries = ledger.newest(connection, [row["report"] for row in rows if row["report"] is not None])
        adjusted = are_any(through(connection))
        beside = {row["id"]: _beside(connection, row, adjusted) for row in rows}
    return {
        row["id"]: partial(_status, row, beside[row["id"]], used.get(row["id"], 0), entries.get(row["report"]))
        for row in rows
    }


class _Beside(NamedTuple):
    """The facts of other tables about a submission."""

    measured: float | None
    adjustments: Adjustments


def _beside(connection: sa.Connection, row: sa.RowMapping, are_adjusted: bool) -> _Beside:
    measured = how_far(connection, row["exercise"]) if row["state"] in PENDING else None
    if not are_adjusted or row["student"] is None or row["exercise"] is None:
        return _Beside(measured, Adjustments())
    whose = Whose(row["platform"], row["student"], row["exercise"])
    return _Beside(measured, counting(through(connection), whose))


def _status(
    row: sa.RowMapping, beside: _Beside, attempts_used: int, read_entry: Callable[[], LedgerEntry] | None
) -> SubmissionStatus:
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
        measured=beside.measured,
        credit=row["credit"],
        attempts_used=attempts_used,
        entry=read_entry() if read_entry else None,
        adjustments=beside.adjustments,
    )


def _attempts_used(connection: sa.Connection, jobs: Sequence[int]) -> dict[int, int]:
    """Return the number of attempts of the student that each of these rows belongs to; no row counts none."""
    mine = SUBMISSIONS.alias().c
    same = (ROW[name] == mine[name] for name in ("platform", "student", "exercise"))
    query = sa.select(mine.id, sa.func.count(sa.distinct(ROW.content)))
    counted = query.join_from(SUBMISSIONS, mine.id.table, sa.and_(*same, ROW.state.in_((*PENDING, "graded"))))
    rows = connection.execute(counted.where(mine.id.in_(jobs)).group_by(mine.id))
    return {row[0]: row[1] for row in rows}
