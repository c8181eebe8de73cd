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

from grader.errors import Problem
from grader.ledger import Ledger
from grader.schema import Report
from grader.service import outbox
from grader.service.records import State
from grader.tables import SUBMISSIONS, written

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


class Claim(NamedTuple):
    """The right to grade one submission."""

    job: int
    lease: str
    is_probe: bool
    tries: int
    platform: str
    submission_id: str
    student: str | None
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

    def claim(self, job: int, *, is_probe: bool = False) -> Claim | None:
        """The right to grade this row, or None: it is graded, somebody else's, not due yet, or the breaker is open."""
        now, lease = datetime.now(UTC), uuid4().hex
        free = sa.or_(ROW.state == "queued", sa.and_(ROW.state == "received", ROW.wake_at <= written(now)))
        values = {"state": "grading", "lease": lease, "tries": ROW.tries + 1, "tried_at": written(now)}
        taken = sa.update(SUBMISSIONS).where(ROW.id == job, free)
        with self.ledger.connection(write=True) as connection:
            if not is_probe and is_open(connection):
                connection.execute(taken.values(state="received", wake_at=written(now)))
                return None
            claimed = taken.values(**values, wake_at=written(now + self.lease)).returning(SUBMISSIONS)
            row = connection.execute(claimed).mappings().one_or_none()
        if row is None:
            return None
        told = {name: row[name] for name in ("tries", "platform", "submission_id", "student", "document")}
        return Claim(job, lease, is_probe, **told, received_at=datetime.fromisoformat(row["received_at"]))

    def finish(self, claim: Claim, report: Report) -> bool:
        """Keep the report, end the row and owe its answer, all at once; False where the lease had run out."""
        try:
            return self._finish(claim, report)
        except IntegrityError:  # another process kept the same report meanwhile: now it is found
            return self._finish(claim, report)

    def reject(self, claim: Claim, problems: Sequence[Problem]) -> None:
        """End the row: what was handed in cannot be graded, by its own fault."""
        values = {"state": "rejected", "problems": told(problems)}
        with self.ledger.connection(write=True) as connection:
            self._end(connection, claim, values)

    def fail(self, claim: Claim, reason: str) -> None:
        """Give the row back after a fault of ours, to be tried again later; a failing probe is not charged."""
        now = datetime.now(UTC)
        tries = claim.tries - claim.is_probe
        wake = written(now + backoff(tries))
        values = {"state": "received", "tries": tries, "failed_at": written(now), "reason": reason, "wake_at": wake}
        self._give_back(claim, values)

    def postpone(self, claim: Claim, seconds: float) -> None:
        """Give the row back uncharged: what it needs is not there yet."""
        wake = written(datetime.now(UTC) + timedelta(seconds=seconds))
        self._give_back(claim, {"state": "received", "tries": claim.tries - 1, "wake_at": wake})

    def due(self) -> list[Due]:
        """The rows that a message is to be sent for now; they count as queued from here on."""
        now = datetime.now(UTC)
        with self.ledger.connection() as connection:  # a look that waits for nobody
            if not connection.scalar(sa.select(sa.exists().where(_waits(now)))):
                return []
        with self.ledger.connection(write=True) as connection:
            breaker = is_open(connection)
            order = (sa.func.coalesce(ROW.tried_at, ""), ROW.id) if breaker else (ROW.wake_at, ROW.id)
            chosen = sa.select(ROW.id).where(_waits(now)).order_by(*order).limit(self._room(connection, breaker))
            ids = connection.scalars(chosen).all()
            queued = sa.update(SUBMISSIONS).where(ROW.id.in_(ids), ROW.state == "received")
            values = {"state": "queued", "wake_at": written(now + self.resend)}
            rows = connection.scalars(queued.values(values).returning(ROW.id)).all()
        return [Due(job, breaker) for job in sorted(rows, key=list(ids).index)]

    def sweep(self) -> None:
        """Take back the rows of workers and messages that are gone, and bury those that were tried too often."""
        now = datetime.now(UTC)
        overdue = sa.and_(ROW.state.in_(("queued", "grading")), ROW.wake_at <= written(now))
        spent = sa.and_(_waits(now), ROW.tries >= TRIES)
        with self.ledger.connection() as connection:
            if not connection.scalar(sa.select(sa.exists().where(sa.or_(overdue, spent)))):
                return
        with self.ledger.connection(write=True) as connection:
            lost = sa.update(SUBMISSIONS).where(overdue, ROW.state == "queued")
            connection.execute(lost.values(state="received", wake_at=written(now)))
            for job, tries in connection.execute(sa.select(ROW.id, ROW.tries).where(overdue)).all():
                values = {"state": "received", "lease": None, "failed_at": written(now)}
                said = "the worker stopped before it was done"
                back = sa.update(SUBMISSIONS).where(ROW.id == job, overdue)
                connection.execute(back.values(**values, reason=said, wake_at=written(now + backoff(tries))))
            if not is_open(connection):
                buried = sa.update(SUBMISSIONS).where(spent).values(state="dead", finished_at=written(now))
                for job in connection.scalars(buried.returning(ROW.id)).all():
                    outbox.put(connection, job, now)

    def _finish(self, claim: Claim, report: Report) -> bool:
        with self.ledger.connection(write=True) as connection:
            state: State = "graded" if report.gradable else "ungradable"
            if not self._end(connection, claim, {"state": state, "reason": ""}):
                return False
            entry = self.ledger.enter(connection, report, claim.platform, claim.received_at)
            connection.execute(sa.update(SUBMISSIONS).where(ROW.id == claim.job).values(report=entry.id))
            return True

    def _end(self, connection: sa.Connection, claim: Claim, values: dict[str, Any]) -> bool:
        """End the row and owe its answer, if the claim still holds."""
        now = datetime.now(UTC)
        change = sa.update(SUBMISSIONS).where(*_held(claim)).values(**values, lease=None, finished_at=written(now))
        if connection.scalar(change.returning(ROW.id)) is None:
            return False
        outbox.put(connection, claim.job, now)
        return True

    def _give_back(self, claim: Claim, values: dict[str, Any]) -> None:
        with self.ledger.connection(write=True) as connection:
            connection.execute(sa.update(SUBMISSIONS).where(*_held(claim)).values(**values, lease=None))

    def _room(self, connection: sa.Connection, breaker: bool) -> int:
        """How many more messages may be on their way."""
        busy = ("queued", "grading") if breaker else ("queued",)
        count = connection.scalar(sa.select(sa.func.count()).where(ROW.state.in_(busy))) or 0
        return max(0, (1 if breaker else WINDOW) - count)


def is_open(connection: sa.Connection) -> bool:
    """Whether the breaker is: several different submissions failed since the last one that was graded."""
    graded = sa.select(ROW.finished_at).where(ROW.state.in_(("graded", "ungradable")))
    last = connection.scalar(graded.order_by(ROW.finished_at.desc()).limit(1)) or ""
    failing = sa.select(ROW.id).where(ROW.failed_at > last).limit(BREAKER_ROWS)
    return len(connection.scalars(failing).all()) >= BREAKER_ROWS


def backoff(tries: int) -> timedelta:
    """How long a row rests after so many tries: 5, 20, 80, 320 seconds."""
    return timedelta(seconds=BACKOFF_SECONDS * 4 ** max(0, tries - 1))


def told(problems: Sequence[Problem]) -> str:
    """The problems as a row holds them."""
    return json.dumps([asdict(problem) for problem in problems])


def _waits(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(ROW.state == "received", ROW.wake_at <= written(now))


def _held(claim: Claim) -> tuple[sa.ColumnElement[bool], ...]:
    return ROW.id == claim.job, ROW.state == "grading", ROW.lease == claim.lease
