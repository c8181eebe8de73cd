"""Experience points: a student's XP, levels and achievements, computed from the ledger.

A confirmed claim earns its points once: the same kind of the same head never earns twice, nor does the same circuit,
and all submissions to one exercise together never earn more than the exercise offers. A report whose `xp` is 0 earns
nothing, whatever it confirmed: random claims might have done as well. Of a regraded report only the newest version
counts, so XP can fall; the history says when and why. The price of a hint is taken from the XP, which never fall below
0: the rest is owed.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import Field

from grader.grading.grade import shown
from grader.ledger import LedgerEntry
from grader.ledger.people.hints import Hint
from grader.schema import Adjustment, Fraction, Identifier, Record, Report
from grader.students.achievements import Achievement, Condition, catalogue, confirmed, confirmed_circuits

NOT_COUNTED: dict[str, object] = {
    "rationale": "",
    "measured": None,
    "threshold": (),
    "evidence": None,
    "looks_like": None,
    "fits": None,
    "matters": None,
    "scope": None,
    "writes": None,
}
"""The parts of a verdict from which neither XP nor achievements follow."""
CIRCUITS = "circuits of {}"
"""The name of a kind's circuits beside the names of the kinds."""


class Earned(Record):
    """An achievement, with the time at which the submission that earned it came in."""

    achievement: Achievement
    when: datetime


class HistoryLine(Record):
    """The change that one entry of the ledger made."""

    when: datetime
    exercise: Identifier
    score: Fraction
    passed: bool
    regraded: bool
    reason: str = Field(description="The reason of a regrade; empty for a submission.")
    xp_change: int = Field(description="Below 0 only for a regrade.")
    xp: int = Field(ge=0, description="The student's XP after this entry.")


class HintLine(Record):
    """The price that one hint took."""

    when: datetime
    exercise: Identifier
    kind: str
    cost: int = Field(ge=1)
    xp_change: int = Field(le=0, description="Less than the cost if the student had less; the rest is owed.")
    xp: int = Field(ge=0, description="The student's XP after it.")


class Decided(Record):
    """A decision of an instructor for the student on one exercise."""

    exercise: Identifier
    adjustment: Adjustment


class Progress(Record):
    """A student's XP, level and achievements."""

    xp: int = Field(ge=0)
    level: int = Field(ge=0)
    level_name: str
    xp_into_level: int = Field(ge=0)
    xp_to_next: int = Field(ge=1)
    earned: tuple[Earned, ...] = Field(description="In the order in which they were earned.")
    open: tuple[Achievement, ...] = Field(description="Not earned yet.")
    reached: dict[str, int] = Field(default={}, description="The count of each open one.")
    history: tuple[HistoryLine, ...] = Field(description="One line for each entry, oldest first.")
    hints: tuple[HintLine, ...] = Field(default=(), description="One line for each hint that cost something.")
    adjustments: tuple[Decided, ...] = Field(
        default=(),
        exclude_if=lambda made: not made,
        description="What instructors decided for the student; it changes no XP.",
    )


@dataclass
class _Bank:
    """The claims of one exercise that earned points, and the most that each kind and all together may earn."""

    worth: dict[str, dict[str, float]] = field(default_factory=dict)
    """The points by kind and head; and those of circuits, by `CIRCUITS` of the kind and what feeds what."""
    wanted: dict[str, int] = field(default_factory=dict)
    possible: float = 0
    unseen: int = 0
    """XP of the best report whose verdicts are not shown: which claims of several are right is not told by a sum."""

    def add(self, *reports: Report) -> None:
        for report in map(shown, reports):
            if not report.verdicts and report.xp:
                self.unseen = max(self.unseen, report.xp)
                self.possible = max(self.possible, report.possible)
            for verdict in confirmed(report):
                self._add(report, verdict.claim.name, verdict.claim.place, verdict.points)
            for circuit in confirmed_circuits(report):
                feeds = circuit.feeds
                about = f"{feeds.sender} {feeds.receiver}"  # whatever the input: only one of them is confirmed
                self._add(report, CIRCUITS.format(circuit.kind.name), about, circuit.points)

    def _add(self, report: Report, name: str, about: str, points: float) -> None:
        wanted = report.wanted | {CIRCUITS.format(kind): most for kind, most in report.wanted_circuits.items()}
        self.possible = max(self.possible, report.possible)
        self.wanted[name] = max(self.wanted.get(name, 0), wanted[name])
        of_kind = self.worth.setdefault(name, {})
        of_kind[about] = max(of_kind.get(about, 0), points)

    @property
    def xp(self) -> int:
        best = (
            points
            for name, of_kind in self.worth.items()
            for points in sorted(of_kind.values(), reverse=True)[: self.wanted[name]]
        )
        return min(max(round(math.fsum(best)), self.unseen), int(self.possible))


