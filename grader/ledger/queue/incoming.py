"""Incoming submissions: each becomes a row, once for each platform and id.

The caller decides whether a submission is taken, from what these rows say of earlier ones. No other process may decide
at the same time, so question and answer share one transaction; see `taking_in`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

import sqlalchemy as sa

from grader.base.errors import Problem
from grader.ledger.clock import now
from grader.ledger.columns import read_problems, storable, written, written_problems
from grader.ledger.database import through
from grader.ledger.ledger import Ledger
from grader.ledger.people import adjustments
from grader.ledger.people.adjustments import Adjustments, Whose
from grader.ledger.queue import outbox
from grader.ledger.tables import SUBMISSIONS
from grader.schema.queue import COUNTED, State

ROW = SUBMISSIONS.c
COUNTS = (ROW.state.in_(COUNTED), ROW.content.is_not(None))
"""The conditions that an attempt fulfils."""
OF_STUDENT = tuple(ROW[name] == sa.bindparam(name) for name in ("platform", "student", "exercise"))
KNOWN = sa.select(ROW.id, ROW.state, ROW.digest).where(
    ROW.platform == sa.bindparam("platform"), ROW.submission_id == sa.bindparam("name")
)
SAME = (
    sa.select(ROW.content, sa.func.max(ROW.credit))
    .where(*OF_STUDENT, *COUNTS, ROW.content.in_(sa.bindparam("contents", expanding=True)))
    .group_by(ROW.content)
    .order_by(sa.func.min(ROW.id))
)
ATTEMPTS = (
    sa.select(sa.func.min(ROW.received_at).label("first"))
    .where(*OF_STUDENT, *COUNTS)
    .group_by(ROW.content)
    .order_by("first")
)
"""Statements that are asked for every submission; to put one together takes longer than to run it."""


class ReadContent(NamedTuple):
    """The columns of a submission whose document could be read."""

    student: str
    exercise: str
    content: str
    """The digest of what is graded: the same content again is not another attempt, whatever the exercise's version."""
    older: tuple[str, ...] = ()
    """Its digests in rows of older graders, which counted each version of the exercise apart."""

    @property
    def columns(self) -> dict[str, str]:
        """The values by the name of their column."""
        return {"student": self.student, "exercise": self.exercise, "content": self.content}


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
    course: str | None = None
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


class Judgement(NamedTuple):
    """The decision whether a submission is taken."""

    read: ReadContent
    credit: float = 1.0
    """The part of the score that lateness leaves."""
    problems: Sequence[Problem] = ()
    """The reasons why it is refused; empty if it is taken."""
    next_allowed: datetime | None = None
    """The time from which one would be taken; None for never, or if this one is."""


class KnownContent(NamedTuple):
    """Content that counts as an attempt already."""

    content: str
    credit: float
    """The highest credit that it came in with."""


class KnownSubmission(NamedTuple):
    """A submission that has a row."""

    job: int
    state: State
    digest: str


class RejectedSubmission(NamedTuple):
    """A submission that could be read and was not taken."""

    job: int
    platform: str
    id: str
    student: str
    course: str
    """Empty if the platform named none."""
    document: str
    came_at: datetime
    codes: frozenset[str]
    """Of the problems for which it was rejected."""


