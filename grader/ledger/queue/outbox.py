"""The outbox: every answer that a platform is owed, kept until it has been delivered.

An answer is put in by the transaction that ends its submission, so neither exists without the other. It is delivered
at least once, and keeps its id over all tries.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple
from uuid import uuid4

import sqlalchemy as sa

from grader.ledger.columns import storable, written
from grader.ledger.entry import LedgerEntry
from grader.ledger.ledger import Ledger, Regrade
from grader.ledger.queue import sharing
from grader.ledger.tables import DELIVERIES, REPORTS, SUBMISSIONS
from grader.schema import Report

DeliveryChannel = Literal["stream", "webhook"]

OF = SUBMISSIONS.c.id == DELIVERIES.c.submission
"""Joins a delivery with its submission."""
LEASE_SECONDS = 60
"""The time that a courier has for a delivery; then another courier may take it."""


class Delivery(NamedTuple):
    """One answer on its way to one platform."""

    id: int
    channel: DeliveryChannel
    message: str
    tries: int
    platform: str
    submission_id: str


def put(connection: sa.Connection, job: int, when: datetime, channel: DeliveryChannel = "stream") -> None:
    """Owe an answer to the platform of this job, inside the caller's transaction."""
    row = {"submission": job, "channel": channel, "message": uuid4().hex, "tries": 0, "reason": ""}
    connection.execute(sa.insert(DELIVERIES).values(**row, wake_at=written(when)))


def put_again(connection: sa.Connection, entry: LedgerEntry) -> None:
    """Owe an answer for every submission that has this entry's report, inside the transaction that regrades it."""
    theirs = (REPORTS.c[name] == SUBMISSIONS.c[name] for name in ("platform", "student", "exercise"))
    report = sa.and_(REPORTS.c.id == SUBMISSIONS.c.report, *theirs)  # the latter are indexed
    query = sa.select(SUBMISSIONS.c.id).join(REPORTS, report).where(REPORTS.c.submission == entry.submission)
    jobs = connection.scalars(query).all()
    for job in jobs:
        put(connection, job, datetime.now(UTC))
    if not entry.report.gradable:  # it gives its attempt back; the other way round, a regrade costs none
        undecided = sa.update(SUBMISSIONS).where(SUBMISSIONS.c.id.in_(jobs), SUBMISSIONS.c.state == "graded")
        connection.execute(undecided.values(state="ungradable"))


class Outbox:
    """The answers that are owed, in one ledger's database."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def due(self, channel: DeliveryChannel, limit: int, room: Mapping[str, int] | None = None) -> list[Delivery]:
        """Take up to `limit` answers that are to be delivered now, longest due first, for `LEASE_SECONDS`.

        `room` limits the answers of single platforms, so that one with many leaves room for the others.
        """
        now = datetime.now(UTC)
        waiting = (DELIVERIES.c.channel == channel, DELIVERIES.c.wake_at <= written(now))
        with self.ledger.database.connection() as connection:  # reading waits for no other process
            query = sa.select(DELIVERIES.c.id, SUBMISSIONS.c.platform).join(SUBMISSIONS, OF).where(*waiting)
            longest_first = query.order_by(DELIVERIES.c.wake_at, DELIVERIES.c.id)
            chosen = sharing.chosen(connection, longest_first, limit, dict(room or {}))
        if not chosen:
            return []
        with self.ledger.database.connection(write=True) as connection:
            now = datetime.now(UTC)  # the connection may have waited for other writers
            until = now + timedelta(seconds=LEASE_SECONDS)
            lease = {"wake_at": written(until), "tries": DELIVERIES.c.tries + 1}
            taken = sa.update(DELIVERIES).where(DELIVERIES.c.id.in_(chosen), *waiting).values(lease)
            ids = [row.id for row in connection.execute(taken.returning(DELIVERIES.c.id))]
            names = ("id", "channel", "message", "tries")
            query = sa.select(
                *(DELIVERIES.c[name] for name in names), SUBMISSIONS.c.platform, SUBMISSIONS.c.submission_id
            ).join(SUBMISSIONS, OF)
            rows = connection.execute(query.where(DELIVERIES.c.id.in_(ids)).order_by(DELIVERIES.c.id))
            return [Delivery(**row) for row in rows.mappings()]

    def delivered(self, done: Sequence[Delivery], then: Sequence[Delivery] = ()) -> None:
        """Note that these have been delivered; those of them in `then` are owed by webhook as well.

        If two couriers delivered the same answer, one after the other's lease, the webhook is owed once.
        """
        if not done:
            return
        now = datetime.now(UTC)
        ids = [delivery.id for delivery in done]
        with self.ledger.database.connection(write=True) as connection:
            values = {"wake_at": None, "delivered_at": written(now), "reason": ""}
            change = sa.update(DELIVERIES).where(DELIVERIES.c.id.in_(ids), DELIVERIES.c.delivered_at.is_(None))
            changed = connection.execute(change.values(values).returning(DELIVERIES.c.id, DELIVERIES.c.submission))
            jobs = {row.id: row.submission for row in changed}
            for job in (jobs[delivery.id] for delivery in then if delivery.id in jobs):
                put(connection, job, now, "webhook")

    def failed(self, delivery: Delivery, reason: str, again_in: timedelta) -> None:
        """Note a failure, its reason, and the wait before the next try, unless the answer was delivered meanwhile."""
        when = written(datetime.now(UTC) + again_in)
        with self.ledger.database.connection(write=True) as connection:
            change = sa.update(DELIVERIES).where(DELIVERIES.c.id == delivery.id, DELIVERIES.c.delivered_at.is_(None))
            connection.execute(change.values(reason=storable(reason), wake_at=when))

    def regrade(self, report: Report, platform: str, change: Regrade) -> LedgerEntry:
        """Append the regraded report to the ledger and owe its answer again: both, or neither.

        Raises:
            LedgerError: As `Ledger.append`.
        """
        with self.ledger.database.alone() as connection:
            entry = self.ledger.enter(connection, report, platform, datetime.now(UTC), change)
            put_again(connection, entry)
        return entry
