"""Where the heads stand under one asked kind: measured, ranked, held against the thresholds, decided.

Nothing is worked out before it is asked for, and then once: a submission is about a few heads of hundreds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import NamedTuple

from grader.base.errors import ExerciseError
from grader.exercises.thresholds import thresholds_of
from grader.measuring.score_table import KindScores, Statistics, measurement
from grader.schema import AskedKind, Exercise, HeadIndex, Measurement, Side, Threshold, ThresholdResult


@dataclass(frozen=True)
class Standing:
    """One head under one asked kind: measured, held against the thresholds, decided."""

    measured: Measurement
    checks: tuple[ThresholdResult, ...]
    confirmed: bool
    borderline: bool


class Held(NamedTuple):
    """A threshold, and what all heads are held against it with."""

    threshold: Threshold
    on: str
    """The slice of the probe."""
    column: Statistics

    def result(self, layer: int, head: int) -> Side:
        """Where the head is: a threshold inside its interval, ends aside, is borderline."""
        at_least, column = self.threshold.at_least, self.column
        if column.low[layer][head] < at_least < column.high[layer][head]:
            return "borderline"
        return "over" if column.value[layer][head] >= at_least else "under"


class KindStandings(Mapping[HeadIndex, Standing]):
    """Every head under one asked kind, by the exercise's thresholds and its rule for borderline cases."""

    def __init__(self, exercise: Exercise, asked: AskedKind, scores: KindScores) -> None:
        """Nothing is decided yet.

        Raises:
            ExerciseError: A threshold asks for a statistic or a slice that the probe does not have.
        """
        self.asked, self.scores, self._rule = asked, scores, exercise.borderline
        thresholds = thresholds_of(asked)
        for threshold in thresholds:
            _refuse_unmeasured(exercise, scores, threshold)
        self._held = tuple(
            Held(threshold, part.name, column)
            for threshold in thresholds
            for part in scores.slices
            for column in part.statistics
            if column.statistic == threshold.statistic and (not threshold.slices or part.name in threshold.slices)
        )
        self._deciding = next((t.slices for t in thresholds if t.statistic == scores.decides), ())
        grid = self._held[0].column.value
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
        """Each head's rank; 1 has the highest score, and of equals the first head comes first."""
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
        """How many heads are of this kind."""
        return sum(self.decided(*place)[0] for place in self)

    def decided(self, layer: int, head: int) -> tuple[bool, bool]:
        """Whether the head is of this kind, and whether the rule for borderline cases says so."""
        results = set()
        for held in self._held:
            result = held.result(layer, head)
            if result == "under":
                return False, False
            results.add(result)
        if "borderline" not in results:
            return True, False
        by_rule = {"in_favour": True, "as_measured": self._as_measured(layer, head), "against": False}
        return by_rule[self._rule], True

    def _as_measured(self, layer: int, head: int) -> bool:
        return all(held.column.value[layer][head] >= held.threshold.at_least for held in self._held)

    def _standing(self, layer: int, head: int) -> Standing:
        checks = tuple(_check(held, layer, head) for held in self._held)
        return Standing(measurement(self.scores, layer, head, self._deciding), checks, *self.decided(layer, head))


def standing(exercise: Exercise, asked: AskedKind, scores: KindScores, layer: int, head: int) -> Standing:
    """Where a single head stands under a kind.

    Raises:
        ExerciseError: A threshold asks for a statistic or a slice that the probe does not have.
    """
    return KindStandings(exercise, asked, scores)[layer, head]


def _refuse_unmeasured(exercise: Exercise, scores: KindScores, threshold: Threshold) -> None:
    """A threshold that nothing is held against would let every head pass."""
    measured = scores.measured_on(threshold.statistic)
    if not measured or not set(threshold.slices) <= set(measured):
        on, there = ", ".join(threshold.slices) or "its probe", ", ".join(measured) or "nothing"
        message = f"the threshold for {scores.kind.name} asks for {threshold.statistic} on {on}; measured on: {there}"
        raise ExerciseError(f"{exercise.id}: {message}")


def _check(held: Held, layer: int, head: int) -> ThresholdResult:
    threshold, column = held.threshold, held.column
    return ThresholdResult(
        statistic=threshold.statistic,
        on=held.on,
        measured=column.value[layer][head],
        interval=(column.low[layer][head], column.high[layer][head]),
        at_least=threshold.at_least,
        source=threshold.source,
        result=held.result(layer, head),
    )
