"""Levels and achievements: the data on what students can earn, and the counts that the data may ask for.

Confirmed claims of a report that earned no XP (random claims might have done as well) do not count, nor does what the
exercise's feedback keeps back: an achievement would tell it.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Self

import yaml
from pydantic import Field, model_validator

from grader.grading.grade import shown
from grader.schema import CircuitVerdict, Identifier, Record, Report, TypeName, Verdict

CATALOGUE = Path(__file__).with_name("achievements.yaml")


class Condition(Record):
    """The condition of an achievement: a count, and the number that it must reach."""

    kind: str
    at_least: int = Field(ge=1)
    type: TypeName | None = None

    @model_validator(mode="after")
    def _is_known(self) -> Self:
        if self.kind not in COUNTS:
            raise ValueError(f"unknown condition '{self.kind}'; there are {', '.join(COUNTS)}")
        if self.type is not None and self.kind != "confirmed_heads":
            raise ValueError(f"`type` belongs to confirmed_heads, not to {self.kind}")
        return self

    def count(self, reports: Sequence[Report]) -> int:
        """Return the count for these reports, as their student may see them."""
        return COUNTS[self.kind]([shown(report) for report in reports], self.type) if reports else 0


class Achievement(Record):
    """Something that a student can achieve."""

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


@cache
def catalogue() -> Catalogue:
    """Return the levels and achievements that come with the grader."""
    data = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
    return Catalogue.model_validate_json(json.dumps(data))


def confirmed(report: Report) -> list[Verdict]:
    """Return the confirmed claims of a report; none if it may be luck."""
    return [verdict for verdict in report.verdicts if verdict.outcome == "confirmed"] if report.xp > 0 else []


def confirmed_circuits(report: Report) -> list[CircuitVerdict]:
    """Return the confirmed circuits of a report; none if it may be luck."""
    circuits = [verdict.circuit for verdict in report.verdicts if verdict.circuit is not None]
    return [circuit for circuit in circuits if circuit.result == "confirmed"] if report.xp > 0 else []


def _all_confirmed(reports: Sequence[Report]) -> Iterator[tuple[Report, Verdict]]:
    """Return every confirmed claim, with its report."""
    return ((report, verdict) for report in reports for verdict in confirmed(report))


def _at_a_threshold(reports: Sequence[Report]) -> int:
    """Return the number of different heads with a borderline claim that was not refuted, confirmed or too close."""
    return len(
        {
            (report.transformer, each.claim.place)
            for report in reports
            for each in report.verdicts
            if report.xp > 0 and (each.borderline or each.why_not == "too_close") and each.outcome != "refuted"
        }
    )


def _heads(reports: Sequence[Report], wanted: Callable[[Verdict], bool]) -> int:
    """Return the number of different heads with a confirmed claim that is wanted."""
    return len({(report.transformer, each.claim.place) for report, each in _all_confirmed(reports) if wanted(each)})


def _passed_after_failing(reports: Sequence[Report]) -> int:
    """Return the number of exercises that were passed after an attempt that failed."""
    failed: set[str] = set()
    mended: set[str] = set()
    for report in reports:
        if report.passed and report.exercise in failed:
            mended.add(report.exercise)
        elif report.gradable and not report.passed:
            failed.add(report.exercise)
    return len(mended)


def _flawless(report: Report) -> int:
    """Return the number of confirmed claims; 0 if one was refuted, or a circuit."""
    results = [verdict.outcome for verdict in report.verdicts]
    results += [verdict.circuit.result for verdict in report.verdicts if verdict.circuit is not None]
    return 0 if "refuted" in results else len(confirmed(report))


def _circuits(reports: Sequence[Report]) -> int:
    """Return the number of different circuits that were confirmed."""
    found = ((report.transformer, each.feeds) for report in reports for each in confirmed_circuits(report))
    return len({(transformer, feeds.sender, feeds.receiver) for transformer, feeds in found})


def _looks_ahead(verdict: Verdict) -> bool:
    """Return whether the claim is of a kind that only an encoder's heads can be."""
    return verdict.claim.looks_ahead


def _kinds_of_one_head(reports: Sequence[Report]) -> int:
    """Return the largest number of kinds that one head was confirmed as."""
    return _most(((report.transformer, each.claim.place), each.claim.name) for report, each in _all_confirmed(reports))


def _layers_of_one_transformer(reports: Sequence[Report]) -> int:
    """Return the largest number of layers of one transformer in which a head was confirmed."""
    return _most((report.transformer, each.claim.layer) for report, each in _all_confirmed(reports))


def _most(pairs: Iterator[tuple[Hashable, Hashable]]) -> int:
    """Return the largest number of different second values that one first value has."""
    seconds = defaultdict[Hashable, set[Hashable]](set)
    for first, second in pairs:
        seconds[first].add(second)
    return max(map(len, seconds.values()), default=0)


def _second_looks(reports: Sequence[Report]) -> int:
    """Return the number of heads that were confirmed as one kind after they had been refuted as another."""
    refuted: set[tuple[str, str]] = set()
    corrected: set[tuple[str, str]] = set()
    for report in reports:
        corrected |= refuted & {(report.transformer, verdict.claim.place) for verdict in confirmed(report)}
        refuted |= {(report.transformer, v.claim.place) for v in report.verdicts if v.outcome == "refuted"}
    return len(corrected)


COUNTS: dict[str, Callable[[Sequence[Report], TypeName | None], int]] = {
    "confirmed_heads": lambda reports, type_: _heads(reports, lambda v: type_ in (None, v.claim.type)),
    "kinds_in_one_submission": lambda reports, _: max(len({v.claim.name for v in confirmed(r)}) for r in reports),
    "types_ever": lambda reports, _: len({each.claim.type for _, each in _all_confirmed(reports)}),
    "flawless": lambda reports, _: max(map(_flawless, reports)),
    "borderline_heads": lambda reports, _: _at_a_threshold(reports),
    "passed_after_failing": lambda reports, _: _passed_after_failing(reports),
    "transformers": lambda reports, _: len({r.transformer for r in reports if confirmed(r)}),
    "heads_with_evidence": lambda reports, _: _heads(reports, lambda v: v.claim.evidence is not None),
    "heads_that_look_ahead": lambda reports, _: _heads(reports, _looks_ahead),
    "needed_heads": lambda reports, _: _heads(reports, lambda v: v.level not in (None, "pattern")),
    "circuits": lambda reports, _: _circuits(reports),
    "second_looks": lambda reports, _: _second_looks(reports),
    "kinds_of_one_head": lambda reports, _: _kinds_of_one_head(reports),
    "layers_of_one_transformer": lambda reports, _: _layers_of_one_transformer(reports),
    "first_in_rank": lambda reports, _: _heads(reports, lambda v: v.rank == 1),
    "exercises_passed": lambda reports, _: len({r.exercise for r in reports if r.passed and r.xp > 0}),
}
"""The count of each kind of condition, for one report or more; further reports never lower it."""
