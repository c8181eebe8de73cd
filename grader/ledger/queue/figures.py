"""Figures: counts of the queue's rows, for metrics and `grade doctor`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from grader.ledger.clock import now
from grader.ledger.columns import read, written
from grader.ledger.ledger import Ledger
from grader.ledger.queue.breaker import is_open
from grader.ledger.queue.outbox import DeliveryChannel
from grader.ledger.tables import DEAD_LETTERS, DELIVERIES, REPORTS, SUBMISSIONS
from grader.schema.queue import PENDING, State

RECENTLY = timedelta(minutes=10)
CHANNELS: tuple[DeliveryChannel, ...] = ("stream", "webhook", "lti")

ROW, OWED = SUBMISSIONS.c, DELIVERIES.c


class Waiting(NamedTuple):
    """Submissions in one pending state."""

    since: datetime | None = None
    """The time at which the oldest one came in; None if there is none."""
    tries: int = 0
    """The number of times that grading was begun for them."""
    failing: int = 0
    """Submissions of which at least one try failed."""


class Undelivered(NamedTuple):
    """Answers that are owed by one channel."""

    answers: int = 0
    failing: int = 0
    """Answers of which at least one try failed."""
    tries: int = 0
    since: datetime | None = None
    """The time from which the oldest one could be delivered; None if there is none."""


class QueueFigures(NamedTuple):
    """All counts, at one moment."""

    at: datetime
    """By the ledger's clock."""
    submissions: dict[State, int]
    """States without a submission are missing."""
    waiting: dict[State, Waiting]
    """Each pending state."""
    recently_failed: int
    """Submissions of which a try failed in the last ten minutes."""
    recent_losses: int
    """The losses of a grading process by the submissions to which it happened in the last ten minutes."""
    breaker_is_open: bool
    dead_letters: int
    undelivered: dict[DeliveryChannel, Undelivered]
    """Each channel."""


def figures(ledger: Ledger) -> QueueFigures:
    """Count everything in one transaction.

    Raises:
        LedgerError: The database refuses.
    """
    count = sa.func.count()
    with ledger.database.connection() as connection:
        when = now(connection)
        recently = written(when - RECENTLY)
        losses = sa.select(sa.func.coalesce(sa.func.sum(ROW.losses), 0)).where(ROW.lost_at > recently)
        states = connection.execute(sa.select(ROW.state, count).group_by(ROW.state).order_by(ROW.state))
        return QueueFigures(
            at=when,
            submissions={row[0]: row[1] for row in states},
            waiting=_waiting(connection),
            recently_failed=_count(connection, ROW.failed_at > recently),
            recent_losses=int(connection.scalar(losses) or 0),
            breaker_is_open=is_open(connection, when),
            dead_letters=_count(connection, DEAD_LETTERS.c.replayed_at.is_(None)),
            undelivered=_undelivered(connection),
        )


def held(ledger: Ledger) -> dict[str, int]:
    """Return the number of submissions that wait for their exercise to be mended, by what is wrong with it."""
    waiting = (ROW.state.in_(PENDING), ROW.waits_for.is_not(None))
    query = sa.select(ROW.waits_for, sa.func.count()).where(*waiting).group_by(ROW.waits_for)
    with ledger.database.connection() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def server_time(ledger: Ledger) -> float | None:
    """Return the database server's time in Unix seconds; None for SQLite, which uses this machine's clock."""
    with ledger.database.connection() as connection:
        if connection.dialect.name != "postgresql":
            return None
        return now(connection).timestamp()


def _count(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> int:
    return connection.scalar(sa.select(sa.func.count()).where(condition)) or 0


def _waiting(connection: sa.Connection) -> dict[State, Waiting]:
    sums = (sa.func.min(ROW.received_at), sa.func.sum(ROW.tries), sa.func.count(ROW.failed_at))
    query = sa.select(ROW.state, *sums).where(ROW.state.in_(PENDING)).group_by(ROW.state)
    rows = {row[0]: Waiting(read(row[1]), int(row[2]), row[3]) for row in connection.execute(query)}
    return {state: rows.get(state, Waiting()) for state in PENDING}


def _undelivered(connection: sa.Connection) -> dict[DeliveryChannel, Undelivered]:
    failing = sa.func.count(sa.case((OWED.reason != "", 1)))
    sums = (sa.func.count(), failing, sa.func.sum(OWED.tries), sa.func.min(OWED.id))
    # `> ""` and not `IS NOT NULL`: the first uses the index of what waits, the second reads every delivery ever made.
    query = sa.select(OWED.channel, *sums).where(OWED.wake_at > "").group_by(OWED.channel)
    rows = {row[0]: row[1:] for row in connection.execute(query).all()}
    return {name: _of_channel(connection, rows[name]) if name in rows else Undelivered() for name in CHANNELS}


def _of_channel(connection: sa.Connection, sums: Sequence[int]) -> Undelivered:
    answers, failing, tries, oldest = sums
    return Undelivered(answers, failing, int(tries), _since(connection, oldest))


def _since(connection: sa.Connection, delivery: int) -> datetime | None:
    """Return the time from which there was an answer to deliver: the submission's end, or its latest regrade."""
    first, latest = REPORTS.alias(), REPORTS.alias()
    query = (
        sa.select(ROW.finished_at, sa.func.max(latest.c.created_at))
        .select_from(DELIVERIES)
        .join(SUBMISSIONS, SUBMISSIONS.c.id == OWED.submission)
        .outerjoin(first, first.c.id == ROW.report)
        .outerjoin(latest, sa.and_(latest.c.submission == first.c.submission, latest.c.replaces.is_not(None)))
        .where(OWED.id == delivery)
        .group_by(ROW.finished_at)
    )
    row = connection.execute(query).one_or_none()
    return read(max((when for when in row if when), default=None)) if row else None
