"""Jobs: the rows of submissions on their way through grading; a row says where to go on, whatever process dies.

The row is the truth. A message only says that there is a row to look at: lost, doubled and late messages do no harm.
The process that grades a row holds its lease; when the lease runs out, or the process is seen to end, the row is taken
back. A try is counted before grading begins, so that a submission which kills its process is counted as well.

Rows that were never tried are leased, graded and ended together, since a transaction costs more than a report. What
does not go plainly well is given back and graded alone, so that nothing that happens to one row falls upon the others.

While grading fails for every submission, the breaker is open: one submission at a time is graded, on trial, the one
that has waited longest, and nothing is buried. The first success closes it. No column stores the breaker: it follows
from the rows.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, NamedTuple
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from grader.base.errors import Problem
from grader.ledger.clock import now
from grader.ledger.columns import storable, written, written_problems
from grader.ledger.ledger import Ledger
from grader.ledger.queue import finishing, outbox, sharing
from grader.ledger.queue.breaker import is_open
from grader.ledger.queue.leases import Ending, Lease, held, of_token
from grader.ledger.tables import SUBMISSIONS
from grader.schema import Report
from grader.schema.queue import TERMINAL

TRIES = 5
"""The number of times that grading is begun before a submission is given up."""
BACKOFF_SECONDS = 5
"""Before the second try; each later wait is four times as long."""
LEASE_MARGIN_SECONDS = 10
"""The time by which a lease is longer than the hard time limit."""
WINDOW = 100
"""The number of rows that have a message on its way; the others wait in the ledger."""
MINUTE = timedelta(minutes=1)
CLOCK_CHECK_SECONDS = 10.0
"""Between two searches for waits that began before the clock was set back."""
TOKEN = 32
"""The length of a lease's token."""

ROW = SUBMISSIONS.c
LEASED = ("tries", "platform", "submission_id", "student", "exercise", "content", "document", "credit")
"""The columns that a lease holds."""
LOST = (ROW.id, ROW.platform, ROW.submission_id, ROW.tries, ROW.lease)
"""The columns of `Lost`."""


class Lost(NamedTuple):
    """A row whose process ended while it was grading."""

    job: int
    platform: str
    submission_id: str
    tries: int
    token: str
    """Of its lease."""


class Due(NamedTuple):
    """A row for which a message is to be sent."""

    job: int
    is_trial: bool
    is_alone: bool = False
    """True if it was tried before, or is a trial: then it is not graded together with others."""


