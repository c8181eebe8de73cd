"""The ledger's clock: one for all processes, on whatever machine they run.

Whether something is due, and whether a lease is over, is asked by one process about a time that another one wrote. So
all of them use the database server's clock. A SQLite file is opened by one machine, which has one clock.
"""

import logging
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

SKEW = timedelta(seconds=2)
"""The most by which this machine's clock may differ before it is logged."""

log = logging.getLogger(__name__)
_told: list[bool] = []
"""True for each time that this process has told of a difference; so it tells only once."""


def now(connection: sa.Connection) -> datetime:
    """Return the present time by the ledger's clock."""
    before = datetime.now(UTC)
    if connection.dialect.name != "postgresql":
        return before
    theirs: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    _compare(theirs, before, datetime.now(UTC))
    return theirs.astimezone(UTC)


def _compare(theirs: datetime, before: datetime, after: datetime) -> None:
    """Log once that this machine's clock is wrong: deadlines, signatures and webhooks' times may depend on it."""
    off = before - theirs if theirs < before else theirs - after
    if off <= SKEW:
        _told.clear()
    elif not _told:
        _told.append(True)
        side = "ahead of" if theirs < before else "behind"
        message = "this machine's clock is %.0f s %s the database's; synchronise both with NTP"
        log.warning(message, off.total_seconds(), side)
