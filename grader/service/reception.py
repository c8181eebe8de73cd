"""The reception: checks what a platform hands in and makes it a durable row, once for each platform and id.

A file that is invalid or refused by the exercise's policy becomes a row as well, so that the platform gets an answer.
A submission that cannot be trusted (a wrong signature, an id that belongs to other content) changes nothing: the caller
keeps it as a dead letter.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from grader.base.errors import ExerciseError, InvalidInput, Problem
from grader.base.language import _
from grader.exercises import submissions
from grader.ledger import Ledger
from grader.ledger.queue.incoming import Incoming, NewSubmission, ReadContent, taking_in
from grader.ledger.queue.jobs import Lease
from grader.schema import Exercise, Submission
from grader.schema.content import claims_hash
from grader.schema.queue import TERMINAL, Envelope, State
from grader.service import policy
from grader.service.platforms import Platform
from grader.service.signing import SignatureRefused, verify_submission
from grader.service.streams import FIELDS

SOURCE = "submission"
"""The document's name in messages."""
TOGETHER = 100
"""Envelopes that are taken in at once; nobody else can write meanwhile."""


class Receipt(NamedTuple):
    """A row, or a refusal that the caller must keep."""

    job: int | None
    state: State | None
    refused: str = ""


class Sound(NamedTuple):
    """A document that can be graded."""

    submission: Submission
    exercise: Exercise
    content: ReadContent


class _Read(NamedTuple):
    """A document after reading; empty if the fault lies in the exercise, which we must mend."""

    sound: Sound | None = None
    problems: tuple[Problem, ...] = ()


class Reception:
    """The place where envelopes from every queue come in."""

    def __init__(self, ledger: Ledger, platforms: Mapping[str, Platform]) -> None:
        self.ledger, self.platforms = ledger, platforms

    def accept(self, envelopes: Sequence[Envelope]) -> list[Receipt]:
        """Return a receipt for each envelope, in order; their rows are durable then."""
        receipts: list[Receipt] = []
        for start in range(0, len(envelopes), TOGETHER):
            receipts += self._accepted(envelopes[start : start + TOGETHER])
        return receipts

    def _accepted(self, given: Sequence[Envelope]) -> list[Receipt]:
        now = self.ledger.now()
        envelopes = [each.model_copy(update={"came_at": min(each.came_at, now)}) for each in given]
        refused = {number: why for number, each in enumerate(envelopes) if (why := self._untrusted(each))}
        read = {number: _read(each) for number, each in enumerate(envelopes) if number not in refused}
        with taking_in(self.ledger) as incoming:
            return [
                Receipt(None, None, refused[number]) if number in refused else _taken(incoming, each, read[number])
                for number, each in enumerate(envelopes)
            ]

    def _untrusted(self, envelope: Envelope) -> str:
        """Return why the envelope cannot be trusted; empty if it can."""
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
    """Read the document, handed in by this student; without one, by the student that it names.

    Raises:
        InvalidInput: It cannot be graded; the error carries every problem.
        ExerciseError: Its exercise has a fault, or cannot be found because another exercise has one.
    """
    submission, exercise = submissions.load(document.encode(), SOURCE, student=student)
    if submission.student is None:
        message = _("the submission names no student; give `student`")
        raise InvalidInput(SOURCE, [Problem("missing-key", message, 1, 1, "student")])
    # Without the wishes for the gallery: to change them alone is not another attempt.
    digest = sha256("\n".join((str(exercise.version), claims_hash(submission.claims))).encode()).hexdigest()
    return Sound(submission, exercise, ReadContent(submission.student, exercise.id, digest))


def judge_late(ledger: Ledger, lease: Lease, sound: Sound) -> policy.Refusal | None:
    """Judge a submission whose exercise had a fault when it came in, by the time at which it came.

    Return why it is refused; None if it is taken.
    """
    with taking_in(ledger) as incoming:
        credit, refusal = _judged(incoming, lease.platform, lease.received_at, sound)
        incoming.complete(lease.job, sound.content, credit)
    return refusal


def _read(envelope: Envelope) -> _Read:
    try:
        return _Read(read_document(envelope.submission, envelope.student))
    except InvalidInput as error:
        return _Read(problems=error.problems)
    except ExerciseError:
        return _Read()  # a fault of ours: the row waits until it is mended


def _taken(incoming: Incoming, envelope: Envelope, read: _Read) -> Receipt:
    """Return the receipt for this envelope's row: the one that exists, or a new one."""
    handed_in = (envelope.student or "", envelope.course or "", envelope.submission)
    digest = sha256("\0".join(handed_in).encode()).hexdigest()
    known = incoming.known(envelope.platform, envelope.id)
    if known is None:
        handed = NewSubmission(
            envelope.platform, envelope.id, digest, envelope.student, envelope.submission, envelope.came_at
        )
        new = _judged_new(incoming, handed, read)
        return Receipt(incoming.add(new), new.state)
    if known.digest != digest:
        return Receipt(None, None, f"id-taken: another submission has the id {envelope.id}; it stays as it is")
    if known.state in TERMINAL:  # a platform that asks again may have missed the result
        incoming.owe_again(known.job)
    return Receipt(known.job, known.state)


def _judged_new(incoming: Incoming, new: NewSubmission, read: _Read) -> NewSubmission:
    """Return the new submission with its problems, or with its content and credit."""
    if read.sound is None:
        return new._replace(problems=read.problems)
    credit, refusal = _judged(incoming, new.platform, new.came_at, read.sound)
    new = new._replace(read=read.sound.content)
    if refusal is None:
        return new._replace(credit=credit)
    problems = [Problem(refusal.code, refusal.message)]
    return new._replace(problems=problems, next_allowed=refusal.next_allowed)


def _judged(incoming: Incoming, platform: str, when: datetime, sound: Sound) -> tuple[float, policy.Refusal | None]:
    """Return the credit of a submission that came in at this time, and why it is refused.

    The same content as before is never refused, and keeps the higher credit.
    """
    rules = sound.exercise.policy
    credit = policy.credit(rules, when)
    earlier = incoming.best_credit(platform, sound.content)
    if earlier is not None:
        return max(credit, earlier), None
    return credit, policy.refusal(rules, _past(incoming, platform, sound), when)


def _past(incoming: Incoming, platform: str, sound: Sound) -> policy.Past:
    """Return the student's earlier attempts at the exercise; none if its rules do not ask for them."""
    rules = sound.exercise.policy
    if rules.attempts is None and rules.rate is None:
        return policy.Past()
    times = incoming.attempts(platform, sound.content)
    return policy.Past(len(times), times)
