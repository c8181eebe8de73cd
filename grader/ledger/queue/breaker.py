"""The breaker: while grading fails for every submission, one at a time is graded; it follows from the rows alone."""

from datetime import datetime

import sqlalchemy as sa

from grader.ledger.columns import written
from grader.ledger.tables import SUBMISSIONS

BREAKER_ROWS = 5
"""The breaker opens when this many different submissions have failed and none has succeeded since."""

ROW = SUBMISSIONS.c


def is_open(connection: sa.Connection, when: datetime) -> bool:
    """Return whether the breaker is open: BREAKER_ROWS different submissions have failed since the last success.

    A time later than `when` was written before the clock was set back: it says nothing.
    """
    graded, until = SUBMISSIONS.alias().c, written(when)
    last = (
        sa.select(sa.func.max(graded.finished_at)).where(graded.state == state, graded.finished_at <= until)
        for state in ("graded", "ungradable")
    )
    since = [ROW.failed_at > sa.func.coalesce(moment.scalar_subquery(), "") for moment in last]
    since.append(ROW.failed_at <= until)
    failing = sa.select(ROW.id).where(*since).order_by(ROW.failed_at).limit(BREAKER_ROWS)  # in the index's order
    return len(connection.scalars(failing).all()) >= BREAKER_ROWS
