"""The outbox: every answer that a platform is owed, kept until it has been delivered.

An answer is put in by the transaction that ends its submission, so neither exists without the other. It is delivered
at least once, and keeps its id over all tries.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import uuid4

import sqlalchemy as sa

from grader.ledger import clock
from grader.ledger.columns import storable, written
from grader.ledger.entry import LedgerEntry
from grader.ledger.ledger import Ledger, Regrade
from grader.ledger.queue import sharing
from grader.ledger.tables import DELIVERIES, LINE_ITEMS, REPORTS, SUBMISSIONS
from grader.schema import Report

DeliveryChannel = Literal["stream", "webhook", "lti"]

OF = SUBMISSIONS.c.id == DELIVERIES.c.submission
"""Joins a delivery with its submission."""
LEASE_SECONDS = 60
"""The time that a courier has for a delivery; then another courier may take it."""
LONGEST = timedelta(hours=2)
"""More than any wait between two tries."""


class Delivery(NamedTuple):
    """One answer on its way to one platform."""

    id: int
    channel: DeliveryChannel
    message: str
    tries: int
    job: int
    platform: str
    submission_id: str
    revision: int
    """Of the answer, when the delivery was taken; what is sent has this one or a later one."""
    line_item: int | None = None
    """By the channel `lti`, the place in the platform's gradebook where the student's score goes."""


def put(
    connection: sa.Connection,
    jobs: Sequence[int],
    when: datetime,
    channel: DeliveryChannel = "stream",
    line_item: int | None = None,
) -> None:
    """Owe an answer for each of these jobs to its platform, inside the caller's transaction.

    Every answer begins on the stream, with a revision higher than that of all earlier ones; the webhook repeats it.
    """
    if not jobs:
        return
    row = {"channel": channel, "tries": 0, "reason": "", "wake_at": written(when), "line_item": line_item}
    rows = [{**row, "submission": job, "message": uuid4().hex} for job in jobs]
    connection.execute(sa.insert(DELIVERIES), rows)
    if channel == "stream":
        revised = sa.update(SUBMISSIONS).where(SUBMISSIONS.c.id.in_(jobs))
        connection.execute(revised.values(revision=SUBMISSIONS.c.revision + 1))


def put_again(connection: sa.Connection, entry: LedgerEntry) -> None:
    """Owe an answer for every submission that has this entry's report, inside the transaction that regrades it."""
    theirs = (REPORTS.c[name] == SUBMISSIONS.c[name] for name in ("platform", "student", "exercise"))
    report = sa.and_(REPORTS.c.id == SUBMISSIONS.c.report, *theirs)  # the latter are indexed
    query = sa.select(SUBMISSIONS.c.id).join(REPORTS, report).where(REPORTS.c.submission == entry.submission)
    jobs = connection.scalars(query).all()
    put(connection, jobs, clock.now(connection))
    if not entry.report.gradable:  # it gives its attempt back; the other way round, a regrade costs none
        undecided = sa.update(SUBMISSIONS).where(SUBMISSIONS.c.id.in_(jobs), SUBMISSIONS.c.state == "graded")
        connection.execute(undecided.values(state="ungradable"))


def owe_scores(connection: sa.Connection, jobs: Sequence[int], when: datetime) -> None:
    """Owe the score of each line item that these jobs may have changed: of the same student, exercise and course."""
    same = [LINE_ITEMS.c[name] == SUBMISSIONS.c[name] for name in ("platform", "student", "exercise")]
    in_course = LINE_ITEMS.c.course == sa.func.coalesce(SUBMISSIONS.c.course, "")
    query = sa.select(SUBMISSIONS.c.id, LINE_ITEMS.c.id).join(LINE_ITEMS, sa.and_(*same, in_course))
    graded = query.where(SUBMISSIONS.c.id.in_(jobs), SUBMISSIONS.c.report.is_not(None))
    for job, line_item in connection.execute(graded).all():
        put(connection, [job], when, "lti", line_item)


def wake(connection: sa.Connection, now: datetime) -> None:
    """Let deliveries be due that wait for no reason, because the clock was set back after their wait began."""
    untried = sa.and_(DELIVERIES.c.tries == 0, DELIVERIES.c.wake_at > written(now))
    stuck = sa.or_(untried, DELIVERIES.c.wake_at > written(now + LONGEST))
    connection.execute(sa.update(DELIVERIES).where(stuck).values(wake_at=written(now)))