class Incoming:
    """The rows of submissions, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def waiting(self, platform: str) -> int:
        """Return the number of the platform's submissions that have not been sent to a worker; reads all that wait."""
        # Not by the index of students, which begins with the platform: it has every submission that ever came.
        query = sa.select(sa.func.count()).where(ROW.state == "received", ROW.platform.concat("") == platform)
        return self._connection.scalar(query) or 0

    def known(self, platform: str, submission_id: str) -> KnownSubmission | None:
        """Return the platform's submission with this id; None if it is new."""
        row = self._connection.execute(KNOWN, {"platform": platform, "name": submission_id}).one_or_none()
        return None if row is None else KnownSubmission(*row)

    def add(self, new: NewSubmission) -> int:
        """Insert the row and return its job; a rejected submission is owed its answer at once."""
        columns = {
            "platform": new.platform,
            "submission_id": new.id,
            "digest": new.digest,
            "student": storable(new.student) if new.student else None,
            "course": storable(new.course) if new.course else None,
            "document": storable(new.document),  # a document with a zero byte in it is never graded
            "state": new.state,
            "received_at": written(new.came_at),
            "credit": new.credit,
            "tries": 0,
            "wake_at": written(new.came_at),
            "reason": "",
            "problems": written_problems(new.problems),
            **(new.read.columns if new.read else {}),
        }
        if new.problems:
            following = written(new.next_allowed) if new.next_allowed else None
            columns |= {"finished_at": written(new.came_at), "next_allowed": following}
        key: Any = self._connection.execute(sa.insert(SUBMISSIONS), columns).inserted_primary_key
        if new.problems:
            outbox.put(self._connection, [key[0]], new.came_at)
        return int(key[0])

    def owe_again(self, job: int) -> None:
        """Owe the answer once more, to a platform that may have missed it."""
        outbox.put(self._connection, [job], now(self._connection))

    def judged(self, held: tuple[int, str], judgement: Judgement) -> bool:
        """Fill in the columns of a document that could not be read when it came in, and end the row if it is refused.

        Return False if the lease, given as job and token, had run out. A process that dies leaves all of it or nothing.
        """
        (job, token), when = held, now(self._connection)
        columns: dict[str, Any] = {**judgement.read.columns, "credit": judgement.credit}
        if judgement.problems:
            following = written(judgement.next_allowed) if judgement.next_allowed else None
            problems = written_problems(judgement.problems)
            columns |= {"state": "rejected", "lease": None, "problems": problems, "next_allowed": following}
            columns["finished_at"] = written(when)
        leased = (ROW.id == job, ROW.state == "grading", ROW.lease == token)
        change = sa.update(SUBMISSIONS).where(*leased).values(columns).returning(ROW.id)
        if self._connection.scalar(change) is None:
            return False
        if judgement.problems:
            outbox.put(self._connection, [job], when)
        return True

    def rejected(self, exercise: str) -> list[RejectedSubmission]:
        """Return all submissions to the exercise that were not taken, in the order in which they came in."""
        kept = (ROW.exercise == exercise, ROW.state == "rejected", ROW.document != "", ROW.content.is_not(None))
        query = sa.select(SUBMISSIONS).where(*kept).order_by(ROW.received_at, ROW.id)
        return list(map(_rejected, self._connection.execute(query).mappings()))

    def readmit(self, job: int, judgement: Judgement) -> None:
        """Let a submission that was not taken be graded after all."""
        again = {"state": "received", "problems": written_problems(()), "next_allowed": None, "finished_at": None}
        judged = {**judgement.read.columns, "credit": judgement.credit, "wake_at": written(now(self._connection))}
        self._connection.execute(sa.update(SUBMISSIONS).where(ROW.id == job).values(**again, **judged))

    def same_content(self, platform: str, read: ReadContent) -> KnownContent | None:
        """Return the attempt that this content is already, in whatever version of the exercise; None if it is new."""
        asked = {**_whose(platform, read), "contents": (read.content, *read.older)}
        rows = [KnownContent(*row) for row in self._connection.execute(SAME, asked)]
        return rows[0]._replace(credit=max(row.credit for row in rows)) if rows else None

    def raise_credit(self, platform: str, read: ReadContent, credit: float) -> None:
        """Give every attempt with this content at least this credit: a copy that was in time was judged after it."""
        theirs = (ROW[name] == value for name, value in _whose(platform, read).items())  # an update takes no parameters
        less = (*COUNTS, ROW.content == read.content, ROW.credit < credit)
        self._connection.execute(sa.update(SUBMISSIONS).where(*theirs, *less).values(credit=credit))

    def adjustments(self, platform: str, read: ReadContent) -> Adjustments:
        """Return what an instructor decided for the student on the exercise."""
        if not self._are_adjusted:
            return Adjustments()
        return adjustments.counting(through(self._connection), Whose(platform, read.student, read.exercise))

    @cached_property
    def _are_adjusted(self) -> bool:
        return adjustments.are_any(through(self._connection))

    def attempts(self, platform: str, read: ReadContent) -> list[datetime]:
        """Return when each different content that counts as an attempt first came in, in order."""
        times = self._connection.scalars(ATTEMPTS, _whose(platform, read))
        return [datetime.fromisoformat(time) for time in times]


@contextmanager
def taking_in(ledger: Ledger) -> Iterator[Incoming]:
    """Open a transaction in which submissions are taken in while no other process decides anything.

    Raises:
        LedgerError: The database refuses.
    """
    with ledger.database.alone() as connection:
        yield Incoming(connection)


def _rejected(row: sa.RowMapping) -> RejectedSubmission:
    return RejectedSubmission(
        job=row["id"],
        platform=row["platform"],
        id=row["submission_id"],
        student=row["student"],
        course=row["course"] or "",
        document=row["document"],
        came_at=datetime.fromisoformat(row["received_at"]),
        codes=frozenset(problem.code for problem in read_problems(row["problems"])),
    )


def _whose(platform: str, read: ReadContent) -> dict[str, str]:
    """Return the values of `OF_STUDENT`."""
    return {"platform": platform, "student": read.student, "exercise": read.exercise}
