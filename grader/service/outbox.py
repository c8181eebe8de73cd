"""The outbox: every answer that a platform is owed, kept until it has been delivered.

An answer is put in within the transaction that ends its submission, so there is none without the other. It is
handed over at least once, under one id over all tries.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple
from uuid import uuid4

import sqlalchemy as sa

from grader.ledger import Ledger
from grader.tables import DELIVERIES, REPORTS, SUBMISSIONS, written
from grader.xp import Entry

Channel = Literal["stream", "webhook"]

LEASE_SECONDS = 60
"""How long a courier has for what it took; then another may take it."""


class Delivery(NamedTuple):
    """One answer on its way to one platform."""

    id: int
    channel: Channel
    message: str
    tries: int
    platform: str
    submission_id: str


def put(connection: sa.Connection, job: int, when: datetime, channel: Channel = "stream") -> None:
    """Owe the platform of this job an answer, inside the caller's transaction."""
    row = {"submission": job, "channel": channel, "message": uuid4().hex, "tries": 0, "reason": ""}
    connection.execute(sa.insert(DELIVERIES).values(**row, wake_at=written(when)))


def put_again(ledger: Ledger, entry: Entry) -> None:
    """Owe an answer for every submission whose report this entry is about: it was regraded."""
    report = REPORTS.c.id == SUBMISSIONS.c.report
    with ledger.connection(write=True) as connection:
        query = sa.select(SUBMISSIONS.c.id).join(REPORTS, report).where(REPORTS.c.submission == entry.submission)
        for job in connection.scalars(query).all():
            put(connection, job, datetime.now(UTC))


class Outbox:
    """The answers that are owed, in one ledger's database."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def due(self, channel: Channel, limit: int) -> list[Delivery]:
        """What is to be delivered now, oldest first; nobody else is given it for `LEASE_SECONDS`."""
        now = datetime.now(UTC)
        waiting = (DELIVERIES.c.channel == channel, DELIVERIES.c.wake_at <= written(now))
        with self.ledger.connection() as connection:  # a look that waits for nobody
            if connection.scalar(sa.select(DELIVERIES.c.id).where(*waiting).limit(1)) is None:
                return []
        chosen = sa.select(DELIVERIES.c.id).where(*waiting).order_by(DELIVERIES.c.id).limit(limit)
        lease = {"wake_at": written(now + timedelta(seconds=LEASE_SECONDS)), "tries": DELIVERIES.c.tries + 1}
        with self.ledger.connection(write=True) as connection:
            taken = sa.update(DELIVERIES).where(DELIVERIES.c.id.in_(chosen), *waiting).values(lease)
            ids = [row.id for row in connection.execute(taken.returning(DELIVERIES.c.id))]
            of = SUBMISSIONS.c.id == DELIVERIES.c.submission
            names = ("id", "channel", "message", "tries")
            query = sa.select(
                *(DELIVERIES.c[name] for name in names), SUBMISSIONS.c.platform, SUBMISSIONS.c.submission_id
            ).join(SUBMISSIONS, of)
            rows = connection.execute(query.where(DELIVERIES.c.id.in_(ids)).order_by(DELIVERIES.c.id))
            return [Delivery(**row) for row in rows.mappings()]

    def delivered(self, done: Sequence[Delivery], then: Sequence[Delivery] = ()) -> None:
        """Note that these have been handed over; `then` are owed by webhook as well."""
        now = datetime.now(UTC)
        ids = [delivery.id for delivery in done]
        with self.ledger.connection(write=True) as connection:
            values = {"wake_at": None, "delivered_at": written(now), "reason": ""}
            connection.execute(sa.update(DELIVERIES).where(DELIVERIES.c.id.in_(ids)).values(values))
            further = sa.select(DELIVERIES.c.submission).where(DELIVERIES.c.id.in_([each.id for each in then]))
            for job in connection.scalars(further).all():
                put(connection, job, now, "webhook")

    def failed(self, delivery: Delivery, reason: str, again_in: timedelta) -> None:
        """Note that this could not be handed over, why, and when it is tried again."""
        when = written(datetime.now(UTC) + again_in)
        with self.ledger.connection(write=True) as connection:
            change = sa.update(DELIVERIES).where(DELIVERIES.c.id == delivery.id)
            connection.execute(change.values(reason=reason, wake_at=when))
