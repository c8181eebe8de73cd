"""Alike: students whose wrong claims or whose notes are the same, and how likely that is by chance.

Right claims say nothing: the heads are there to be found, and everybody who does the exercise well finds the same
ones. Of wrong claims there are very many, and of ways to write a note more still. How often others of the class make a
wrong claim says how likely it is that two make it independently; a mistake that the exercise invites is common, and so
it counts little. Only a few who share all of it, up to `FEW` of the class, are not taken for the class: they may be
of the same group. None of this proves anything: two who learnt together make the same mistakes.
"""

import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations

from pydantic import Field

from grader.ledger import KnownStudent, LedgerEntry
from grader.schema import Record, Report

SHORTEST_NOTE = 20
"""Letters and digits; shorter notes, such as "see above", are the same by chance."""
BITS_PER_LETTER = 0.3
"""The information in a letter of a note: half of the least that Shannon (1951) estimates for English, 0.6 bits, because
all write about the same heads."""
HALF = 0.5
"""A claim that nobody else made counts as made by half a student, so that no chance is ever 0."""
FEW = 0.1
"""The part of the class up to which others with the same mistakes, or the same note, do not make it a usual one."""
EXPECTED_AT_MOST = 0.05
"""The number of pairs as alike by chance, in a class of this size, up to which a pair is worth a look."""

_WORD = re.compile(r"[^\W_]+")


class AlikePair(Record):
    """Two students who share wrong claims or notes."""

    platforms: tuple[str, str]
    students: tuple[str, str] = Field(description="The one who handed in first comes first.")
    first_seen: tuple[datetime, datetime]
    right: int = Field(description="Right claims that both made; they are expected and do not count.")
    wrong: tuple[str, ...] = Field(description="Wrong claims that both made.")
    of: tuple[int, int] = Field(description="The number of each one's different wrong claims.")
    notes: tuple[str, ...] = Field(description="Notes and sentences of their own that both wrote, as the first wrote.")
    chance: float = Field(description="The chance that two students who work on their own are at least this alike.")
    expected: float = Field(description="The number of such pairs by chance in a class of this size.")


class Alike(Record):
    """The pairs of a class that are alike."""

    exercise: str
    students: int
    pairs: tuple[AlikePair, ...] = Field(description="The least likely ones come first.")
    groups: tuple[tuple[str, ...], ...] = Field(description="Students who are joined by such pairs.")


@dataclass
class _Work:
    """The claims and notes of one student, over all attempts."""

    who: KnownStudent
    first_seen: datetime
    right: set[str] = field(default_factory=set)
    wrong: set[str] = field(default_factory=set)
    notes: dict[str, str] = field(default_factory=dict)
    """The notes as they were written, by the form in which they are compared."""

    def add(self, report: Report, familiar: Collection[str]) -> None:
        for verdict in report.verdicts:
            claim = verdict.claim
            told = f"{claim.place} {claim.name}"
            if verdict.outcome == "confirmed":
                self.right.add(told)
            elif verdict.outcome == "refuted":
                self.wrong.add(told)
            for text in filter(None, (claim.note, claim.evidence)):
                same = compared(text)
                if len(same) >= SHORTEST_NOTE and same not in familiar:
                    self.notes.setdefault(same, text)


def alike(
    exercise: str,
    histories: Iterable[tuple[str, Sequence[LedgerEntry]]],
    familiar: Iterable[str] = (),
    most_expected: float = EXPECTED_AT_MOST,
) -> Alike:
    """Return the pairs that are more alike than `most_expected` pairs of such a class would be by chance.

    `familiar` are texts that everybody has read, such as those of the exercise's page and hints.
    """
    known = {compared(text) for text in familiar}
    works = [work for platform, entries in histories if (work := _work(exercise, platform, entries, known))]
    found = [pair for pair in _pairs(works) if pair.expected <= most_expected]
    found.sort(key=lambda pair: (pair.expected, pair.students))
    return Alike(exercise=exercise, students=len(works), pairs=tuple(found), groups=tuple(_groups(found)))


def compared(text: str) -> str:
    """Return a text as two are compared: its letters and digits, without case."""
    return "".join(_WORD.findall(text.casefold()))


def at_least(chances: Iterable[float], number: int) -> float:
    """Return the chance that at least this number of independent events happen, each with its own chance."""
    distribution = [1.0]
    for chance in chances:
        stays = [part * (1 - chance) for part in (*distribution, 0.0)]
        comes = [part * chance for part in (0.0, *distribution)]
        distribution = [one + other for one, other in zip(stays, comes, strict=True)]
    return min(1.0, math.fsum(distribution[number:]))


