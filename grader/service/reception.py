"""The reception: what a platform hands in is checked and becomes a durable row, once for each platform and id.

An invalid file or one that the exercise's policy refuses becomes a row as well, so that the platform gets its
answer. What cannot be trusted to be what it says (a wrong signature, an id that is taken by other content)
changes nothing: the caller keeps it as a dead letter.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

import sqlalchemy as sa

from grader import submissions
from grader.errors import ExerciseError, InvalidInput, Problem
from grader.ledger import Ledger
from grader.schema import Exercise, Submission
from grader.service import outbox, policy
from grader.service.jobs import told
from grader.service.platforms import Platform
from grader.service.records import PENDING, Envelope, State
from grader.service.signing import SignatureRefused, verify_submission
from grader.tables import SUBMISSIONS, written

SOURCE = "submission"
"""What messages call the document."""

ROW = SUBMISSIONS.c


class Receipt(NamedTuple):
    """What became of an envelope: a row, or a refusal that the caller must keep."""

    job: int | None
    state: State | None
    refused: str = ""


class _Sound(NamedTuple):
    """A document that can be graded."""

    submission: Submission
    exercise: Exercise

    @property
    def content(self) -> str:
        """The digest of what is graded: equal ones get one report."""
        parts = (self.exercise.id, str(self.exercise.version), self.submission.model_dump_json())
        return sha256("\n".join(parts).encode()).hexdigest()


class _Read(NamedTuple):
    """What a document holds; nothing of either where the exercise is at fault, which is ours to mend."""

    sound: _Sound | None = None
    problems: tuple[Problem, ...] = ()


class Reception:
    """Where envelopes come in, from whatever side."""

    def __init__(self, ledger: Ledger, platforms: Mapping[str, Platform]) -> None:
        self.ledger, self.platforms = ledger, platforms

    def accept(self, envelopes: Sequence[Envelope]) -> list[Receipt]:
        """A receipt for each envelope, in order; their rows are durable when this returns."""
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
        named = ("id", "submission", "student", "course", "key_id", "timestamp", "signature")
        fields = {name: value for name in named if (value := getattr(envelope, name)) is not None}
        try:
            verify_submission(platform, fields, envelope.came_at.timestamp())
        except SignatureRefused as error:
            return f"{error.code}: {error}"
        return ""


def _read(envelope: Envelope) -> _Read:
    try:
        raw = envelope.submission.encode()
        submission, exercise = submissions.load(raw, SOURCE, student=envelope.student)
    except InvalidInput as error:
        return _Read(problems=error.problems)
    except ExerciseError:
        return _Read()  # a fault of ours: the row waits until it is mended
    if submission.student is None:
        said = "nobody says whose this is; give `student`"
        return _Read(problems=(Problem("missing-key", said, 1, 1, "student"),))
    return _Read(_Sound(submission, exercise))


def _row(connection: sa.Connection, envelope: Envelope, read: _Read) -> Receipt:
    """The row of this envelope: the one that is there, or a new one."""
    handed_in = (envelope.student or "", envelope.course or "", envelope.submission)
    digest = sha256("\0".join(handed_in).encode()).hexdigest()
    query = sa.select(ROW.id, ROW.state, ROW.digest)
    theirs = query.where(ROW.platform == envelope.platform, ROW.submission_id == envelope.id)
    if (known := connection.execute(theirs).one_or_none()) is not None:
        if known.digest == digest:
            return Receipt(known.id, known.state)
        return Receipt(None, None, f"id-taken: another submission has the id {envelope.id}; it stays as it is")
    values = _new(envelope, read) | {"digest": digest} | _judged(connection, envelope, read)
    key: Any = connection.execute(sa.insert(SUBMISSIONS).values(values)).inserted_primary_key
    if values["state"] == "rejected":
        outbox.put(connection, key[0], envelope.came_at)
    return Receipt(key[0], values["state"])


def _new(envelope: Envelope, read: _Read) -> dict[str, Any]:
    """The columns of a row that has just come in."""
    return {
        "platform": envelope.platform,
        "submission_id": envelope.id,
        "content": read.sound.content if read.sound else None,
        "student": read.sound.submission.student if read.sound else envelope.student,
        "exercise": read.sound.exercise.id if read.sound else None,
        "document": envelope.submission,
        "state": "received",
        "received_at": written(envelope.came_at),
        "credit": 1.0,
        "tries": 0,
        "wake_at": written(envelope.came_at),
        "reason": "",
        "problems": "[]",
    }


def _judged(connection: sa.Connection, envelope: Envelope, read: _Read) -> dict[str, Any]:
    """The columns that say whether the submission is taken, and with how much credit."""
    ended = {"state": "rejected", "finished_at": written(envelope.came_at)}
    if read.problems:
        return ended | {"problems": told(read.problems)}
    if read.sound is None:
        return {}
    rules = read.sound.exercise.policy
    credit = {"credit": policy.credit(rules, envelope.came_at)}
    past = _past(connection, envelope.platform, read.sound)
    if past is None:
        return credit  # it is the same as an earlier one, whose report it gets
    refusal = policy.refusal(rules, past, envelope.came_at)
    if refusal is None:
        return credit
    following = written(refusal.next_allowed) if refusal.next_allowed else None
    return ended | {"problems": told([Problem(refusal.code, refusal.message)]), "next_allowed": following}


def _past(connection: sa.Connection, platform: str, sound: _Sound) -> policy.Past | None:
    """What the student handed in before to this exercise; None where this very content is among it."""
    theirs = (
        ROW.platform == platform,
        ROW.student == sound.submission.student,
        ROW.exercise == sound.exercise.id,
        ROW.state.in_((*PENDING, "graded")),
    )
    rows = connection.execute(sa.select(ROW.content, ROW.received_at).where(*theirs).order_by(ROW.received_at)).all()
    contents = {row.content for row in rows}
    if sound.content in contents:
        return None
    return policy.Past(len(contents), [datetime.fromisoformat(row.received_at) for row in rows])
