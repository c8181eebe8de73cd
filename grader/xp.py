"""Experience points: what a student's ledger adds up to, in XP, levels and achievements.

A confirmed claim is worth its points once: the same kind of the same head never earns twice, and all
submissions to one exercise together never earn more than the exercise has to give. A report whose `xp` is
0 earns nothing, whatever it confirmed: random claims might have done as well. A report that was regraded
counts as its newest version only, so XP can fall, and the history says when and why.
"""

import json
import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Self

import yaml
from pydantic import Field, model_validator

from grader.schema import Fraction, HeadType, Identifier, Record, Report, Verdict

CATALOGUE = Path(__file__).with_name("achievements.yaml")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger."""

    id: int
    """Counts up in the order in which the ledger was written."""
    submission: str
    """What was submitted; a regrade has the same as the entry that it replaces."""
    report: Report
    created_at: datetime
    """In UTC."""
    replaces: int | None = None
    """The id of the entry whose report this one takes the place of: a regrade."""
    reason: str = ""
    """Why it was regraded."""


class Condition(Record):
    """What an achievement asks for: a count, and how high it must be."""

    kind: str
    at_least: int = Field(ge=1)
    type: HeadType | None = None

    @model_validator(mode="after")
    def _is_known(self) -> Self:
        if self.kind not in COUNTS:
            raise ValueError(f"unknown condition '{self.kind}'; there are {', '.join(COUNTS)}")
        if self.type is not None and self.kind != "confirmed_heads":
            raise ValueError(f"`type` belongs to confirmed_heads, not to {self.kind}")
        return self


class Achievement(Record):
    """Something worth having done."""

    id: Identifier
    name: str = Field(min_length=1)
    how: str = Field(min_length=1)
    condition: Condition


class Catalogue(Record):
    """The names of the levels, and the achievements."""

    xp_per_level: int = Field(ge=1)
    levels: tuple[str, ...] = Field(min_length=10)
    achievements: tuple[Achievement, ...] = Field(min_length=10)

    @model_validator(mode="after")
    def _nothing_twice(self) -> Self:
        for words in (self.levels, [a.id for a in self.achievements], [a.name for a in self.achievements]):
            if len(set(words)) < len(words):
                raise ValueError(f"named twice: {', '.join(sorted({w for w in words if words.count(w) > 1}))}")
        return self


class Earned(Record):
    """An achievement, and when the submission that earned it came in."""

    achievement: Achievement
    when: datetime


class HistoryLine(Record):
    """What one entry of the ledger changed."""

    when: datetime
    exercise: Identifier
    score: Fraction
    passed: bool
    regraded: bool
    reason: str = Field(description="Why it was regraded; empty for a submission.")
    xp_change: int = Field(description="Below 0 only for a regrade.")
    xp: int = Field(ge=0, description="All XP after this entry.")


class Progress(Record):
    """Where a student stands."""

    xp: int = Field(ge=0)
    level: int = Field(ge=0)
    level_name: str
    xp_into_level: int = Field(ge=0)
    xp_to_next: int = Field(ge=1)
    earned: tuple[Earned, ...] = Field(description="In the order in which they were earned.")
    open: tuple[Achievement, ...] = Field(description="Not earned yet.")
    history: tuple[HistoryLine, ...] = Field(description="One line for each entry, oldest first.")


@cache
def catalogue() -> Catalogue:
    """The levels and achievements that come with the grader, read once."""
    data = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
    return Catalogue.model_validate_json(json.dumps(data))


@dataclass
class _Bank:
    """The claims of one exercise that earned something, and the most that each kind and all may earn."""

    worth: dict[str, dict[str, float]] = field(default_factory=dict)  # kind -> place -> points
    wanted: dict[str, int] = field(default_factory=dict)
    possible: float = 0

    def add(self, *reports: Report) -> None:
        for report in reports:
            for verdict in _confirmed(report):
                self.possible = max(self.possible, report.possible)
                name, place = verdict.claim.name, verdict.claim.place
                self.wanted[name] = max(self.wanted.get(name, 0), report.wanted[name])
                of_kind = self.worth.setdefault(name, {})
                of_kind[place] = max(of_kind.get(place, 0), verdict.points)

    @property
    def xp(self) -> int:
        best = (
            points
            for name, of_kind in self.worth.items()
            for points in sorted(of_kind.values(), reverse=True)[: self.wanted[name]]
        )
        return min(round(math.fsum(best)), int(self.possible))


def progress(entries: Iterable[Entry]) -> Progress:
    """Where the one student stands whose entries these are; their order and repeats do not matter.

    Raises:
        ValueError: The entries are of more than one student.
    """
    ordered = sorted({entry.id: entry for entry in entries}.values(), key=lambda entry: entry.id)
    if len(students := {entry.report.student for entry in ordered}) > 1:
        raise ValueError(f"entries of {len(students)} students; progress is one student's")
    history, attempts = _replay(ordered)
    xp = history[-1].xp if history else 0
    data = catalogue()
    level, into = divmod(xp, data.xp_per_level)
    when = {achievement.id: _earned_at(achievement.condition, attempts) for achievement in data.achievements}
    earned = [Earned(achievement=a, when=moment) for a in data.achievements if (moment := when[a.id]) is not None]
    return Progress(
        xp=xp,
        level=level,
        level_name=data.levels[min(level, len(data.levels) - 1)],
        xp_into_level=into,
        xp_to_next=data.xp_per_level - into,
        earned=tuple(sorted(earned, key=lambda one: one.when)),
        open=tuple(achievement for achievement in data.achievements if when[achievement.id] is None),
        history=tuple(history),
    )


def _replay(ordered: Sequence[Entry]) -> tuple[list[HistoryLine], list[Entry]]:
    """What each entry changed; and the submissions in order, dated when they came in, graded as they stand now."""
    first: dict[int, int] = {}  # entry -> the entry with which its submission came in
    attempts: dict[int, Entry] = {}
    banks: dict[str, _Bank] = {}
    history: list[HistoryLine] = []
    for entry in ordered:
        report, exercise = entry.report, entry.report.exercise
        start = first[entry.id] = entry.id if entry.replaces is None else first.get(entry.replaces, entry.replaces)
        if start in attempts:
            attempts[start] = replace(entry, created_at=attempts[start].created_at)
            banks[exercise] = _Bank()
            banks[exercise].add(*(a.report for a in attempts.values() if a.report.exercise == exercise))
        else:
            attempts[start] = entry
            banks.setdefault(exercise, _Bank()).add(report)
        before = history[-1].xp if history else 0
        after = sum(bank.xp for bank in banks.values())
        history.append(
            HistoryLine(
                when=entry.created_at,
                exercise=exercise,
                score=report.score,
                passed=report.passed,
                regraded=entry.replaces is not None,
                reason=entry.reason,
                xp_change=after - before,
                xp=after,
            )
        )
    return history, [attempts[start] for start in sorted(attempts)]


def _confirmed(report: Report) -> list[Verdict]:
    """The confirmed claims of a report that is more than luck."""
    return [verdict for verdict in report.verdicts if verdict.outcome == "confirmed"] if report.xp > 0 else []


def _heads(reports: Sequence[Report], wanted: Callable[[Verdict], bool]) -> int:
    """How many different heads have a confirmed claim that is wanted."""
    found = [(report, verdict.claim) for report in reports for verdict in _confirmed(report) if wanted(verdict)]
    return len({(report.transformer, claim.place) for report, claim in found})


def _passed_after_failing(reports: Sequence[Report]) -> int:
    """How many exercises were passed after an attempt that did not."""
    failed: set[str] = set()
    mended: set[str] = set()
    for report in reports:
        if report.passed and report.exercise in failed:
            mended.add(report.exercise)
        elif report.gradable and not report.passed:
            failed.add(report.exercise)
    return len(mended)


def _flawless(report: Report) -> int:
    """How many claims were confirmed, or 0 where one was refuted."""
    return 0 if any(verdict.outcome == "refuted" for verdict in report.verdicts) else len(_confirmed(report))


COUNTS: dict[str, Callable[[Sequence[Report], HeadType | None], int]] = {
    "confirmed_heads": lambda reports, type_: _heads(reports, lambda v: type_ in (None, v.claim.type)),
    "kinds_in_one_submission": lambda reports, _: max(len({v.claim.name for v in _confirmed(r)}) for r in reports),
    "types_ever": lambda reports, _: len({v.claim.type for r in reports for v in _confirmed(r)}),
    "flawless": lambda reports, _: max(map(_flawless, reports)),
    "borderline_heads": lambda reports, _: _heads(reports, lambda v: v.borderline),
    "passed_after_failing": lambda reports, _: _passed_after_failing(reports),
    "transformers": lambda reports, _: len({r.transformer for r in reports if _confirmed(r)}),
    "heads_with_evidence": lambda reports, _: _heads(reports, lambda v: v.claim.evidence is not None),
}
"""How far each kind of condition has come after one report or more; further reports never lower it."""


def _earned_at(condition: Condition, attempts: Sequence[Entry]) -> datetime | None:
    """When the attempt came in that met the condition; None where none has yet."""
    reports = [attempt.report for attempt in attempts]
    count = COUNTS[condition.kind]
    lengths = range(1, len(reports) + 1)
    index = bisect_left(lengths, condition.at_least, key=lambda length: count(reports[:length], condition.type))
    return attempts[index].created_at if index < len(attempts) else None
