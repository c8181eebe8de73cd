"""The ledger's clock: one for all processes, on whatever machine they run.

Whether something is due, and whether a lease is over, is asked by one process about a time that another one wrote. So
all of them use the database server's clock. A SQLite file is opened by one machine, which has one clock.

The server is asked once in each transaction, by its first statement; from there on, this machine's timer counts.
Outside a transaction, a process goes on from its last one for a second.
"""

import logging
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, NamedTuple

import sqlalchemy as sa

SKEW = timedelta(seconds=2)
"""The most by which this machine's clock may differ before it is logged."""

READING = "ledger_clock"
"""The name of a connection's reading."""
RECENT_SECONDS = 1.0
"""After which a reading counts no longer outside its transaction: a machine's timer may stand while it is suspended."""

log = logging.getLogger(__name__)
_told: list[bool] = []
"""True for each time that this process has told of a difference; so it tells only once."""


class ClockReading(NamedTuple):
    """The server's clock, and this machine's timer at the same moment."""

    theirs: datetime
    at: float

    @property
    def is_recent(self) -> bool:
        """Return whether the time may be told from it outside its transaction."""
        return monotonic() - self.at < RECENT_SECONDS

    def now(self) -> datetime:
        """Return the present time by the server's clock."""
        return self.theirs + timedelta(seconds=monotonic() - self.at)


def read(connection: sa.Connection, query: str) -> Any:  # noqa: ANN401 - a row
    """Return the row that the query asks for; its column `now` is the server's time, from which `now` goes on."""
    before = datetime.now(UTC)
    row = connection.execute(sa.text(query)).one()
    connection.info[READING] = ClockReading(row.now.astimezone(UTC), monotonic())
    _compare(row.now, before, datetime.now(UTC))
    return row


def now(connection: sa.Connection) -> datetime:
    """Return the present time by the ledger's clock."""
    if connection.dialect.name != "postgresql":
        return datetime.now(UTC)
    reading: ClockReading = connection.info[READING]
    return reading.now()


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
