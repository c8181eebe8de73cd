"""One student's work from every side: graded at this terminal and on platforms, each submission counted once.

The same submission has the same report, or the same claims in the same version of the exercise. What a platform
measured takes the place of what was measured here, and never the other way round.
"""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from grader.base.language import N_
from grader.grading.hashing import content_hash
from grader.ledger import LOCAL, Ledger
from grader.ledger.entry import AGAIN, LedgerEntry
from grader.schema import Report


class KnownStudent(NamedTuple):
    """Whom the ledger knows, and from where."""

    platform: str
    student: str


class Work(NamedTuple):
    """An entry, and where it was handed in."""

    platform: str
    entry: LedgerEntry


def known(ledger: Ledger) -> set[KnownStudent]:
    """Every student of every platform in the ledger."""
    with ledger.statements() as execute:
        return {KnownStudent(**row) for row in execute("SELECT DISTINCT platform, student FROM reports", {})}


def names(student: str, login: str, students: Iterable[str]) -> set[str]:
    """What one student is called among these: unnamed work, which has the login name, is that of the only named one."""
    named = set(students) - {login}
    return {login, *named} if len(named) == 1 and student in {login, *named} else {student}


def works(ledger: Ledger, whose: set[str], platform: str | None = None) -> list[Work]:
    """All that is in the ledger under these names, of the one platform where it is given; oldest first."""
    places = [name for name in known(ledger) if name.student in whose and platform in (None, name.platform)]
    found = [Work(p, entry) for p, student in places for entry in ledger.entries(student=student, platform=p)]
    return sorted(found, key=lambda work: work.entry.id)


def merged(found: Iterable[Work], student: str) -> list[LedgerEntry]:
    """The entries that count, all under the one name, oldest first."""
    ordered = sorted(found, key=lambda work: work.entry.id)
    names = {work.entry.report.student for work in ordered}
    return [_of(student, entry) for entry in _counting(ordered, names)]


def _counting(ordered: Iterable[Work], names: set[str | None]) -> Iterator[LedgerEntry]:
    roots: dict[Hashable, int] = {}  # a submission's marks, and each of its entries -> the entry that came first
    newest: dict[int, Report] = {}  # root -> the report that counts
    judged: set[int] = set()  # roots that a platform measured
    for platform, entry in ordered:
        marks = (entry.id, *_marks(entry.report, names))
        follows = [entry.replaces] if entry.replaces is not None else marks
        known_root = next((roots[mark] for mark in follows if mark in roots), None)
        root = entry.id if known_root is None else known_root
        if platform != LOCAL or root not in judged:
            if known_root is None:
                yield entry
            elif not _agree(newest[root], entry.report):
                yield replace(entry, replaces=root, reason=entry.reason or _again(platform))
            newest[root] = entry.report
        if platform != LOCAL:
            judged.add(root)
        for mark in marks:
            roots.setdefault(mark, root)


def _marks(report: Report, names: set[str | None]) -> Iterator[Hashable]:
    """What the report's submission is known by, whichever of the names it has.

    The claims are not told where an exercise shows the score alone; the hash is, and it is that of the whole report.
    """
    which = (report.exercise, report.exercise_version)
    yield (*which, report.content_hash)
    if report.verdicts:
        yield (*which, tuple(verdict.claim for verdict in report.verdicts))
        others = (report.model_copy(update={"student": name}) for name in names - {report.student})
        yield from ((*which, content_hash(other)) for other in others)


def _agree(one: Report, other: Report) -> bool:
    """Whether both say the same of the same claims, as far as it is told."""
    if (one.score, one.passed, one.xp) != (other.score, other.passed, other.xp):
        return False
    outcomes = [[verdict.outcome for verdict in report.verdicts] for report in (one, other)]
    return not all(outcomes) or outcomes[0] == outcomes[1]


def _again(platform: str) -> str:
    return AGAIN if platform == LOCAL else N_("a platform measured it")


def _of(student: str, entry: LedgerEntry) -> LedgerEntry:
    if entry.report.student == student:
        return entry
    return replace(entry, report=entry.report.model_copy(update={"student": student}))
