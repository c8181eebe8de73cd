"""What the gallery shows: for each student and exercise, the confirmed claims of the newest submission, if it says so.

The newest submission decides, as it is graded now: one that does not opt in takes back all that was shown before. An
old file that is handed in again is the newest; practice that was handed in later (`grader.offline`) is the oldest.
Pure: from the ledger's entries, the exercises and a key to exhibits.
"""

import hmac
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from hashlib import sha256

from grader.gallery.discretion import Discretion
from grader.grading.grade import shown
from grader.ledger import Ledger
from grader.ledger.entry import LedgerEntry
from grader.ledger.queue.graded import last_graded
from grader.report.text.labels import visible
from grader.schema import Kind, Report, Verdict
from grader.students.pseudonyms import PSEUDONYM, pseudonym

ID_DIGITS = 16
"""Hexadecimal digits of an exhibit's id: among a million no two are the same."""


@dataclass(frozen=True)
class Found:
    """One student's newest submission to one exercise that is to be shown, as it is graded now."""

    platform: str
    came: LedgerEntry
    """The entry with which it came in: who, when, under which name."""
    report: Report


@dataclass(frozen=True)
class Exhibit:
    """One confirmed claim as everybody may see it."""

    id: str
    """The same in every build, and not to be guessed back."""
    student: str
    """The pseudonym: for counting, shown only where no name was chosen."""
    by: str
    exercise: str
    table: str
    verdict: Verdict
    """With what must not be shown hidden in the note and the sentence."""
    is_whole: bool
    """Whether nothing of the sentence is hidden, so that it may be drawn token by token."""
    day: date
    order: int
    """In which the submissions came in."""

    @cached_property
    def kind(self) -> Kind:
        """What the head does."""
        return self.verdict.claim.kind

    @property
    def place(self) -> str:
        """The head, printed as `L5H10`."""
        return self.verdict.claim.place

    @cached_property
    def note(self) -> str:
        """The student's own words, on one line."""
        return visible(self.verdict.claim.note or "")

    @cached_property
    def sentence(self) -> str:
        """In which the student saw the behaviour, on one line."""
        return visible(self.verdict.claim.evidence or "")

    @property
    def is_seen(self) -> bool:
        """Whether the behaviour was measured on the student's own sentence."""
        return self.verdict.evidence is not None and self.verdict.evidence.share is not None

    @property
    def low(self) -> float:
        """The conservative score: the low end of its interval; 0 where scores are not told."""
        return self.verdict.measured.interval[0] if self.verdict.measured else 0.0

    @property
    def worth_seeing(self) -> tuple[float, bool, int]:
        """Sorts the best-evidenced first: the conservative score, then whether it was seen in a sentence, then age."""
        return -self.low, not self.is_seen, self.order


def newest(exercise: str, entries: Sequence[LedgerEntry], last: int | None = None) -> tuple[LedgerEntry, Report] | None:
    """The student's newest submission to the exercise: the entry with which it came in, and its report as it is now.

    `last` is the entry of what was handed in last, where that is known otherwise than by the entries' order.
    """
    of_exercise = [entry for entry in entries if entry.report.exercise == exercise]
    decides = next((entry for entry in reversed(of_exercise) if entry.is_new), None)
    decides = next((entry for entry in of_exercise if entry.id == last), decides)
    if decides is None:
        return None
    same = [entry for entry in of_exercise if entry.submission == decides.submission]
    return same[0], same[-1].report


def wanted(ledger: Ledger, exercise: str, logins: set[str], only: str | None = None) -> Iterator[Found]:
    """What is to be shown of the exercise, of all platforms or of one only.

    Every student's login is noted in `logins`, whether anything of the student's is shown or not.
    """
    last = last_graded(ledger, exercise)
    for platform, entries in ledger.histories(exercise):
        student = str(entries[0].report.student)
        logins.add(student)
        found = newest(exercise, entries, last.get((platform, student))) if only in (None, platform) else None
        if found and found[0].report.gallery and found[1].xp > 0:  # a regrade does not change what was asked for
            yield Found(platform, found[0], shown(found[1]))


def exhibits(found: Iterable[Found], key: bytes, discretion: Discretion) -> list[Exhibit]:
    """The confirmed claims, the best-evidenced first."""
    every = (
        _exhibit(one, verdict, key, discretion, name)
        for one, name in _named(found, discretion)
        for verdict in one.report.verdicts
        if verdict.outcome == "confirmed"
    )
    return sorted(every, key=lambda exhibit: exhibit.worth_seeing)


def _named(found: Iterable[Found], discretion: Discretion) -> Iterator[tuple[Found, str | None]]:
    """Each with its student's chosen name: whoever took it first has it, and nobody one that a pseudonym might be."""
    taken: dict[str, tuple[str, str]] = {}
    for one in sorted(found, key=lambda one: one.came.id):
        who = (one.platform, str(one.came.report.student))
        name = discretion.name(one.came.report.gallery_name, who[1])
        same = (name or "").casefold()
        is_free = not same.startswith(PSEUDONYM) and taken.setdefault(same, who) == who
        yield one, name if is_free else None


def arranged(best_first: Sequence[Exhibit]) -> list[Exhibit]:
    """The best of each kind, then the best of each other head, then each head's second best, and so on."""
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


def _exhibit(found: Found, verdict: Verdict, key: bytes, discretion: Discretion, name: str | None) -> Exhibit:
    came, claim, login = found.came.report, verdict.claim, str(found.came.report.student)
    known = pseudonym(key, found.platform, login)
    parts = (found.platform, login, came.exercise, claim.name, claim.place)
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
        student=known,
        by=visible(name or known),
        exercise=came.exercise,
        table=found.report.table,
        verdict=verdict.model_copy(update=hidden),
        is_whole=is_whole,
        day=found.came.created_at.date(),
        order=found.came.id,
    )
