"""Incoming submissions: each becomes a row, once for each platform and id.

The caller decides whether a submission is taken, from what these rows say of earlier ones. No other process may decide
at the same time, so question and answer share one transaction; see `taking_in`.

Submissions that come together are looked up together, and their rows are inserted together, since a statement takes
longer than to judge a submission. What an earlier one of them has changed is asked again.
"""

from collections import defaultdict
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
WHOSE = (ROW.platform, ROW.student, ROW.exercise)
OF_STUDENTS = tuple(column.in_(sa.bindparam(column.name, expanding=True)) for column in WHOSE)
KNOWN = sa.select(ROW.platform, ROW.submission_id, ROW.id, ROW.state, ROW.digest).where(
    *(column.in_(sa.bindparam(column.name, expanding=True)) for column in (ROW.platform, ROW.submission_id))
)
SAME = (
    sa.select(*WHOSE, ROW.content, sa.func.max(ROW.credit))
    .where(*OF_STUDENTS, *COUNTS, ROW.content.in_(sa.bindparam("contents", expanding=True)))
    .group_by(*WHOSE, ROW.content)
    .order_by(sa.func.min(ROW.id))
)
ATTEMPTS = (
    sa.select(*WHOSE, sa.func.min(ROW.received_at).label("first"))
    .where(*OF_STUDENTS, *COUNTS)
    .group_by(*WHOSE, ROW.content)
    .order_by("first")
)
"""Statements that are asked for all submissions; to put one together takes longer than to run it."""


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

    def of(self, platform: str) -> Whose:
        """Return whose work it is, on what."""
        return Whose(platform, self.student, self.exercise)


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


class SubmissionName(NamedTuple):
    """A submission as its platform names it."""

    platform: str
    id: str


class AskedContent(NamedTuple):
    """Content that is going to be judged."""

    platform: str
    read: ReadContent
    is_limited: bool
    """True if the exercise limits attempts or their rate."""


