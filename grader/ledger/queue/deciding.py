"""Deciding: one student's rows on one exercise, in the transaction in which an instructor decides something for them.

The credit of what came in follows from the student's own deadline, so it changes with it, and with it the report. Every
answer that changes is owed to the platform again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from grader.ledger.clock import now
from grader.ledger.database import through
from grader.ledger.ledger import Ledger, Regrade
from grader.ledger.people import adjustments
from grader.ledger.people.adjustments import Adjustments, Whose
from grader.ledger.queue import outbox
from grader.ledger.tables import SUBMISSIONS
from grader.schema import Adjustment, Report
from grader.schema.queue import PENDING

ROW = SUBMISSIONS.c


class Deciding:
    """The transaction; nobody else decides anything meanwhile."""

    def __init__(self, ledger: Ledger, connection: sa.Connection) -> None:
        self._ledger, self._connection = ledger, connection
        self._execute = through(connection)
        self.now = now(connection)

    def counting(self, whose: Whose) -> Adjustments:
        """Return what counts for the student on the exercise now."""
        return adjustments.counting(self._execute, whose)

    def make(self, whose: Whose, adjustment: Adjustment, made_by: str) -> int:
        """Keep the adjustment, and return its number."""
        return adjustments.make(self._execute, whose, adjustment, made_by)

    def undo(self, number: int, undone_by: str) -> None:
        """Note that the adjustment counts no more.

        Raises:
            CannotUndo: There is none with this number, or it was undone before.
        """
        adjustments.undo(self._execute, number, undone_by, self.now)

    def answer_again(self, whose: Whose) -> None:
        """Owe the answers on all graded submissions of the student to the exercise once more."""
        graded = sa.select(ROW.id).where(*_theirs(whose), ROW.report.is_not(None)).order_by(ROW.id)
        outbox.put(self._connection, self._connection.scalars(graded).all(), self.now)

    def credit(
        self, whose: Whose, at: Callable[[datetime], float], credited: Callable[[Report, float], Report], reason: str
    ) -> int:
        """Give what came in the credit of its time, and return the number of reports that change.

        Equal content has the credit of the copy that came in first; `credited` makes the new report.
        """
        counts = (ROW.state.in_((*PENDING, "graded", "ungradable")), ROW.content.is_not(None))
        rows = defaultdict[str, list[sa.RowMapping]](list)
        for row in self._connection.execute(sa.select(SUBMISSIONS).where(*_theirs(whose), *counts)).mappings():
            rows[row["content"]].append(row)
        reports: dict[int, float] = {}
        for same in rows.values():
            best = max(at(datetime.fromisoformat(row["received_at"])) for row in same)
            if any(row["credit"] != best for row in same):
                ids = [row["id"] for row in same]
                self._connection.execute(sa.update(SUBMISSIONS).where(ROW.id.in_(ids)).values(credit=best))
                reports |= {row["report"]: best for row in same if row["report"] is not None}
        return sum(self._regrade(whose, entry, best, credited, reason) for entry, best in reports.items())

    def _regrade(self, whose: Whose, entry: int, credit: float, credited: Any, reason: str) -> bool:  # noqa: ANN401
        old = self._ledger.newest(self._connection, [entry])[entry]()
        new = credited(old.report, credit)
        if new == old.report:
            return False
        change = Regrade(old.id, reason)
        outbox.put_again(self._connection, self._ledger.enter(self._connection, new, whose.platform, self.now, change))
        return True


@contextmanager
def deciding(ledger: Ledger) -> Iterator[Deciding]:
    """Open the transaction, committed at the end.

    Raises:
        LedgerError: The database refuses.
    """
    with ledger.database.alone() as connection:
        yield Deciding(ledger, connection)


def _theirs(whose: Whose) -> tuple[sa.ColumnElement[bool], ...]:
    return tuple(ROW[name] == value for name, value in whose._asdict().items())