class Jobs:
    """The submissions in one ledger's database."""

    def __init__(
        self,
        ledger: Ledger,
        task_seconds: int,
        resend_seconds: int,
        rates: Mapping[str, int | None] | None = None,
        holder: str = "",
    ) -> None:
        """Grading one submission takes `task_seconds` at most; a message is sent again after `resend_seconds`.

        `rates` names the platforms, each with the most submissions that go to workers in a minute, or None. `holder`
        names this process, in at most 16 characters, so that its leases can be found when it has ended.
        """
        self.ledger, self.rates, self.holder = ledger, rates or {}, holder
        self.lease_time = timedelta(seconds=task_seconds + LEASE_MARGIN_SECONDS)
        self.resend_time = timedelta(seconds=resend_seconds)
        self._check_clock_at = float("-inf")

    def lease(self, job: int, *, is_trial: bool = False) -> Lease | None:
        """Lease the row: return the right to grade it; None as `lease_all` leaves it out."""
        return next(iter(self.lease_all([job], is_trial=is_trial)), None)

    def lease_all(self, jobs: Sequence[int], *, is_trial: bool = False) -> list[Lease]:
        """Lease these rows together: return the right to grade each of them.

        Those are left out that are graded, leased or not due, and among several those that were tried before: the
        message is an old one. All are left out if the breaker is open and this is not a trial.
        """
        token = f"{self.holder}/{uuid4().hex}"[:TOKEN]
        with self.ledger.database.connection(write=True) as connection:
            when = now(connection)  # not before the connection, which may have waited for other writers
            free = sa.or_(ROW.state == "queued", sa.and_(ROW.state == "received", ROW.wake_at <= written(when)))
            alone = ROW.tried_at.is_(None) if len(jobs) > 1 else sa.true()
            taken = sa.update(SUBMISSIONS).where(ROW.id.in_(jobs), free, alone)
            if not is_trial and is_open(connection, when):
                connection.execute(taken.values(state="received", wake_at=written(when)))
                return []
            charge, until = int(not is_trial), written(when + self.lease_time)
            values = {"state": "grading", "lease": token, "tries": ROW.tries + charge, "tried_at": written(when)}
            leased = taken.values(**values, waits_for=None, wake_at=until).returning(SUBMISSIONS)
            rows = connection.execute(leased).mappings().all()
        return [_lease(row, token, is_trial) for row in sorted(rows, key=lambda row: row["id"])]

    def finish(self, lease: Lease, report: Report) -> bool:
        """Keep the report, end the row and owe its answer, all at once; return False if the lease had run out."""
        return bool(self.finish_all([Ending(lease, report)]))

    def finish_all(self, endings: Sequence[Ending], left: Sequence[Lease] = ()) -> list[int]:
        """Do so for several that were leased together, and release those that are left, in the same transaction.

        Return the rows that ended. No two of them may have the same content.
        """
        try:
            return self._finish(endings, left)
        except IntegrityError:  # another process has just kept the same report: the second try finds it
            return self._finish(endings, left)

    def release(self, leases: Sequence[Lease]) -> None:
        """Give rows back that were leased together: they were not tried, and each is graded alone next time."""
        self._finish((), leases)

    def reject(self, lease: Lease, problems: Sequence[Problem], next_allowed: datetime | None = None) -> None:
        """End the row: its submission cannot be graded, for these problems of its own."""
        following = written(next_allowed) if next_allowed else None
        values = {"state": "rejected", "problems": written_problems(problems), "next_allowed": following}
        with self.ledger.database.connection(write=True) as connection:
            self._end(connection, lease, values)

    def fail(self, lease: Lease, reason: str) -> None:
        """Give the row back after a fault of ours, to be tried again later; bury it after the last try."""
        with self.ledger.database.alone() as connection:
            _take_back(connection, held([lease]), lease.tries, reason)

    def lost(self, holder: str, reason: str) -> list[Lost]:
        """Take back what this process was grading when it ended, and return it."""
        theirs = ROW.lease.startswith(f"{holder}/", autoescape=True)
        query = sa.select(*LOST).where(ROW.state == "grading", theirs)
        with self.ledger.database.alone() as connection:
            rows = [Lost(*row) for row in connection.execute(query)]
            _take_back_lost(connection, rows, reason)
        return rows

    def postpone(self, lease: Lease, seconds: float, waits_for: str | None = None) -> None:
        """Give the row back without counting a try: something that it needs is not ready, or must be mended first."""
        with self.ledger.database.connection(write=True) as connection:
            wake = written(now(connection) + timedelta(seconds=seconds))
            values = {
                "state": "received",
                "lease": None,
                "tries": lease.tries - int(not lease.is_trial),
                "wake_at": wake,
                "waits_for": storable(waits_for) if waits_for else None,
            }
            connection.execute(sa.update(SUBMISSIONS).where(*held([lease])).values(values))

    def fail_postponed(self, exercise: str, seconds: float, reason: str) -> None:
        """Note a failure of the exercise's submissions that wait at most `seconds` more: they need what has failed."""
        with self.ledger.database.alone() as connection:
            when = now(connection)
            charge = int(not is_open(connection, when))
            soon = written(when + timedelta(seconds=seconds))
            postponed = (
                ROW.exercise == exercise,
                ROW.state == "received",
                ROW.waits_for.is_(None),
                ROW.wake_at <= soon,
            )
            tried = sa.select(ROW.id, ROW.tries).where(*postponed, ROW.tried_at.is_not(None)).limit(WINDOW)
            for job, tries in connection.execute(tried).all():
                _take_back(connection, (ROW.id == job, *postponed), tries + charge, reason)

    def due(self) -> list[Due]:
        """Return the rows for which a message is to be sent now, and mark them as queued."""
        with self.ledger.database.connection() as connection:  # reading waits for no other process
            if not connection.scalar(sa.select(sa.exists().where(_waits(now(connection))))):
                return []
        with self.ledger.database.alone() as connection:
            when = now(connection)
            breaker = is_open(connection, when)
            order = (sa.func.coalesce(ROW.tried_at, ""), ROW.id) if breaker else (ROW.wake_at, ROW.id)
            query = sa.select(ROW.id, ROW.platform).where(_waits(when)).order_by(*order)
            room = {} if breaker else self._room_of_each(connection, when)
            limit = self._room(connection, breaker)
            ids = sharing.chosen(connection, query.with_for_update(skip_locked=True), limit, room) if limit else []
            values = {"state": "queued", "wake_at": written(when + self.resend_time)}
            queued = sa.update(SUBMISSIONS).where(ROW.id.in_(ids)).values(values).returning(ROW.id, ROW.tried_at)
            tried = {job for job, tried_at in connection.execute(queued) if tried_at is not None}
        return [Due(job, breaker, breaker or job in tried) for job in ids]

    def sweep(self) -> None:
        """Take back the rows whose worker or message is lost, and end waits that the clock made too long."""
        if monotonic() > self._check_clock_at:
            self._check_clock_at = monotonic() + CLOCK_CHECK_SECONDS
            self._shorten_waits()
        with self.ledger.database.connection() as connection:
            if not connection.scalar(sa.select(sa.exists().where(_overdue(now(connection))))):
                return
        with self.ledger.database.alone() as connection:
            when = now(connection)
            lost = sa.update(SUBMISSIONS).where(_overdue(when), ROW.state == "queued")
            connection.execute(lost.values(state="received", wake_at=written(when)))
            rows = [Lost(*row) for row in connection.execute(sa.select(*LOST).where(_overdue(when)))]
            _take_back_lost(connection, rows, "the worker stopped before it was done")

    def _shorten_waits(self) -> None:
        """Let no row wait much longer than its state ever does: its wait began before the clock was set back."""
        longest = [(ROW.state == "queued", self.resend_time), (ROW.state == "grading", self.lease_time)]
        received, is_held = ROW.state == "received", ROW.waits_for.is_not(None)
        resting = [(sa.and_(received, ~is_held, ROW.tries == n), backoff(n)) for n in range(TRIES + 1)]
        resting.append((sa.and_(received, is_held), MINUTE))
        with self.ledger.database.connection(write=True) as connection:
            when = now(connection)
            for rows, wait in (*longest, *resting):
                waiting = sa.update(SUBMISSIONS).where(rows, ROW.wake_at > written(when + 2 * wait))
                connection.execute(waiting.values(wake_at=written(when + wait)))
            outbox.wake(connection, when)

    def _finish(self, endings: Sequence[Ending], left: Sequence[Lease]) -> list[int]:
        with self.ledger.database.connection(write=True) as connection:
            if left:
                _give_back(connection, held(left), now(connection))
            return finishing.finish(self.ledger, connection, endings)

    def _end(self, connection: sa.Connection, lease: Lease, values: dict[str, Any]) -> bool:
        """End the row and owe its answer; return False if the lease has run out."""
        when = now(connection)
        change = sa.update(SUBMISSIONS).where(*held([lease])).values(**values, lease=None, finished_at=written(when))
        if connection.scalar(change.returning(ROW.id)) is None:
            return False
        outbox.put(connection, [lease.job], when)
        return True

    def _room_of_each(self, connection: sa.Connection, when: datetime) -> dict[str, int]:
        """Return how many more messages may be sent for each platform: it has a share of the window, and its rate."""
        under_way = dict.fromkeys(self.rates, 0)
        for platform, count in connection.execute(_by_platform(ROW.state.in_(("queued", "grading")))):
            under_way[platform] = count
        share = WINDOW // max(1, len(self.rates))
        room = {platform: max(1, share) - under_way[platform] for platform in self.rates}
        if any(self.rates.values()):
            then = written(when - MINUTE)
            begun = (ROW.state.in_(TERMINAL), ROW.finished_at > then, ROW.tried_at > then)
            ended: dict[str, int] = dict(connection.execute(_by_platform(*begun)).all())
            for platform, rate in self.rates.items():
                if rate is not None:
                    left = rate - under_way[platform] - ended.get(platform, 0)
                    room[platform] = min(room[platform], left)
        return room

    def _room(self, connection: sa.Connection, breaker: bool) -> int:
        """Return how many more messages may be sent."""
        busy = ("queued", "grading") if breaker else ("queued",)
        count = connection.scalar(sa.select(sa.func.count()).where(ROW.state.in_(busy))) or 0
        return max(0, (1 if breaker else WINDOW) - count)