class Incoming:
    """The rows of submissions, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._known: dict[SubmissionName, KnownSubmission] = {}
        self._same: dict[Whose, list[KnownContent]] = {}
        self._attempts: dict[Whose, list[datetime]] = {}
        self._contents: set[str] = set()  # those for which `_same` has every answer
        self._new: dict[SubmissionName, NewSubmission] = {}

    def look_up(self, named: Sequence[SubmissionName], asked: Sequence[AskedContent]) -> None:
        """Look up all that will be asked about these ids and contents."""
        self._look_up_names(named)
        self._look_up_contents([each.read.of(each.platform) for each in asked], [each.read for each in asked])
        self._look_up_attempts([each.read.of(each.platform) for each in asked if each.is_limited])

    def waiting(self, platform: str) -> int:
        """Return the number of the platform's submissions that have not been sent to a worker; reads all that wait."""
        self.insert()
        # Not by the index of students, which begins with the platform: it has every submission that ever came.
        query = sa.select(sa.func.count()).where(ROW.state == "received", ROW.platform.concat("") == platform)
        return self._connection.scalar(query) or 0

    def known(self, named: SubmissionName) -> KnownSubmission | None:
        """Return the submission that is named so; None if it is new. It was looked up before."""
        if named in self._new:
            self.insert()
        return self._known.get(named)

    def add(self, new: NewSubmission) -> None:
        """Add a row, which is known once it is inserted."""
        self._new[SubmissionName(new.platform, new.id)] = new
        if new.read is not None:
            self._forget(new.read.of(new.platform))

    def insert(self) -> None:
        """Insert the rows that were added; a rejected submission is owed its answer at once."""
        added, self._new = self._new, {}
        if not added:
            return
        insert = sa.insert(SUBMISSIONS).returning(ROW.id, sort_by_parameter_order=True)
        jobs = list(self._connection.scalars(insert, list(map(_columns, added.values()))))
        for job, (named, new) in zip(jobs, added.items(), strict=True):
            self._known[named] = KnownSubmission(job, new.state, new.digest)
            if new.problems:
                outbox.put(self._connection, [job], new.came_at)

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

    def readmit(self, refused: RejectedSubmission, judgement: Judgement) -> None:
        """Let a submission that was not taken be graded after all."""
        again = {"state": "received", "problems": written_problems(()), "next_allowed": None, "finished_at": None}
        judged = {**judgement.read.columns, "credit": judgement.credit, "wake_at": written(now(self._connection))}
        self._connection.execute(sa.update(SUBMISSIONS).where(ROW.id == refused.job).values(**again, **judged))
        self._forget(judgement.read.of(refused.platform))

    def same_content(self, platform: str, read: ReadContent) -> KnownContent | None:
        """Return the attempt that this content is already, in whatever version of the exercise; None if it is new."""
        whose = read.of(platform)
        if not self._contents.issuperset((read.content, *read.older)):
            self._same.clear()
        if whose not in self._same:
            self.insert()
            self._look_up_contents([whose], [read])
        same = [known for known in self._same[whose] if known.content in (read.content, *read.older)]
        return same[0]._replace(credit=max(known.credit for known in same)) if same else None

    def raise_credit(self, platform: str, read: ReadContent, credit: float) -> None:
        """Give every attempt with this content at least this credit: a copy that was in time was judged after it."""
        self.insert()
        theirs = (ROW[name] == value for name, value in read.of(platform)._asdict().items())
        less = (*COUNTS, ROW.content == read.content, ROW.credit < credit)
        self._connection.execute(sa.update(SUBMISSIONS).where(*theirs, *less).values(credit=credit))
        self._forget(read.of(platform))

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
        whose = read.of(platform)
        if whose not in self._attempts:
            self.insert()
            self._look_up_attempts([whose])
        return self._attempts[whose]

    def _forget(self, whose: Whose) -> None:
        """Ask again about a student and exercise of which something has changed."""
        self._same.pop(whose, None)
        self._attempts.pop(whose, None)

    def _look_up_names(self, named: Sequence[SubmissionName]) -> None:
        if not named:
            return
        columns = {"platform": {each.platform for each in named}, "submission_id": {each.id for each in named}}
        for platform, name, *known in self._connection.execute(KNOWN, _lists(columns)):
            self._known[SubmissionName(platform, name)] = KnownSubmission(*known)

    def _look_up_contents(self, everybody: Sequence[Whose], reads: Sequence[ReadContent]) -> None:
        if not everybody:
            return
        self._contents |= {content for read in reads for content in (read.content, *read.older)}
        same = defaultdict[Whose, list[KnownContent]](list)
        asked = _of(everybody) | _lists({"contents": self._contents})
        for *whose, content, credit in self._connection.execute(SAME, asked):
            same[Whose(*whose)].append(KnownContent(content, credit))
        self._same |= {whose: same[whose] for whose in everybody}

    def _look_up_attempts(self, everybody: Sequence[Whose]) -> None:
        if not everybody:
            return
        times = defaultdict[Whose, list[datetime]](list)
        for *whose, first in self._connection.execute(ATTEMPTS, _of(everybody)):
            times[Whose(*whose)].append(datetime.fromisoformat(first))
        self._attempts |= {whose: times[whose] for whose in everybody}


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


def _columns(new: NewSubmission) -> dict[str, Any]:
    """Return the new row."""
    following = written(new.next_allowed) if new.problems and new.next_allowed else None
    return {
        "platform": new.platform,
        "submission_id": new.id,
        "digest": new.digest,
        "student": storable(new.student) if new.student else None,
        "course": storable(new.course) if new.course else None,
        "exercise": None,
        "content": None,
        "document": storable(new.document),  # a document with a zero byte in it is never graded
        "state": new.state,
        "received_at": written(new.came_at),
        "finished_at": written(new.came_at) if new.problems else None,
        "credit": new.credit,
        "tries": 0,
        "wake_at": written(new.came_at),
        "reason": "",
        "problems": written_problems(new.problems),
        "next_allowed": following,
        **(new.read.columns if new.read else {}),
    }


def _of(everybody: Sequence[Whose]) -> dict[str, list[str]]:
    """Return the values of `OF_STUDENTS`."""
    return _lists({name: {getattr(whose, name) for whose in everybody} for name in Whose._fields})


def _lists(values: dict[str, set[str]]) -> dict[str, list[str]]:
    return {name: sorted(each) for name, each in values.items()}
