"""Identity: one student's work at this terminal and on platforms, with each submission counted once.

The same submission has the same report, or the same claims in the same version of the exercise. A platform's report
replaces one that was measured here, never the other way round.
"""

from collections.abc import Collection, Hashable, Iterable, Iterator
from typing import NamedTuple

from grader.base.language import N_
from grader.base.names import plain
from grader.grading.hashing import content_hash
from grader.ledger import AGAIN, LOCAL, Ledger, LedgerEntry
from grader.schema import Report
from grader.students.grades import counted_entries


class Work(NamedTuple):
    """An entry, with the platform on which it was handed in."""

    platform: str
    entry: LedgerEntry


def names(student: str, login: str, students: Collection[str]) -> set[str]:
    """Return the names of one student among these.

    Work without a name has the login name; if all named work is one student's, it is that student's as well. A name
    that an earlier version kept in another form, such as with a space at its end, is the same name.
    """
    student, named = plain(student), {plain(name) for name in students} - {login}
    own = {login, *named} if len(named) == 1 and student in {login, *named} else {student}
    return own.union(name for name in students if plain(name) in own)


def works(ledger: Ledger, whose: set[str], platform: str | None = None) -> list[Work]:
    """Return all work in the ledger under these names, oldest first; only one platform's if it is given."""
    known = [name for name in ledger.students() if name.student in whose and platform in (None, name.platform)]
    all_works = [Work(p, entry) for p, student in known for entry in counted_entries(ledger, p, student)]
    return sorted(all_works, key=lambda work: work.entry.id)


def merged(all_works: Iterable[Work], student: str) -> list[LedgerEntry]:
    """Return the entries that count, all under this name, oldest first."""
    ordered = sorted(all_works, key=lambda work: work.entry.id)
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
                again = AGAIN if platform == LOCAL else N_("a platform measured it")
                yield entry._replace(replaces=root, reason=entry.reason or again)
            newest[root] = entry.report
        if platform != LOCAL:
            judged.add(root)
        for mark in marks:
            roots.setdefault(mark, root)


def _marks(report: Report, names: set[str | None]) -> Iterator[Hashable]:
    """Yield everything that identifies the report's submission, under each of the student's names.

    A report of an exercise that shows only the score has no claims, but it has the hash of the whole report.
    """
    which = (report.exercise, report.exercise_version)
    yield (*which, report.content_hash)
    if report.verdicts:
        yield (*which, tuple(verdict.claim for verdict in report.verdicts))
        others = (report.model_copy(update={"student": name}) for name in names - {report.student})
        yield from ((*which, content_hash(other)) for other in others)


def _agree(one: Report, other: Report) -> bool:
    """Return whether both reports show the same results."""
    if (one.score, one.passed, one.xp) != (other.score, other.passed, other.xp):
        return False
    outcomes = [[verdict.outcome for verdict in report.verdicts] for report in (one, other)]
    return not all(outcomes) or outcomes[0] == outcomes[1]


def _of(student: str, entry: LedgerEntry) -> LedgerEntry:
    if entry.report.student == student:
        return entry
    return entry._replace(report=entry.report.model_copy(update={"student": student}))
