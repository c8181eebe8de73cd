"""The reception: what a platform hands in is checked and becomes a durable row, once for each platform and id.

An invalid file or one that the exercise's policy refuses becomes a row as well, so that the platform gets its
answer. What cannot be trusted to be what it says (a wrong signature, an id that is taken by other content)
changes nothing: the caller keeps it as a dead letter.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

import sqlalchemy as sa

from grader.base.errors import ExerciseError, InvalidInput, Problem
from grader.base.language import _
from grader.exercises import submissions
from grader.ledger import Ledger
from grader.ledger.columns import storable, written
from grader.ledger.tables import SUBMISSIONS
from grader.schema import Exercise, Policy, Submission
from grader.schema.queue import PENDING, TERMINAL, Envelope, State
from grader.service import outbox, policy
from grader.service.jobs import Lease, told
from grader.service.platforms import Platform
from grader.service.signing import SignatureRefused, verify_submission
from grader.service.streams import FIELDS

SOURCE = "submission"
"""What messages call the document."""
TOGETHER = 100
"""Envelopes that are taken in at once; meanwhile nobody else can write."""

ROW = SUBMISSIONS.c


class Receipt(NamedTuple):
    """What became of an envelope: a row, or a refusal that the caller must keep."""

    job: int | None
    state: State | None
    refused: str = ""


class Sound(NamedTuple):
    """A document that can be graded."""

    submission: Submission
    exercise: Exercise

    @property
    def content(self) -> str:
        """The digest of what is graded: who only wishes something else of the gallery uses no attempt."""
        graded = self.submission.model_dump_json(exclude={"gallery", "gallery_name"})
        parts = (self.exercise.id, str(self.exercise.version), graded)
        return sha256("\n".join(parts).encode()).hexdigest()

    @property
    def columns(self) -> dict[str, Any]:
        """What a row says of it."""
        return {"content": self.content, "student": self.submission.student, "exercise": self.exercise.id}


class _Read(NamedTuple):
    """What a document holds; nothing of either where the exercise is at fault, which is ours to mend."""

    sound: Sound | None = None
    problems: tuple[Problem, ...] = ()


class Reception:
    """Where envelopes come in, from whatever side."""

    def __init__(self, ledger: Ledger, platforms: Mapping[str, Platform]) -> None:
        self.ledger, self.platforms = ledger, platforms

    def accept(self, envelopes: Sequence[Envelope]) -> list[Receipt]:
        """A receipt for each envelope, in order; their rows are durable when this returns."""
        receipts: list[Receipt] = []
        for start in range(0, len(envelopes), TOGETHER):
            receipts += self._accepted(envelopes[start : start + TOGETHER])
        return receipts

    def _accepted(self, envelopes: Sequence[Envelope]) -> list[Receipt]:
        refused = {number: why for number, each in enumerate(envelopes) if (why := self._untrusted(each))}
        read = {number: _read(each) for number, each in enumerate(envelopes) if number not in refused}
        with self.ledger.alone() as connection:
            return [
                Receipt(None, None, refused[number]) if number in refused else _row(connection, each, read[number])
                for number, each in enumerate(envelopes)
            ]

    def _untrusted(self, envelope: Envelope) -> str:
        """Why this is not what it says; empty where it is."""
        platform = self.platforms.get(envelope.platform)
        if platform is None:
            return f"unknown-platform: there is no platform {envelope.platform}"
        fields = {name: value for name in FIELDS if (value := getattr(envelope, name)) is not None}
        try:
            verify_submission(platform, fields, envelope.came_at.timestamp())
        except SignatureRefused as error:
            return f"{error.code}: {error}"
        return ""


def read_document(document: str, student: str | None) -> Sound:
    """What the document holds, handed in by this student; without one, by the student that it names.

    Raises:
        InvalidInput: It cannot be graded; the error carries every problem.
        ExerciseError: Its exercise is at fault, or cannot be told for the fault of another one.
    """
    submission, exercise = submissions.load(document.encode(), SOURCE, student=student)
    if submission.student is None:
        message = _("nobody says whose this is; give `student`")
        raise InvalidInput(SOURCE, [Problem("missing-key", message, 1, 1, "student")])
    return Sound(submission, exercise)


def judge(ledger: Ledger, claim: Lease, sound: Sound) -> policy.Refusal | None:
    """Why the submission is not taken after all: said late, since its exercise was at fault when it came in."""
    with ledger.alone() as connection:
        credit, refusal = _judged(connection, claim.platform, claim.received_at, sound)
        row = sa.update(SUBMISSIONS).where(ROW.id == claim.job)
        connection.execute(row.values(**sound.columns, credit=credit))
    return refusal


def _read(envelope: Envelope) -> _Read:
    try:
        return _Read(read_document(envelope.submission, envelope.student))
    except InvalidInput as error:
        return _Read(problems=error.problems)
    except ExerciseError:
        return _Read()  # a fault of ours: the row waits until it is mended


def _row(connection: sa.Connection, envelope: Envelope, read: _Read) -> Receipt:
    """The row of this envelope: the one that is there, or a new one."""
    handed_in = (envelope.student or "", envelope.course or "", envelope.submission)
    digest = sha256("\0".join(handed_in).encode()).hexdigest()
    query = sa.select(ROW.id, ROW.state, ROW.digest)
    theirs = query.where(ROW.platform == envelope.platform, ROW.submission_id == envelope.id)
    if (known := connection.execute(theirs).one_or_none()) is not None:
        if known.digest == digest:
            if known.state in TERMINAL:  # whoever asks again may have missed the result
                outbox.put(connection, known.id, datetime.now(UTC))
            return Receipt(known.id, known.state)
        return Receipt(None, None, f"id-taken: another submission has the id {envelope.id}; it stays as it is")
    values = _new(envelope) | {"digest": digest} | _found(connection, envelope, read)
    key: Any = connection.execute(sa.insert(SUBMISSIONS).values(values)).inserted_primary_key
    if values["state"] == "rejected":
        outbox.put(connection, key[0], envelope.came_at)
    return Receipt(key[0], values["state"])


def _new(envelope: Envelope) -> dict[str, Any]:
    """The columns of a row that has just come in."""
    return {
        "platform": envelope.platform,
        "submission_id": envelope.id,
        "student": storable(envelope.student) if envelope.student else None,
        "document": storable(envelope.submission),  # with a zero byte in it, it is never graded
        "state": "received",
        "received_at": written(envelope.came_at),
        "credit": 1.0,
        "tries": 0,
        "wake_at": written(envelope.came_at),
        "reason": "",
        "problems": "[]",
    }


def _found(connection: sa.Connection, envelope: Envelope, read: _Read) -> dict[str, Any]:
    """The columns that say what was found: problems, or whose it is, and whether it is taken."""
    ended = {"state": "rejected", "finished_at": written(envelope.came_at)}
    if read.problems:
        return ended | {"problems": told(read.problems)}
    if read.sound is None:
        return {}
    credit, refusal = _judged(connection, envelope.platform, envelope.came_at, read.sound)
    if refusal is None:
        return read.sound.columns | {"credit": credit}
    following = written(refusal.next_allowed) if refusal.next_allowed else None
    problems = told([Problem(refusal.code, refusal.message)])
    return read.sound.columns | ended | {"problems": problems, "next_allowed": following}


def _judged(
    connection: sa.Connection, platform: str, when: datetime, sound: Sound
) -> tuple[float, policy.Refusal | None]:
    """With how much credit the submission is taken, and why it is not; the same as an earlier one has that one's."""
    theirs = (
        ROW.platform == platform,
        ROW.student == sound.submission.student,
        ROW.exercise == sound.exercise.id,
        ROW.state.in_((*PENDING, "graded")),
    )
    rules = sound.exercise.policy
    credit = policy.credit(rules, when)
    same = sa.select(sa.func.max(ROW.credit)).where(*theirs, ROW.content == sound.content)
    earlier = connection.scalar(same)
    if earlier is not None:
        return max(credit, earlier), None
    return credit, policy.refusal(rules, _past(connection, rules, theirs), when)


def _past(connection: sa.Connection, rules: Policy, theirs: Sequence[sa.ColumnElement[bool]]) -> policy.Past:
    """What the student handed in before to the exercise, as far as its rules ask."""
    if rules.attempts is None and rules.rate is None:
        return policy.Past()
    first = sa.func.min(ROW.received_at)
    times = connection.scalars(sa.select(first).where(*theirs).group_by(ROW.content).order_by(first)).all()
    return policy.Past(len(times), [datetime.fromisoformat(time) for time in times])
