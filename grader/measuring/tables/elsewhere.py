"""Scores that were measured elsewhere than on the CPU, read so cautiously that no verdict contradicts the CPU's.

In single precision another device gives a score that differs by 0.0001 at most, one step of its last decimal. So each
end of an interval moves outward by `MARGIN`: a threshold beyond it lies beyond the CPU's as well.
"""

from collections.abc import Callable
from math import inf

from grader.measuring.tables.score_table import Grid, KindScores, Slice, Statistics
from grader.schema import Statistic

MARGIN = 0.0005
"""The part of a number, at least of 1, by which an end of its interval moves: five times the largest difference."""
RANGES: dict[Statistic, tuple[float, float]] = {"share": (0.0, 1.0), "hit_rate": (0.0, 1.0), "lead": (-1.0, 1.0)}
"""The least and the most that a statistic can be; a lift has no bound."""


def widened(scores: KindScores) -> KindScores:
    """Return the scores with intervals that are wider by the margin at each end."""

    def moved(_on: Slice, column: Statistics) -> Statistics:
        least, most = RANGES.get(column.statistic, (-inf, inf))
        low = _each(lambda value, _same: max(least, _outward(value, -MARGIN)), column.low, column.low)
        high = _each(lambda value, _same: min(most, _outward(value, MARGIN)), column.high, column.high)
        return column.model_copy(update={"low": low, "high": high})

    return _with(scores, moved)


def is_open(scores: KindScores, limit: float) -> bool:
    """Return whether the CPU's widest interval may lie on the other side of the limit."""
    return abs(scores.widest - limit) <= MARGIN


def either(before: KindScores, now: KindScores) -> KindScores:
    """Return the scores on a probe that has grown, in intervals that hold those from before as well."""
    earlier = {(part.name, column.statistic): column for part in before.slices for column in part.statistics}

    def joined(on: Slice, column: Statistics) -> Statistics:
        other = earlier.get((on.name, column.statistic), column)
        low, high = _each(min, column.low, other.low), _each(max, column.high, other.high)
        return column.model_copy(update={"low": low, "high": high})

    return _with(now, joined)


def _outward(value: float, margin: float) -> float:
    return round(value + margin * max(1.0, abs(value)), 4)


def _each(of: Callable[[float, float], float], one: Grid, other: Grid) -> Grid:
    return tuple(tuple(map(of, *rows)) for rows in zip(one, other, strict=True))


def _with(scores: KindScores, change: Callable[[Slice, Statistics], Statistics]) -> KindScores:
    slices = [
        part.model_copy(update={"statistics": tuple(change(part, column) for column in part.statistics)})
        for part in scores.slices
    ]
    return scores.model_copy(update={"slices": tuple(slices)})
