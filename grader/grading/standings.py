"""Standings: how every head compares with the thresholds of each kind that an exercise asks for.

Nothing is computed before it is asked for, and then only once: a submission is about a few heads of hundreds.
"""

from collections.abc import Container, Iterator, Mapping
from copy import copy
from functools import cached_property
from itertools import product
from typing import NamedTuple

from grader.base.errors import ExerciseError
from grader.base.language import speaking
from grader.exercises.thresholds import thresholds_of
from grader.grading.rationale import rationale
from grader.grading.verdicts import KindVerdict, NotGraded
from grader.kinds import LOOKALIKES
from grader.measuring.tables.score_table import KindScores, ScoreTable, Statistics, measurement
from grader.schema import (
    AskedKind,
    Borderline,
    Claim,
    Exercise,
    Fit,
    HeadIndex,
    Measurement,
    OtherKind,
    Outcome,
    Side,
    Threshold,
    ThresholdResult,
    Verdict,
    title,
)

LEAST_FIT = 0.4
"""The least agreement with a look-alike, beyond that of a head which looks anywhere, at which a head fits it."""
_LEAST_NEEDED = 1e-9
"""The divisor in place of a threshold of 0."""


def times_needed(value: float, at_least: float) -> float:
    """Return the value divided by the threshold: 1 just reaches it."""
    return value / max(at_least, _LEAST_NEEDED)


class Standing(NamedTuple):
    """One head under one kind: the measurement, the result at each threshold, and the outcome of a claim on it."""

    measured: Measurement
    results: tuple[ThresholdResult, ...]
    outcome: Outcome
    borderline: bool

    @property
    def confirmed(self) -> bool:
        """True if the head is of the kind."""
        return self.outcome == "confirmed"

    @property
    def factor(self) -> float:
        """The least of measured / needed over all thresholds: a head that reaches them all has 1 or more."""
        return min((times_needed(result.measured, result.at_least) for result in self.results), default=0.0)


class SliceThreshold(NamedTuple):
    """A threshold on one slice of the probe, with the statistic of every head there."""

    threshold: Threshold
    on: str
    """The slice's name."""
    column: Statistics

    def side(self, layer: int, head: int) -> Side:
        """Return the head's side of the threshold; `borderline` if its interval holds it, the two ends excluded."""
        at_least, column = self.threshold.at_least, self.column
        if column.low[layer][head] < at_least < column.high[layer][head]:
            return "borderline"
        return "over" if column.value[layer][head] >= at_least else "under"

    def result(self, layer: int, head: int) -> ThresholdResult:
        """Return the head's reading beside the threshold."""
        threshold, column = self.threshold, self.column
        return ThresholdResult(
            statistic=threshold.statistic,
            on=self.on,
            measured=column.value[layer][head],
            interval=(column.low[layer][head], column.high[layer][head]),
            at_least=threshold.at_least,
            source=threshold.source,
            result=self.side(layer, head),
        )