def _by_platform(*which: sa.ColumnElement[bool]) -> "sa.Select[str, int]":
    return sa.select(ROW.platform, sa.func.count()).where(*which).group_by(ROW.platform)


def backoff(tries: int) -> timedelta:
    """Return the wait after this many tries: 5, 20, 80, 320 seconds."""
    return timedelta(seconds=BACKOFF_SECONDS * 4 ** max(0, tries - 1))


def _lease(row: sa.RowMapping, token: str, is_trial: bool) -> Lease:
    received_at = datetime.fromisoformat(row["received_at"])
    return Lease(row["id"], token, is_trial, **{name: row[name] for name in LEASED}, received_at=received_at)


def _take_back_lost(connection: sa.Connection, rows: Sequence[Lost], reason: str) -> None:
    """Take rows back whose process is gone.

    Of rows that were leased together nobody knows which one it was grading. None of them counts as tried, and each is
    graded alone next time: if one of them ends its process, it is charged then, and the others are not. The loss is
    counted once, with the first of them.
    """
    for token in dict.fromkeys(row.token for row in rows):
        first, *others = (row for row in rows if row.token == token)
        if others:
            when = now(connection)
            loss = sa.update(SUBMISSIONS).where(*of_token([first.job], token))
            connection.execute(loss.values(losses=ROW.losses + 1, lost_at=written(when)))
            _give_back(connection, of_token([row.job for row in (first, *others)], token), when)
        else:
            _take_back(connection, of_token([first.job], token), first.tries, reason, is_lost=True)


