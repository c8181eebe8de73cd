"""Jobs: the rows of submissions on their way through grading; whatever dies, the row says where to go on.

A row is the truth, a message only says that there is one to look at: lost, doubled and late messages do no
harm. Whoever grades a row holds its lease; when that runs out, the row is taken back. Tries are counted
before grading begins, so that a submission which kills its worker is counted as well.

While grading keeps failing, whatever the submission, the breaker is open: one probe at a time is tried, the
one that has waited longest, and nothing is buried; the first success closes it. Whether it is open follows
from the rows alone.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from grader.base.errors import Problem
from grader.ledger import Ledger
from grader.ledger.columns import storable, written
from grader.ledger.tables import SUBMISSIONS
from grader.schema import Report
from grader.schema.queue import State
from grader.service import outbox

TRIES = 5
"""How often grading is begun before a submission is given up."""
BACKOFF_SECONDS = 5
"""Before the second try; each later wait is four times as long."""
LEASE_MARGIN_SECONDS = 10
"""How much longer a lease holds than the hard time limit."""
WINDOW = 100
"""How many rows have a message on its way at a time; the others wait in the ledger."""
BREAKER_ROWS = 5
"""So many different submissions failed, and none succeeded since: it is not the submissions."""

ROW = SUBMISSIONS.c


class Lease(NamedTuple):
    """The right to grade one submission."""

    job: int
    lease: str
    is_probe: bool
    tries: int
    """How often grading was begun; probes are not counted."""
    platform: str
    submission_id: str
    student: str | None
    exercise: str | None
    """None where it could not be told when the submission came in."""
    document: str
    received_at: datetime


class Due(NamedTuple):
    """A row that a message is to be sent for."""

    job: int
    is_probe: bool


class Jobs:
    """The submissions in one ledger's database."""

    def __init__(self, ledger: Ledger, task_seconds: int, resend_seconds: int) -> None:
        """Grading one submission takes `task_seconds` at most; a message is sent again after `resend_seconds`."""
        self.ledger = ledger
        self.lease = timedelta(seconds=task_seconds + LEASE_MARGIN_SECONDS)
        self.resend = timedelta(seconds=resend_seconds)

    def claim(self, job: int, *, is_probe: bool = False) -> Lease | None:
        """The right to grade this row, or None: it is graded, somebody else's, not due yet, or the breaker is open."""
        lease = uuid4().hex
        with self.ledger.connection(write=True) as connection:
            now = datetime.now(UTC)  # not before the connection: it may have waited for other writers
            free = sa.or_(ROW.state == "queued", sa.and_(ROW.state == "received", ROW.wake_at <= written(now)))
            taken = sa.update(SUBMISSIONS).where(ROW.id == job, free)
            if not is_probe and is_open(connection):
                connection.execute(taken.values(state="received", wake_at=written(now)))
                return None
            charge = int(not is_probe)
            values = {"state": "grading", "lease": lease, "tries": ROW.tries + charge, "tried_at": written(now)}
            claimed = taken.values(**values, wake_at=written(now + self.lease)).returning(SUBMISSIONS)
            row = connection.execute(claimed).mappings().one_or_none()
        if row is None:
            return None
        told = {name: row[name] for name in ("tries", "platform", "submission_id", "student", "exercise", "document")}
        return Lease(job, lease, is_probe, **told, received_at=datetime.fromisoformat(row["received_at"]))

    def finish(self, claim: Lease, report: Report) -> bool:
        """Keep the report, end the row and owe its answer, all at once; False where the lease had run out."""
        try:
            return self._finish(claim, report)
        except IntegrityError:  # another process kept the same report meanwhile: now it is found
            return self._finish(claim, report)

    def reject(self, claim: Lease, problems: Sequence[Problem], next_allowed: datetime | None = None) -> None:
        """End the row: what was handed in cannot be graded, by its own fault."""
        following = written(next_allowed) if next_allowed else None
        values = {"state": "rejected", "problems": told(problems), "next_allowed": following}
        with self.ledger.connection(write=True) as connection:
            self._end(connection, claim, values)

    def fail(self, claim: Lease, reason: str) -> None:
        """Give the row back after a fault of ours, to be tried again later, or bury it when it was tried enough."""
        with self.ledger.alone() as connection:
            _take_back(connection, _held(claim), claim.tries, reason)

    def postpone(self, claim: Lease, seconds: float) -> None:
        """Give the row back uncharged: what it needs is not there yet."""
        with self.ledger.connection(write=True) as connection:
            wake = written(datetime.now(UTC) + timedelta(seconds=seconds))
            values = {
                "state": "received",
                "lease": None,
                "tries": claim.tries - int(not claim.is_probe),
                "wake_at": wake,
            }
            connection.execute(sa.update(SUBMISSIONS).where(*_held(claim)).values(values))

    def fail_postponed(self, exercise: str, seconds: float, reason: str) -> None:
        """Note a failure of the submissions that were postponed so long: what they wait for cannot be had."""
        with self.ledger.alone() as connection:
            charge = int(not is_open(connection))
            soon = written(datetime.now(UTC) + timedelta(seconds=seconds))
            postponed = (ROW.exercise == exercise, ROW.state == "received", ROW.wake_at <= soon)
            tried = sa.select(ROW.id, ROW.tries).where(*postponed, ROW.tried_at.is_not(None)).limit(WINDOW)
            for job, tries in connection.execute(tried).all():
                _take_back(connection, (ROW.id == job, *postponed), tries + charge, reason)

    def due(self) -> list[Due]:
        """The rows that a message is to be sent for now; they count as queued from here on."""
        with self.ledger.connection() as connection:  # a look that waits for nobody
            if not connection.scalar(sa.select(sa.exists().where(_waits(datetime.now(UTC))))):
                return []
        with self.ledger.alone() as connection:
            now = datetime.now(UTC)
            breaker = is_open(connection)
            order = (sa.func.coalesce(ROW.tried_at, ""), ROW.id) if breaker else (ROW.wake_at, ROW.id)
            chosen = sa.select(ROW.id).where(_waits(now)).order_by(*order).limit(self._room(connection, breaker))
            ids = connection.scalars(chosen.with_for_update(skip_locked=True)).all()
            values = {"state": "queued", "wake_at": written(now + self.resend)}
            connection.execute(sa.update(SUBMISSIONS).where(ROW.id.in_(ids)).values(values))
        return [Due(job, breaker) for job in ids]

    def sweep(self) -> None:
        """Take back the rows of workers and messages that are gone."""
        with self.ledger.connection() as connection:
            if not connection.scalar(sa.select(sa.exists().where(_overdue(datetime.now(UTC))))):
                return
        with self.ledger.alone() as connection:
            now = datetime.now(UTC)
            lost = sa.update(SUBMISSIONS).where(_overdue(now), ROW.state == "queued")
            connection.execute(lost.values(state="received", wake_at=written(now)))
            for job, tries in connection.execute(sa.select(ROW.id, ROW.tries).where(_overdue(now))).all():
                held = (ROW.id == job, _overdue(now))
                _take_back(connection, held, tries, "the worker stopped before it was done")

    def _finish(self, claim: Lease, report: Report) -> bool:
        with self.ledger.connection(write=True) as connection:
            state: State = "graded" if report.gradable else "ungradable"
            values = {"state": state, "reason": "", "tries": claim.tries + int(claim.is_probe)}
            if not self._end(connection, claim, values):
                return False
            entry = self.ledger.enter(connection, report, claim.platform, claim.received_at)
            connection.execute(sa.update(SUBMISSIONS).where(ROW.id == claim.job).values(report=entry.id))
            return True

    def _end(self, connection: sa.Connection, claim: Lease, values: dict[str, Any]) -> bool:
        """End the row and owe its answer, if the claim still holds."""
        now = datetime.now(UTC)
        change = sa.update(SUBMISSIONS).where(*_held(claim)).values(**values, lease=None, finished_at=written(now))
        if connection.scalar(change.returning(ROW.id)) is None:
            return False
        outbox.put(connection, claim.job, now)
        return True

    def _room(self, connection: sa.Connection, breaker: bool) -> int:
        """How many more messages may be on their way."""
        busy = ("queued", "grading") if breaker else ("queued",)
        count = connection.scalar(sa.select(sa.func.count()).where(ROW.state.in_(busy))) or 0
        return max(0, (1 if breaker else WINDOW) - count)