class KindStandings(Mapping[HeadIndex, Standing]):
    """Every head under one asked kind, by the exercise's thresholds and its rule for borderline cases."""

    def __init__(
        self, exercise: Exercise, asked: AskedKind, scores: KindScores, rule: Borderline | None = None
    ) -> None:
        """Decide nothing yet; `rule` goes before the exercise's own for borderline cases.

        Raises:
            ExerciseError: A threshold asks for a statistic or a slice that the probe does not have.
        """
        self.asked, self.scores, self._rule = asked, scores, rule or exercise.borderline
        thresholds = thresholds_of(asked)
        for threshold in thresholds:
            _refuse_unmeasured(exercise, scores, threshold)
        self._thresholds = tuple(
            SliceThreshold(threshold, part.name, column)
            for threshold in thresholds
            for part in scores.slices
            for column in part.statistics
            if column.statistic == threshold.statistic and (not threshold.slices or part.name in threshold.slices)
        )
        self._deciding = next((t.slices for t in thresholds if t.statistic == scores.decides), ())
        grid = self._thresholds[0].column.value
        self._size = len(grid), len(grid[0])
        self._known: dict[HeadIndex, Standing] = {}

    def __getitem__(self, place: HeadIndex) -> Standing:
        if place not in self._known:
            (layer, head), (layers, heads) = place, self._size
            if not (0 <= layer < layers and 0 <= head < heads):
                raise KeyError(place)
            self._known[place] = self._standing(layer, head)
        return self._known[place]

    def __iter__(self) -> Iterator[HeadIndex]:
        layers, heads = self._size
        return product(range(layers), range(heads))

    def __len__(self) -> int:
        layers, heads = self._size
        return layers * heads

    @cached_property
    def ranks(self) -> dict[HeadIndex, int]:
        """Each head's rank: 1 has the highest score, and of equal scores the first head ranks first."""
        deciding = [
            column.value
            for part in self.scores.slices
            for column in part.statistics
            if column.statistic == self.scores.decides and (not self._deciding or part.name in self._deciding)
        ]
        scores = {(layer, head): min(grid[layer][head] for grid in deciding) for layer, head in self}
        order = sorted(scores, key=lambda place: (-scores[place], place))
        return {place: number for number, place in enumerate(order, 1)}

    @cached_property
    def passing(self) -> int:
        """The number of heads that are confirmed as this kind."""
        return sum(self.decided(*place)[0] == "confirmed" for place in self)

    @cached_property
    def too_close(self) -> int:
        """The number of heads on which no claim is decided."""
        return sum(self.decided(*place)[0] == "not_graded" for place in self)

    @property
    def chance(self) -> float:
        """The chance that a random claim is confirmed, of those that are decided."""
        return self.passing / max(1, len(self) - self.too_close)

    def decided(self, layer: int, head: int) -> tuple[Outcome, bool]:
        """Return the outcome of a claim on the head, and whether it is a borderline case."""
        sides = set()
        for threshold in self._thresholds:
            side = threshold.side(layer, head)
            if side == "under":
                return "refuted", False
            sides.add(side)
        if "borderline" not in sides:
            return "confirmed", False
        by_rule: dict[Borderline, Outcome] = {
            "not_yet": "not_graded",
            "in_favour": "confirmed",
            "as_measured": "confirmed" if self._as_measured(layer, head) else "refuted",
            "against": "refuted",
        }
        return by_rule[self._rule], True

    def fit(self, layer: int, head: int) -> Fit | None:
        """Return the look-alike that the head fits best, by its agreement beyond chance.

        None if it fits none, or if on some slice its queries hit their targets as often as they agree with it.
        """
        best = max(self.scores.resemblances, key=lambda each: each.value[layer][head] - each.chance, default=None)
        if best is None or best.value[layer][head] - best.chance < LEAST_FIT:
            return None
        columns = (column for part in self.scores.slices for column in part.statistics)
        if best.value[layer][head] <= max(c.value[layer][head] for c in columns if c.statistic == "hit_rate"):
            return None
        return Fit(lookalike=best.name, knows=LOOKALIKES[best.name].knows, agreement=min(1.0, best.value[layer][head]))

    def _as_measured(self, layer: int, head: int) -> bool:
        return all(each.column.value[layer][head] >= each.threshold.at_least for each in self._thresholds)

    def _standing(self, layer: int, head: int) -> Standing:
        results = tuple(threshold.result(layer, head) for threshold in self._thresholds)
        return Standing(measurement(self.scores, layer, head, self._deciding), results, *self.decided(layer, head))


