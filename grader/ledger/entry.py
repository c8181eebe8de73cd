"""One line of the ledger, and the student whom it belongs to."""

from datetime import datetime
from typing import NamedTuple

from grader.base.language import N_
from grader.schema import Report

AGAIN = N_("it was handed in again")
"""The reason of a line that only repeats an earlier report: it holds the student's latest choice for the gallery."""


class KnownStudent(NamedTuple):
    """A student who has a report in the ledger, with the platform that it came from."""

    platform: str
    student: str


class LedgerEntry(NamedTuple):
    """A report with its place in the ledger."""

    id: int
    """Counts up in the order in which the ledger was written."""
    submission: str
    """The submission's name; a regrade has the same as the entry that it replaces."""
    report: Report
    created_at: datetime
    """In UTC."""
    replaces: int | None = None
    """The id of the entry that this regrade replaces."""
    reason: str = ""
    """The reason of a regrade, or AGAIN."""

    @property
    def is_new(self) -> bool:
        """True if the student handed it in; False for a regrade."""
        return self.replaces is None or self.reason == AGAIN
