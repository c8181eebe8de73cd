"""One line of the ledger."""

from dataclasses import dataclass
from datetime import datetime

from grader.base.language import N_
from grader.schema import Report

AGAIN = N_("it was handed in again")
"""The reason of a line that says no more than that: the student's last wish about the gallery is what it holds."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A report with its place in the ledger."""

    id: int
    """Counts up in the order in which the ledger was written."""
    submission: str
    """What was submitted; a regrade has the same as the entry that it replaces."""
    report: Report
    created_at: datetime
    """In UTC."""
    replaces: int | None = None
    """The id of the entry whose report this one takes the place of: a regrade."""
    reason: str = ""
    """Why it was regraded; or AGAIN."""

    @property
    def is_new(self) -> bool:
        """Whether a student handed it in, rather than somebody graded it anew."""
        return self.replaces is None or self.reason == AGAIN