def _give_back(connection: sa.Connection, which: Sequence[sa.ColumnElement[bool]], when: datetime) -> None:
    """Give rows back that were leased together; they were not tried."""
    values = {"state": "received", "lease": None, "tries": ROW.tries - 1, "wake_at": written(when)}
    connection.execute(sa.update(SUBMISSIONS).where(*which).values(values))


def _take_back(
    connection: sa.Connection,
    held: Sequence[sa.ColumnElement[bool]],
    tries: int,
    reason: str,
    *,
    is_lost: bool = False,
) -> None:
    """Note a failure of this row if it still fulfils `held`; it rests, or is buried after the last try.

    `is_lost` says that the process that graded it ended or hung; such failures are counted.
    """
    when = now(connection)
    row = sa.update(SUBMISSIONS).where(*held)
    values = {"state": "received", "lease": None, "tries": tries, "failed_at": written(when)}
    loss = {"losses": ROW.losses + 1, "lost_at": written(when)} if is_lost else {}
    rest = row.values(**values, **loss, wake_at=written(when + backoff(tries)), reason=storable(reason))
    job = connection.scalar(rest.returning(ROW.id))
    if job is not None and tries >= TRIES and not is_open(connection, when):
        buried = sa.update(SUBMISSIONS).where(ROW.id == job)
        connection.execute(buried.values(state="dead", finished_at=written(when)))
        outbox.put(connection, [job], when)


def _waits(when: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(ROW.state == "received", ROW.wake_at <= written(when))


def _overdue(when: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(ROW.state.in_(("queued", "grading")), ROW.wake_at <= written(when))