def is_open(connection: sa.Connection) -> bool:
    """Whether the breaker is: several different submissions failed since the last one that was graded."""
    graded = SUBMISSIONS.alias().c
    last = (
        sa.select(sa.func.max(graded.finished_at)).where(graded.state == state) for state in ("graded", "ungradable")
    )
    since = (ROW.failed_at > sa.func.coalesce(moment.scalar_subquery(), "") for moment in last)
    failing = sa.select(ROW.id).where(*since).order_by(ROW.failed_at).limit(BREAKER_ROWS)  # in the index's order
    return len(connection.scalars(failing).all()) >= BREAKER_ROWS


def backoff(tries: int) -> timedelta:
    """How long a row rests after so many tries: 5, 20, 80, 320 seconds."""
    return timedelta(seconds=BACKOFF_SECONDS * 4 ** max(0, tries - 1))


def told(problems: Sequence[Problem]) -> str:
    """The problems as a row holds them."""
    return json.dumps([asdict(problem) for problem in problems])


def _take_back(connection: sa.Connection, held: Sequence[sa.ColumnElement[bool]], tries: int, reason: str) -> None:
    """Note a failure of this row, if it is still held so; it rests, or is buried when it was tried enough."""
    now = datetime.now(UTC)
    row = sa.update(SUBMISSIONS).where(*held)
    values = {"state": "received", "lease": None, "tries": tries, "failed_at": written(now)}
    rests = row.values(**values, wake_at=written(now + backoff(tries)), reason=storable(reason))
    job = connection.scalar(rests.returning(ROW.id))
    if job is not None and tries >= TRIES and not is_open(connection):
        buried = sa.update(SUBMISSIONS).where(ROW.id == job)
        connection.execute(buried.values(state="dead", finished_at=written(now)))
        outbox.put(connection, job, now)


def _waits(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(ROW.state == "received", ROW.wake_at <= written(now))


def _overdue(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(ROW.state.in_(("queued", "grading")), ROW.wake_at <= written(now))


def _held(claim: Lease) -> tuple[sa.ColumnElement[bool], ...]:
    return ROW.id == claim.job, ROW.state == "grading", ROW.lease == claim.lease