class Standings:
    """Every head of a transformer under every kind that an exercise asks for."""

    def __init__(self, exercise: Exercise, table: ScoreTable) -> None:
        """Decide nothing yet.

        Raises:
            ExerciseError: A threshold asks for a statistic or a slice that the probe does not have.
        """
        self.exercise, self.table, self.heads = exercise, table, table.layers * table.heads
        # What is borderline by the wider intervals of another device may be decided by those of the CPU.
        self.borderline: Borderline = exercise.borderline if table.is_reference else "not_yet"
        self.by_kind = {
            asked.name: KindStandings(exercise, asked, scores, self.borderline)
            for asked in exercise.kinds
            if (scores := table.scores(asked.kind)) is not None
        }
        self._verdicts: dict[tuple[str, int, int], KindVerdict | NotGraded] = {}

    @cached_property
    def ranks(self) -> dict[str, dict[HeadIndex, int]]:
        """Each head's rank under each kind, by the kind's name."""
        return {name: of_kind.ranks for name, of_kind in self.by_kind.items()}

    def passing(self, name: str) -> int:
        """Return the number of heads that are confirmed as this kind."""
        return self.by_kind[name].passing

    def of_kinds(self, names: Container[str]) -> "Standings":
        """Return the standings of these kinds alone."""
        kept = copy(self)
        kept.by_kind = {name: of_kind for name, of_kind in self.by_kind.items() if name in names}
        kept._verdicts = {}
        vars(kept).pop("ranks", None)
        return kept

    def confirmed_as(self, place: HeadIndex) -> list[KindStandings]:
        """Return the kinds that a head is confirmed as, the one with the largest factor first."""
        confirmed = [of_kind for of_kind in self.by_kind.values() if of_kind.decided(*place)[0] == "confirmed"]
        return sorted(confirmed, key=lambda of_kind: -of_kind[place].factor)

    def most_like(self, place: HeadIndex) -> KindStandings:
        """Return the kind that a head is confirmed as by the largest factor, else the one that it comes closest to."""
        if confirmed := self.confirmed_as(place):
            return confirmed[0]
        return max(self.by_kind.values(), key=lambda each: (each[place].factor, each[place].measured.score))

    def instead(self, place: HeadIndex) -> OtherKind | None:
        """Return the kind that a head is most clearly; None if it is none of them."""
        if not (confirmed := self.confirmed_as(place)):
            return None
        other = confirmed[0]
        return OtherKind(kind=other.asked.kind, score=other[place].measured.score, rank=other.ranks[place])

    def verdict_on(self, claim: Claim) -> KindVerdict | NotGraded:
        """Return the verdict on the claim's head and kind, or the reason why there is none."""
        about = (claim.name, claim.layer, claim.head)
        if (known := self._verdicts.get(about)) is not None:
            return known
        if claim.layer >= self.table.layers or claim.head >= self.table.heads:
            return NotGraded("no_such_head", f"{self.table.transformer} has no head {claim.place}")
        self._verdicts[about] = verdict = self._verdict_on(claim)
        return verdict

    @speaking("en")
    def _verdict_on(self, claim: Claim) -> KindVerdict | NotGraded:
        if (of_kind := self.by_kind.get(claim.name)) is None:
            return NotGraded("not_asked", f"{self.exercise.id} does not ask for {title(claim)}")
        place = (claim.layer, claim.head)
        standing = of_kind[place]
        verdict = Verdict(
            claim=Claim(layer=claim.layer, head=claim.head, **claim.kind.model_dump()),
            outcome=standing.outcome,
            why_not="too_close" if standing.outcome == "not_graded" else None,
            borderline=standing.borderline,
            points=0.0,
            rationale=rationale(claim, standing.outcome, standing.results),
            measured=standing.measured,
            threshold=standing.results,
            rank=of_kind.ranks[place],
            of=self.heads,
        )
        if standing.outcome == "refuted":
            advice = {"fits": of_kind.fit(*place), "help": of_kind.asked.hint or claim.head_type.hint}
            verdict = verdict.model_copy(update=advice)
        return KindVerdict(of_kind.asked, verdict, of_kind.chance)


def _refuse_unmeasured(exercise: Exercise, scores: KindScores, threshold: Threshold) -> None:
    """Refuse a threshold on what is not measured: with nothing to compare, every head would pass."""
    measured = scores.measured_on(threshold.statistic)
    if not measured or not set(threshold.slices) <= set(measured):
        on, there = ", ".join(threshold.slices) or "its probe", ", ".join(measured) or "nothing"
        message = f"the threshold for {scores.kind.name} asks for {threshold.statistic} on {on}; measured on: {there}"
        raise ExerciseError(f"{exercise.id}: {message}")
