"""Incoming submissions: each becomes a row, once for each platform and id.

The caller decides whether a submission is taken, from what these rows say of earlier ones. No other process may decide
at the same time, so question and answer share one transaction; see `taking_in`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from grader.base.errors import Problem
from grader.ledger.clock import now
from grader.ledger.columns import storable, written, written_problems
from grader.ledger.ledger import Ledger
from grader.ledger.queue import outbox
from grader.ledger.tables import SUBMISSIONS
from grader.schema.queue import PENDING, State

ROW = SUBMISSIONS.c


class ReadContent(NamedTuple):
    """The columns of a submission whose document could be read."""

    student: str
    exercise: str
    content: str
    """The digest of what is graded: the same content again is not another attempt."""


class NewSubmission(NamedTuple):
    """A submission that has no row yet."""

    platform: str
    id: str
    digest: str
    """Of everything that was handed in."""
    student: str | None
    """The name that the platform gave."""
    document: str
    came_at: datetime
    read: ReadContent | None = None
    """None if the document could not be read."""
    credit: float = 1.0
    problems: Sequence[Problem] = ()
    """With any, the submission is rejected."""
    next_allowed: datetime | None = None

    @property
    def state(self) -> State:
        """The state of its new row."""
        return "rejected" if self.problems else "received"


class KnownSubmission(NamedTuple):
    """A submission that has a row."""

    job: int
    state: State
    digest: str


class Incoming:
    """The rows of submissions, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def known(self, platform: str, submission_id: str) -> KnownSubmission | None:
        """Return the platform's submission with this id; None if it is new."""
        query = sa.select(ROW.id, ROW.state, ROW.digest)
        matches = query.where(ROW.platform == platform, ROW.submission_id == submission_id)
        row = self._connection.execute(matches).one_or_none()
        return None if row is None else KnownSubmission(*row)

    def add(self, new: NewSubmission) -> int:
        """Insert the row and return its job; a rejected submission is owed its answer at once."""
        columns = {
            "platform": new.platform,
            "submission_id": new.id,
            "digest": new.digest,
            "student": storable(new.student) if new.student else None,
            "document": storable(new.document),  # a document with a zero byte in it is never graded
            "state": new.state,
            "received_at": written(new.came_at),
            "credit": new.credit,
            "tries": 0,
            "wake_at": written(new.came_at),
            "reason": "",
            "problems": written_problems(new.problems),
            **(new.read._asdict() if new.read else {}),
        }
        if new.problems:
            following = written(new.next_allowed) if new.next_allowed else None
            columns |= {"finished_at": written(new.came_at), "next_allowed": following}
        key: Any = self._connection.execute(sa.insert(SUBMISSIONS).values(columns)).inserted_primary_key
        if new.problems:
            outbox.put(self._connection, key[0], new.came_at)
        return int(key[0])

    def owe_again(self, job: int) -> None:
        """Owe the answer once more, to a platform that may have missed it."""
        outbox.put(self._connection, job, now(self._connection))

    def complete(self, job: int, read: ReadContent, credit: float) -> None:
        """Fill in the columns of a document that could not be read when it came in."""
        columns = {**read._asdict(), "credit": credit}
        self._connection.execute(sa.update(SUBMISSIONS).where(ROW.id == job).values(columns))

    def best_credit(self, platform: str, read: ReadContent) -> float | None:
        """Return the highest credit of the same content handed in before; None if it is new."""
        same = sa.select(sa.func.max(ROW.credit)).where(*_attempts_of(platform, read), ROW.content == read.content)
        credit: float | None = self._connection.scalar(same)
        return credit

    def attempts(self, platform: str, read: ReadContent) -> list[datetime]:
        """Return when each different content that counts as an attempt first came in, in order."""
        first = sa.func.min(ROW.received_at)
        query = sa.select(first).where(*_attempts_of(platform, read)).group_by(ROW.content).order_by(first)
        return [datetime.fromisoformat(time) for time in self._connection.scalars(query)]


@contextmanager
def taking_in(ledger: Ledger) -> Iterator[Incoming]:
    """Open a transaction in which submissions are taken in while no other process decides anything.

    Raises:
        LedgerError: The database refuses.
    """
    with ledger.database.alone() as connection:
        yield Incoming(connection)


def _attempts_of(platform: str, read: ReadContent) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        ROW.platform == platform,
        ROW.student == read.student,
        ROW.exercise == read.exercise,
        ROW.state.in_((*PENDING, "graded")),
    )
