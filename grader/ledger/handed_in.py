"""Offline work that this terminal handed in to a platform, and its result there."""

from datetime import datetime
from typing import NamedTuple

from grader.ledger.columns import read, storable, written
from grader.ledger.ledger import Ledger

PREFIX = "offline-"
DIGITS = 40
"""An offline submission's id is PREFIX and this number of digits of its digest; `-2` and so on may follow."""

NOTED = "SELECT submission_id, refused, again_at FROM handed_in WHERE queue = :queue AND platform = :platform"
NOTE = """
INSERT INTO handed_in (queue, platform, submission_id, refused, state, again_at, reason)
VALUES (:queue, :platform, :submission_id, :refused, :state, :again_at, :reason)
ON CONFLICT (queue, platform, submission_id) DO UPDATE SET
    refused = handed_in.refused + excluded.refused, state = excluded.state, again_at = excluded.again_at,
    reason = excluded.reason
"""


class HandedInNote(NamedTuple):
    """The note on a submission that was handed in."""

    refused: int
    """The number of times that it was refused."""
    again_at: datetime | None
    """The time from which it may be handed in again; None for never."""


class HandedIn:
    """The submissions that were handed in to one platform of one queue."""

    def __init__(self, ledger: Ledger, queue: str, platform: str) -> None:
        """`queue` is the server's address, without a password."""
        self.ledger = ledger
        self.place = {"queue": queue, "platform": platform}

    def notes(self) -> dict[str, HandedInNote]:
        """Return all notes by the submission's id."""
        with self.ledger.database.statements() as execute:
            rows = execute(NOTED, self.place)
        return {row["submission_id"]: HandedInNote(row["refused"], read(row["again_at"])) for row in rows}

    def note(self, work: str, state: str, reason: str = "", again_at: datetime | None = None) -> None:
        """Note the state of the submission with this id, whatever number follows its digits.

        It may be handed in again from `again_at` on, or never.
        """
        row = {
            **self.place,
            "submission_id": work[: len(PREFIX) + DIGITS],
            "refused": int(state == "rejected"),
            "state": state,
            "again_at": None if again_at is None else written(again_at),
            "reason": storable(reason),
        }
        with self.ledger.database.statements(write=True) as execute:
            execute(NOTE, row)
