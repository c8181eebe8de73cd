"""The exhibits: the confirmed claims of each student's newest submission to each exercise, if it has `gallery: true`.

The newest submission decides, as it is graded now: without `gallery: true`, it removes everything that was shown
before. An old file that is handed in again is the newest; offline work that was handed in later is the oldest.
"""

import hmac
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from hashlib import sha256

from grader.base.names import looks
from grader.gallery.discretion import Discretion
from grader.grading.grade import shown
from grader.ledger import Ledger
from grader.ledger.entry import LedgerEntry
from grader.ledger.queue.graded import last_graded
from grader.report.text.labels import visible
from grader.schema import Kind, Report, Verdict
from grader.students.pseudonyms import PSEUDONYM, pseudonym
from grader.students.selection import Selection

ID_DIGITS = 16
"""The hexadecimal digits of an exhibit's id: enough for a million different ids."""


@dataclass(frozen=True)
class ShownSubmission:
    """One student's newest submission to one exercise, for the gallery."""

    platform: str
    entry: LedgerEntry
    """The ledger entry with which it came in: student, time, and name for the gallery."""
    report: Report
    """The report as it is graded now."""


@dataclass(frozen=True)
class Exhibit:
    """One confirmed claim as everybody may see it."""

    id: str
    """The same in every build; the student cannot be guessed from it."""
    student: str
    """The pseudonym, for counting; it is shown only if no name was chosen."""
    by: str
    """The chosen name, or the pseudonym."""
    exercise: str
    table: str
    verdict: Verdict
    """The verdict, with names and addresses hidden in the note and the sentence."""
    is_whole: bool
    """True if nothing in the sentence is hidden, so that it may be drawn token by token."""
    day: date
    order: int
    """The order in which the submissions came in."""

    @cached_property
    def kind(self) -> Kind:
        """The confirmed kind."""
        return self.verdict.claim.kind

    @property
    def place(self) -> str:
        """The head's name, such as `L5H10`."""
        return self.verdict.claim.place

    @cached_property
    def note(self) -> str:
        """The student's own words, on one line."""
        return visible(self.verdict.claim.note or "")

    @cached_property
    def sentence(self) -> str:
        """The student's own sentence, on one line."""
        return visible(self.verdict.claim.evidence or "")

    @property
    def is_seen(self) -> bool:
        """True if the behaviour was measured on the student's own sentence."""
        return self.verdict.evidence is not None and self.verdict.evidence.share is not None

    @property
    def low(self) -> float:
        """The low end of the score's interval; 0 if the feedback hides scores."""
        return self.verdict.measured.interval[0] if self.verdict.measured else 0.0

    @property
    def sort_key(self) -> tuple[float, bool, int]:
        """The key that sorts the best evidence first: by the low end, then by a measured sentence, then by age."""
        return -self.low, not self.is_seen, self.order


def newest(exercise: str, entries: Sequence[LedgerEntry], last: int | None = None) -> tuple[LedgerEntry, Report] | None:
    """Return the entry of the student's newest submission to the exercise, and its report as it is graded now.

    `last` is the id of the entry that was handed in last; by default the order of the entries decides.
    """
    of_exercise = [entry for entry in entries if entry.report.exercise == exercise]
    decides = next((entry for entry in reversed(of_exercise) if entry.is_new), None)
    decides = next((entry for entry in of_exercise if entry.id == last), decides)
    if decides is None:
        return None
    same = [entry for entry in of_exercise if entry.submission == decides.submission]
    return same[0], same[-1].report


