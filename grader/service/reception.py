"""The reception: checks what a platform hands in and makes it a durable row, once for each platform and id.

A file that is invalid or refused by the exercise's policy becomes a row as well, so that the platform gets an answer.
A submission that cannot be trusted (a wrong signature, an id that belongs to other content) changes nothing: the caller
keeps it as a dead letter.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from grader import exercises
from grader.base.errors import ExerciseError, InvalidInput, Problem
from grader.base.language import _
from grader.base.names import plain
from grader.exercises import submissions
from grader.exercises.kept_versions import KeptVersions
from grader.ledger import Ledger
from grader.ledger.queue.incoming import (
    AskedContent,
    Incoming,
    Judgement,
    NewSubmission,
    ReadContent,
    SubmissionName,
    taking_in,
)
from grader.ledger.queue.leases import Lease
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
ROOM_PARTS = 8
"""The part of the room for waiting submissions that is used up without counting them again."""


class Receipt(NamedTuple):
    """A row, or a refusal that the caller must keep."""

    job: int | None
    state: State | None
    refused: str = ""
    problems: Sequence[Problem] = ()
    """Of one that is refused for now and has no row: handed in again under the same id, it is looked at anew."""
    next_allowed: datetime | None = None


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

    def __init__(self, ledger: Ledger, platforms: Mapping[str, Platform], *, in_person: bool = False) -> None:
        """Take in for these platforms; `in_person` where the sender has shown who it is and waits for the answer.

        Then nothing needs a signature, and what is refused only for now leaves no row.
        """
        self.ledger, self.platforms, self.in_person = ledger, platforms, in_person
        self.versions = KeptVersions(ledger)
        self._room: dict[str, int] = {}

    def accept(self, envelopes: Sequence[Envelope]) -> list[Receipt]:
        """Return a receipt for each envelope, in order; their rows are durable then."""
        receipts: list[Receipt] = []
        for start in range(0, len(envelopes), TOGETHER):
            receipts += self._accepted(envelopes[start : start + TOGETHER])
        return receipts

    def refuse(self, envelope: Envelope, problem: Problem) -> Receipt:
        """Return the receipt of a submission that is rejected for the way in which it was sent."""
        if why := self._untrusted(envelope):
            return Receipt(None, None, why)
        with taking_in(self.ledger) as incoming:
            return self._taken_together(incoming, [(envelope, _Read(problems=(problem,)))])[0]

    def _accepted(self, given: Sequence[Envelope]) -> list[Receipt]:
        now = self.ledger.now()
        envelopes = [each.model_copy(update={"came_at": min(each.came_at, now)}) for each in given]
        refused = {number: why for number, each in enumerate(envelopes) if (why := self._untrusted(each))}
        with exercises.once():
            read = {number: self._read(each) for number, each in enumerate(envelopes) if number not in refused}
        trusted = [(envelopes[number], each) for number, each in read.items()]
        with taking_in(self.ledger) as incoming:
            taken = iter(self._taken_together(incoming, trusted))
        return [Receipt(None, None, refused[n]) if n in refused else next(taken) for n in range(len(envelopes))]

    def _read(self, envelope: Envelope) -> _Read:
        try:
            return _Read(read_document(envelope.submission, envelope.student, self.versions))
        except InvalidInput as error:
            return _Read(problems=error.problems)
        except ExerciseError:
            return _Read()  # a fault of ours: the row waits until it is mended

    def _taken_together(self, incoming: Incoming, trusted: Sequence[tuple[Envelope, _Read]]) -> list[Receipt]:
        """Return the receipt for each envelope's row, which exists then."""
        sound = [(envelope.platform, read.sound) for envelope, read in trusted if read.sound is not None]
        asked = [AskedContent(platform, each.content, _is_limited(each.exercise)) for platform, each in sound]
        incoming.look_up([SubmissionName(envelope.platform, envelope.id) for envelope, _ in trusted], asked)
        receipts = [self._taken(incoming, envelope, read) for envelope, read in trusted]
        incoming.insert()
        return [_with_job(incoming, each, receipt) for (each, _), receipt in zip(trusted, receipts, strict=True)]

    def _taken(self, incoming: Incoming, envelope: Envelope, read: _Read) -> Receipt:
        """Return the receipt for this envelope's row: the one that exists, or a new one, which has no number yet."""
        handed_in = (envelope.student or "", envelope.course or "", envelope.submission)
        digest = sha256("\0".join(handed_in).encode()).hexdigest()
        known = incoming.known(SubmissionName(envelope.platform, envelope.id))
        if known is None:
            student = envelope.student and plain(envelope.student)
            handed = NewSubmission(
                envelope.platform, envelope.id, digest, student, envelope.submission, envelope.came_at, envelope.course
            )
            new = _judged_new(incoming, handed, read)
            if not new.problems and not self._has_room(incoming, envelope.platform):
                new = _crowded_out(handed, self.platforms[envelope.platform].most_waiting)
            if self.in_person and new.next_allowed is not None:
                return Receipt(None, new.state, problems=new.problems, next_allowed=new.next_allowed)
            incoming.add(new)
            return Receipt(None, new.state)
        if known.digest != digest:
            return Receipt(None, None, f"id-taken: another submission has the id {envelope.id}; it stays as it is")
        if known.state in TERMINAL:  # a platform that asks again may have missed the result
            incoming.owe_again(known.job)
        return Receipt(known.job, known.state)

    def _has_room(self, incoming: Incoming, platform: str) -> bool:
        """Return whether one more of the platform's submissions may wait.

        They are counted again when a part of the room that there was last time is used up, since other processes use
        the same room.
        """
        if self._room.get(platform, 0) <= 0:
            left = self.platforms[platform].most_waiting - incoming.waiting(platform)
            self._room[platform] = min(left, 1 + left // ROOM_PARTS)
        self._room[platform] -= 1
        return self._room[platform] >= 0

    def _untrusted(self, envelope: Envelope) -> str:
        """Return why the envelope cannot be trusted; empty if it can."""
        platform = self.platforms.get(envelope.platform)
        if platform is None:
            return f"unknown-platform: there is no platform {envelope.platform}"
        if self.in_person:
            return ""
        fields = {name: value for name in FIELDS if (value := getattr(envelope, name)) is not None}
        try:
            verify_submission(platform, fields, envelope.came_at.timestamp())
        except SignatureRefused as error:
            return f"{error.code}: {error}"
        return ""


def read_document(document: str, student: str | None, versions: KeptVersions) -> Sound:
    """Read the document, handed in by this student; without one, by the student that it names.

    Raises:
        InvalidInput: It cannot be graded; the error carries every problem.
        ExerciseError: Its exercise has a fault, cannot be found because another one has one, is not as its version was,
            or was used before and is missing.
    """
    try:
        submission, exercise = submissions.load(document.encode(), SOURCE, student=student, vet=versions.vet)
    except InvalidInput as error:
        if [problem.code for problem in error.problems] == [submissions.UNKNOWN]:
            versions.vet_missing(submissions.read(document.encode(), SOURCE).exercise)
        raise
    if submission.student is None:
        message = _("the submission names no student; give `student`")
        raise InvalidInput(SOURCE, [Problem("missing-key", message, 1, 1, "student")])
    # Without the wishes for the gallery: to change them alone is not another attempt.
    graded = submission.model_dump_json(exclude={"gallery", "gallery_name"})
    older = tuple(_digest(exercise.id, str(version), graded) for version in range(1, exercise.version + 1))
    content = ReadContent(submission.student, exercise.id, claims_hash(submission.claims), older)
    return Sound(submission, exercise, content)


def judge_late(ledger: Ledger, lease: Lease, sound: Sound) -> Judgement | None:
    """Judge a submission whose exercise had a fault when it came in, by the time at which it came.

    A refusal ends its row in the same transaction. Return None if the lease had run out.
    """
    with taking_in(ledger) as incoming:
        judgement = judged(incoming, lease.platform, lease.received_at, sound)
        return judgement if incoming.judged((lease.job, lease.token), judgement) else None


def _digest(*parts: str) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()


def _crowded_out(new: NewSubmission, most: int) -> NewSubmission:
    """Return the new submission as one that is refused; its document, which nobody will read, is not kept."""
    refusal = policy.crowded(most, new.came_at)
    problems = [Problem(refusal.code, refusal.message)]
    return new._replace(document="", problems=problems, next_allowed=refusal.next_allowed)


def _judged_new(incoming: Incoming, new: NewSubmission, read: _Read) -> NewSubmission:
    """Return the new submission with its problems, or with its content and credit."""
    if read.sound is None:
        return new._replace(problems=read.problems)
    return new._replace(**judged(incoming, new.platform, new.came_at, read.sound)._asdict())


def judged(incoming: Incoming, platform: str, when: datetime, sound: Sound) -> Judgement:
    """Return the judgement on a submission that came in at this time.

    The same content as before is never refused, and keeps the higher credit.
    """
    read = sound.content
    rules = policy.of_student(sound.exercise.policy, incoming.adjustments(platform, read))
    credit = policy.credit(rules, when)
    earlier = incoming.same_content(platform, read)
    if earlier is not None:
        same = read._replace(content=earlier.content)
        if credit > earlier.credit:
            incoming.raise_credit(platform, same, credit)
        return Judgement(same, max(credit, earlier.credit))
    refusal = policy.refusal(rules, _past(incoming, platform, sound, when), when)
    if refusal is None:
        return Judgement(read, credit)
    return Judgement(read, 1.0, [Problem(refusal.code, refusal.message)], refusal.next_allowed)


def _is_limited(exercise: Exercise) -> bool:
    return exercise.policy.attempts is not None or exercise.policy.rate is not None


def _with_job(incoming: Incoming, envelope: Envelope, receipt: Receipt) -> Receipt:
    """Return the receipt with the number of its row, if it has one."""
    has_row = receipt.state is not None and not receipt.problems
    known = incoming.known(SubmissionName(envelope.platform, envelope.id)) if has_row else None
    return receipt._replace(job=known.job) if known else receipt


def _past(incoming: Incoming, platform: str, sound: Sound, when: datetime) -> policy.Past:
    """Return the student's attempts at the exercise; none if its rules do not ask for them.

    Attempts that came after this time count, but do not make this one too soon: it may be judged late.
    """
    if not _is_limited(sound.exercise):
        return policy.Past()
    times = incoming.attempts(platform, sound.content)
    return policy.Past(len(times), [came for came in times if came <= when])