def _work(exercise: str, platform: str, entries: Sequence[LedgerEntry], familiar: Collection[str]) -> _Work | None:
    """Return the student's work on the exercise as it stands now; None without any."""
    theirs = [entry for entry in entries if entry.report.exercise == exercise]
    if not theirs:
        return None
    work = _Work(KnownStudent(platform, str(theirs[0].report.student)), theirs[0].created_at)
    for entry in {entry.submission: entry for entry in theirs}.values():
        work.add(entry.report, familiar)
    return work


def _pairs(works: Sequence[_Work]) -> Iterator[AlikePair]:
    having = _having(works)
    usual = sum(len(work.wrong) for work in works) / max(1, len(works))
    for one, other in _candidates(works, having):
        first, second = sorted((one, other), key=lambda work: (work.first_seen, work.who))
        wrong, notes = first.wrong & second.wrong, first.notes.keys() & second.notes.keys()
        group = _few_with_all(wrong, having, len(works))
        by_claims = max(
            at_least(_chances(mine, beside, wrong, group, having, usual, len(works)), len(wrong))
            for mine, beside in ((first, second), (second, first))
        )
        chance = by_claims * math.prod(_of_note(note, len(having[note]) - 2, len(works)) for note in notes)
        yield AlikePair(
            platforms=(first.who.platform, second.who.platform),
            students=(first.who.student, second.who.student),
            first_seen=(first.first_seen, second.first_seen),
            right=len(first.right & second.right),
            wrong=tuple(sorted(wrong)),
            of=(len(first.wrong), len(second.wrong)),
            notes=tuple(sorted(first.notes[note] for note in notes)),
            chance=chance,
            expected=chance * math.comb(len(works), 2),
        )


def _having(works: Sequence[_Work]) -> Mapping[str, set[int]]:
    """Return, for each wrong claim and each note, the numbers of the students who have it."""
    having: Mapping[str, set[int]] = defaultdict(set)
    for number, work in enumerate(works):
        for what in (*work.wrong, *work.notes):
            having[what].add(number)
    return having


def _candidates(works: Sequence[_Work], having: Mapping[str, set[int]]) -> Iterator[tuple[_Work, _Work]]:
    """Yield each pair that shares a wrong claim or a note, once."""
    for one, other in sorted({pair for numbers in having.values() for pair in combinations(sorted(numbers), 2)}):
        yield works[one], works[other]


def _few_with_all(wrong: Collection[str], having: Mapping[str, set[int]], students: int) -> int:
    """Return how many others made all of several wrong claims; 0 if they are more than a few of the class."""
    others = len(set.intersection(*(having[claim] for claim in wrong))) - 2 if len(wrong) > 1 else 0
    return others if others <= FEW * students else 0


def _chances(  # noqa: PLR0913 - two students in their class
    mine: _Work,
    beside: _Work,
    shared: Collection[str],
    group: int,
    having: Mapping[str, set[int]],
    usual: float,
    students: int,
) -> Iterator[float]:
    """Yield, for each wrong claim of a student, the chance that the other one makes it too, on their own.

    That is the part of all others who made it, without a group that made all of the shared ones; more, if the other one
    makes more wrong claims than is usual.
    """
    eager = max(1.0, len(beside.wrong) / usual) if usual else 1.0
    for claim in mine.wrong:
        others = len(having[claim]) - (2 + group if claim in shared else 1)
        yield min(1.0, eager * _part(others, students - group))


def _part(others: int, students: int) -> float:
    """Return the part of the class, without the two, that this number of others is; never 0."""
    return min(1.0, (others + HALF) / max(1, students - 1))


def _of_note(note: str, others: int, students: int) -> float:
    """Return the chance that two write the same note on their own: from those who did, else from its length."""
    by_length = 2.0 ** -(BITS_PER_LETTER * len(note))
    return min(by_length, _part(0, students)) if others <= FEW * students else _part(others, students)


def _groups(pairs: Iterable[AlikePair]) -> Iterator[tuple[str, ...]]:
    """Yield the students who are joined by pairs, each group once."""
    groups: list[set[KnownStudent]] = []
    for pair in pairs:
        both = {KnownStudent(*who) for who in zip(pair.platforms, pair.students, strict=True)}
        joined = [group for group in groups if group & both]
        groups = [group for group in groups if not group & both] + [both.union(*joined)]
    for group in groups:
        yield tuple(f"{who.student} ({who.platform})" for who in sorted(group))