def shown_submissions(
    ledger: Ledger, exercise: str, logins: set[str], selection: Selection | None = None
) -> Iterator[ShownSubmission]:
    """Yield the submissions to show for the exercise, if they are selected.

    The login of every student with a submission is added to `logins`. Outside the selection, the newest submission
    still decides: what a student wanted earlier is not shown again.
    """
    selection, last = selection or Selection(), last_graded(ledger, exercise)
    for history in ledger.histories(exercise):
        logins.add(history.student)
        latest = newest(exercise, history.entries, last.get((history.platform, history.student)))
        if latest is None or not latest[0].report.gallery or latest[1].xp <= 0:
            continue  # a regrade does not change what was asked for
        if selection.has(history.platform, history.student) and latest[0].submission in {
            each.standing.submission for each in selection.submissions(history, exercise)
        }:
            yield ShownSubmission(history.platform, latest[0], shown(latest[1]))


def exhibits(submissions: Iterable[ShownSubmission], key: bytes, discretion: Discretion) -> list[Exhibit]:
    """Return the confirmed claims, those with the best evidence first."""
    confirmed = (
        _exhibit(submission, verdict, key, discretion, name)
        for submission, name in _with_names(submissions, discretion)
        for verdict in submission.report.verdicts
        if verdict.outcome == "confirmed"
    )
    return sorted(confirmed, key=lambda exhibit: exhibit.sort_key)


def _with_names(
    submissions: Iterable[ShownSubmission], discretion: Discretion
) -> Iterator[tuple[ShownSubmission, str | None]]:
    """Yield each submission with the name that its student chose, or None if the name is taken or like a pseudonym."""
    owners: dict[str, tuple[str, str]] = {}  # what the eye sees of a name -> who took it first
    for submission in sorted(submissions, key=lambda submission: submission.entry.id):
        student = (submission.platform, str(submission.entry.report.student))
        name = discretion.name(submission.entry.report.gallery_name, student[1])
        is_free = name is not None and _is_free(name, student, owners)
        yield submission, name if is_free else None


def _is_free(name: str, student: tuple[str, str], owners: dict[str, tuple[str, str]]) -> bool:
    """Return whether nobody else took a name that looks like this one; pseudonyms begin with a word that nobody may."""
    seen = looks(name)
    if any("".join(filter(str.isalnum, look)).startswith(PSEUDONYM.rstrip("-")) for look in seen):
        return False
    if any(owners.get(look, student) != student for look in seen):
        return False
    owners.update(dict.fromkeys(seen, student))
    return True


def mixed(best_first: Sequence[Exhibit]) -> list[Exhibit]:
    """Return the best exhibit of each kind, then the best of each other head, then each head's second best, ..."""
    turns: dict[tuple[str, str, str], int] = {}
    seen: set[str] = set()
    keys = []
    for place, exhibit in enumerate(best_first):
        name = exhibit.kind.name
        head = (exhibit.exercise, name, exhibit.place)
        turns[head] = turns.get(head, 0) + 1
        keys.append((name in seen, turns[head], place))
        seen.add(name)
    return [best_first[key[-1]] for key in sorted(keys)]


def _exhibit(
    submission: ShownSubmission, verdict: Verdict, key: bytes, discretion: Discretion, name: str | None
) -> Exhibit:
    exercise, claim, login = submission.report.exercise, verdict.claim, str(submission.entry.report.student)
    student = pseudonym(key, submission.platform, login)
    parts = (submission.platform, login, exercise, claim.name, claim.place)
    sentence = discretion.text(claim.evidence, login) if claim.evidence else None
    is_whole = sentence == claim.evidence
    hidden = {
        "claim": claim.model_copy(
            update={"note": discretion.text(claim.note, login) if claim.note else None, "evidence": sentence}
        ),
        "evidence": verdict.evidence
        if is_whole or verdict.evidence is None
        else verdict.evidence.model_copy(update={"text": sentence, "tokens": ()}),
    }
    return Exhibit(
        id=hmac.new(key, "\0".join(("gallery", *parts)).encode(), sha256).hexdigest()[:ID_DIGITS],
        student=student,
        by=visible(name or student),
        exercise=exercise,
        table=submission.report.table,
        verdict=verdict.model_copy(update=hidden),
        is_whole=is_whole,
        day=submission.entry.created_at.date(),
        order=submission.entry.id,
    )