def progress(entries: Iterable[LedgerEntry], hints: Iterable[Hint] = ()) -> Progress:
    """Return the progress of the one student whose entries and hints these are, in any order, repeated or not.

    Raises:
        ValueError: The entries belong to more than one student.
    """
    ordered = sorted({entry.id: _slim(entry) for entry in entries}.values(), key=lambda entry: entry.id)
    if len(students := {entry.report.student for entry in ordered}) > 1:
        raise ValueError(f"entries of {len(students)} students; progress is one student's")
    earned_after, attempts = _replay(ordered)
    history, paid = _counted(ordered, earned_after, _first(hints))
    xp = max(0, (earned_after[-1] if earned_after else 0) - sum(line.cost for line in paid))
    data = catalogue()
    level, into = divmod(xp, data.xp_per_level)
    when = {achievement.id: _earned_at(achievement.condition, attempts) for achievement in data.achievements}
    earned = [Earned(achievement=a, when=moment) for a in data.achievements if (moment := when[a.id]) is not None]
    still_open = tuple(achievement for achievement in data.achievements if when[achievement.id] is None)
    reports = [attempt.report for attempt in attempts]
    return Progress(
        xp=xp,
        level=level,
        level_name=data.levels[min(level, len(data.levels) - 1)],
        xp_into_level=into,
        xp_to_next=data.xp_per_level - into,
        earned=tuple(sorted(earned, key=lambda one: one.when)),
        open=still_open,
        reached={achievement.id: achievement.condition.count(reports) for achievement in still_open},
        history=history,
        hints=paid,
    )


def _slim(entry: LedgerEntry) -> LedgerEntry:
    """Return the entry with only what progress is made of: thousands of reports with all numbers take much memory."""
    verdicts = tuple(verdict.model_copy(update=NOT_COUNTED) for verdict in entry.report.verdicts)
    return entry._replace(report=entry.report.model_copy(update={"verdicts": verdicts, "without": ()}))


def earnings(entries: Iterable[LedgerEntry]) -> list[int]:
    """Return the XP of one student's entries after each of them; hints take nothing from these."""
    return _replay(sorted(entries, key=lambda entry: entry.id))[0]


def _replay(ordered: Sequence[LedgerEntry]) -> tuple[list[int], list[LedgerEntry]]:
    """Return the XP earned after each entry, and the newest entry of each submission, in order.

    A submission has the date at which it came in, however often it was regraded.
    """
    first: dict[int, int] = {}  # entry -> the entry with which its submission came in
    attempts: dict[int, LedgerEntry] = {}
    banks: dict[str, _Bank] = {}
    after: list[int] = []
    for entry in ordered:
        report, exercise = entry.report, entry.report.exercise
        start = first[entry.id] = entry.id if entry.replaces is None else first.get(entry.replaces, entry.replaces)
        if start in attempts:
            attempts[start] = entry._replace(created_at=attempts[start].created_at)
            banks[exercise] = _Bank()
            banks[exercise].add(*(a.report for a in attempts.values() if a.report.exercise == exercise))
        else:
            attempts[start] = entry
            banks.setdefault(exercise, _Bank()).add(report)
        after.append(sum(bank.xp for bank in banks.values()))
    return after, [attempts[start] for start in sorted(attempts)]


def _first(hints: Iterable[Hint]) -> list[Hint]:
    """Return the hints that cost XP, in order; one that was taken twice is paid once."""
    ordered = sorted(hints, key=lambda hint: (hint.when, hint.exercise, hint.kind, hint.rung))
    first = {(hint.exercise, hint.kind, hint.rung): hint for hint in reversed(ordered) if hint.cost}
    return [hint for hint in ordered if first.get((hint.exercise, hint.kind, hint.rung)) is hint]


def _counted(
    ordered: Sequence[LedgerEntry], earned_after: Sequence[int], hints: list[Hint]
) -> tuple[tuple[HistoryLine, ...], tuple[HintLine, ...]]:
    """Return the change that each entry and each hint made, in the order in which they came."""
    history: list[HistoryLine] = []
    paid: list[HintLine] = []
    earned = spent = 0
    for entry, after in [*zip(ordered, earned_after, strict=True), (None, 0)]:
        for hint in _until(entry, hints):
            change = _xp(earned, spent + hint.cost) - _xp(earned, spent)
            spent += hint.cost
            paid.append(_hint_line(hint, change, _xp(earned, spent)))
        if entry is not None:
            change = _xp(after, spent) - _xp(earned, spent)
            earned = after
            history.append(_line(entry, change, _xp(earned, spent)))
    return tuple(history), tuple(paid)


def _until(entry: LedgerEntry | None, hints: list[Hint]) -> Iterator[Hint]:
    """Take from the list the hints that were taken before this entry came in, or all that are left."""
    while hints and (entry is None or hints[0].when <= entry.created_at):
        yield hints.pop(0)


def _line(entry: LedgerEntry, change: int, xp: int) -> HistoryLine:
    report = entry.report
    return HistoryLine(
        when=entry.created_at,
        exercise=report.exercise,
        score=report.score,
        passed=report.passed,
        regraded=entry.replaces is not None,
        reason=entry.reason,
        xp_change=change,
        xp=xp,
    )


def _hint_line(hint: Hint, change: int, xp: int) -> HintLine:
    return HintLine(when=hint.when, exercise=hint.exercise, kind=hint.kind, cost=hint.cost, xp_change=change, xp=xp)


def _xp(earned: int, spent: int) -> int:
    return max(0, earned - spent)


def _earned_at(condition: Condition, attempts: Sequence[LedgerEntry]) -> datetime | None:
    """Return when the attempt came in that met the condition; None if none has yet."""
    reports = [attempt.report for attempt in attempts]
    if condition.count(reports) < condition.at_least:
        return None
    enough = 1  # most are earned early: to begin there keeps the work proportional to the reports
    while condition.count(reports[:enough]) < condition.at_least:
        enough *= 2
    lengths = range(1, min(enough, len(reports)) + 1)
    index = bisect_left(lengths, condition.at_least, key=lambda length: condition.count(reports[:length]))
    return attempts[index].created_at