class Outbox:
    """The answers that are owed, in one ledger's database."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def due(self, channel: DeliveryChannel, limit: int, room: Mapping[str, int] | None = None) -> list[Delivery]:
        """Take up to `limit` answers that are to be delivered now, longest due first, for `LEASE_SECONDS`.

        `room` limits the answers of single platforms, so that one with many leaves room for the others.
        """
        with self.ledger.database.connection() as connection:  # reading waits for no other process
            waiting = (DELIVERIES.c.channel == channel, DELIVERIES.c.wake_at <= written(clock.now(connection)))
            query = sa.select(DELIVERIES.c.id, SUBMISSIONS.c.platform).join(SUBMISSIONS, OF).where(*waiting)
            longest_first = query.order_by(DELIVERIES.c.wake_at, DELIVERIES.c.id)
            chosen = sharing.chosen(connection, longest_first, limit, dict(room or {}))
        if not chosen:
            return []
        with self.ledger.database.connection(write=True) as connection:
            until = clock.now(connection) + timedelta(seconds=LEASE_SECONDS)
            lease = {"wake_at": written(until), "tries": DELIVERIES.c.tries + 1}
            taken = sa.update(DELIVERIES).where(DELIVERIES.c.id.in_(chosen), *waiting).values(lease)
            ids = [row.id for row in connection.execute(taken.returning(DELIVERIES.c.id))]
            own = (DELIVERIES.c[name] for name in ("id", "channel", "message", "tries", "line_item"))
            of_submission = (SUBMISSIONS.c[name] for name in ("platform", "submission_id", "revision"))
            query = sa.select(*own, SUBMISSIONS.c.id.label("job"), *of_submission).join(SUBMISSIONS, OF)
            rows = connection.execute(query.where(DELIVERIES.c.id.in_(ids)).order_by(DELIVERIES.c.id))
            return [Delivery(**row) for row in rows.mappings()]

    def delivered(self, done: Sequence[Delivery], then: Sequence[Delivery] = ()) -> None:
        """Note that these have been delivered; those of them in `then` are owed by webhook as well.

        If two couriers delivered the same answer, one after the other's lease, the webhook is owed once. An answer that
        was overtaken by a newer one is owed again, so that the newest comes last. What is on the stream is also owed to
        gradebooks, as a score, which is read when it is sent, so that none is overtaken.
        """
        if not done:
            return
        ids = [delivery.id for delivery in done]
        with self.ledger.database.connection(write=True) as connection:
            now = clock.now(connection)
            values = {"wake_at": None, "delivered_at": written(now), "reason": ""}
            change = sa.update(DELIVERIES).where(DELIVERIES.c.id.in_(ids), DELIVERIES.c.delivered_at.is_(None))
            changed = connection.execute(change.values(values).returning(DELIVERIES.c.id, DELIVERIES.c.submission))
            jobs = {row.id: row.submission for row in changed}
            put(connection, [jobs[delivery.id] for delivery in then if delivery.id in jobs], now, "webhook")
            if done[0].channel == "stream":
                owe_scores(connection, list(jobs.values()), now)
            if done[0].channel != "lti":
                put(connection, _overtaken(connection, done), now, done[0].channel)

    def failed(self, delivery: Delivery, reason: str, again_in: timedelta) -> None:
        """Note a failure, its reason, and the wait before the next try, unless the answer was delivered meanwhile."""
        with self.ledger.database.connection(write=True) as connection:
            when = written(clock.now(connection) + again_in)
            change = sa.update(DELIVERIES).where(DELIVERIES.c.id == delivery.id, DELIVERIES.c.delivered_at.is_(None))
            connection.execute(change.values(reason=storable(reason), wake_at=when))

    def regrade(self, report: Report, platform: str, change: Regrade) -> LedgerEntry:
        """Append the regraded report to the ledger and owe its answer again: both, or neither.

        Raises:
            LedgerError: As `Ledger.append`.
        """
        with self.ledger.database.alone() as connection:
            entry = self.ledger.enter(connection, report, platform, clock.now(connection), change)
            put_again(connection, entry)
        return entry


def _overtaken(connection: sa.Connection, done: Sequence[Delivery]) -> list[int]:
    """Return the submissions with a newer answer that was not still to come: it may have been delivered before."""
    sent = {delivery.id: delivery.revision for delivery in done}
    query = sa.select(DELIVERIES.c.id, SUBMISSIONS.c.id, SUBMISSIONS.c.revision).join(SUBMISSIONS, OF)
    rows = connection.execute(query.where(DELIVERIES.c.id.in_(sent))).all()
    newer = {job for delivery, job, revision in rows if revision > sent[delivery]}
    to_come = (DELIVERIES.c.wake_at > "", DELIVERIES.c.channel == done[0].channel)
    waiting = sa.select(DELIVERIES.c.submission).where(DELIVERIES.c.submission.in_(newer), *to_come)
    return sorted(newer - set(connection.scalars(waiting))) if newer else []
