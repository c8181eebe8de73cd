"""Measurements under way: how far each one is, so that students who wait for it can be told.

Nothing is decided by it. A process that is killed leaves its line behind, which counts for a while and no longer.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from grader.ledger.columns import written
from grader.ledger.ledger import Ledger

if TYPE_CHECKING:
    import sqlalchemy as sa

COUNTS_FOR = timedelta(minutes=2)
"""A line that is older says nothing: its process is gone."""
TELL = """
INSERT INTO measurements (exercise, done, told_at) VALUES (:exercise, :done, :told_at)
ON CONFLICT (exercise) DO UPDATE SET done = excluded.done, told_at = excluded.told_at
"""
FORGET = "DELETE FROM measurements WHERE exercise = :exercise"
HOW_FAR = "SELECT done FROM measurements WHERE exercise = :exercise AND told_at > :since"


def tell(ledger: Ledger, exercise: str, done: float) -> None:
    """Note which part of the exercise's measurement is done, 0 to 1."""
    row = {"exercise": exercise, "done": done, "told_at": written(ledger.now())}
    with ledger.database.statements(write=True) as execute:
        execute(TELL, row)


def forget(ledger: Ledger, exercise: str) -> None:
    """Remove the note: the measurement is over, however it ended."""
    with ledger.database.statements(write=True) as execute:
        execute(FORGET, {"exercise": exercise})


def how_far(connection: "sa.Connection", exercise: str | None) -> float | None:
    """Return the part of the exercise's measurement that is done, 0 to 1; None if none is under way."""
    from grader.ledger.clock import now
    from grader.ledger.database import through

    values = {"exercise": exercise, "since": written(now(connection) - COUNTS_FOR)}
    rows = through(connection)(HOW_FAR, values)
    return rows[0]["done"] if rows else None
