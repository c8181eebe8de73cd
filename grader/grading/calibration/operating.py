"""The operating curve: the chance of each outcome against a head's true rate, on probes of the size that was measured.

A slice of n queries tells less than n independent ones, because the queries of one sequence resemble each other. Its
*independent queries* are as many as would make intervals as wide as the table's: value (1 - value) (1.96 / half width)
squared, the middle one of the heads closest to the threshold. A measured value is then normal around the true rate,
with the variance of a mean of that many answers; its interval follows from it, and nothing is drawn at random.

The head has the same rate on every slice. Slices are taken as independent, which is slightly strict where one holds
another; a lead moves with the hit rate of its slice. Thresholds on other statistics count as reached.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod, sqrt
from statistics import NormalDist, median

from grader.exercises.thresholds import thresholds_of
from grader.grading.calibration.records import Curve, CurvePoint, CurveSlice
from grader.measuring.tables.score_table import KindScores, Slice, Statistics
from grader.schema import AskedKind, Borderline

STEPS = 100
CLOSEST = 10
"""The number of heads that tell how wide an interval is."""
TELLING = (0.1, 0.9)
"""The least and the most of a value whose interval tells something: at 0 and 1 an interval has no width."""
CHANCES = (0.05, 0.5, 0.95)
_HALVINGS = 20
_DECIMALS = 4
_NORMAL = NormalDist()
_Z = _NORMAL.inv_cdf(0.975)


@dataclass(frozen=True)
class _Check:
    """A threshold on the axis, on one slice."""

    at_least: float
    independent: float

    def chance(self, rate: float, needed: float) -> float:
        """Return the chance that a head with this rate measures what is needed or more."""
        spread = sqrt(rate * (1 - rate) / self.independent)
        return _NORMAL.cdf((rate - needed) / spread) if spread else float(rate >= needed)

    def end(self, side: int) -> float:
        """Return the value whose interval ends at the threshold: above it for 1, below it for -1."""
        n, z2 = self.independent, _Z**2
        middle = 2 * n * self.at_least + z2
        return (middle + side * sqrt(middle**2 - 4 * (n + z2) * n * self.at_least**2)) / (2 * (n + z2))


Checks = Sequence[Sequence[_Check]]
"""The checks of each slice."""


def operating_curve(asked: AskedKind, scores: KindScores, rule: Borderline) -> Curve:
    """Return the chance of each outcome for true rates from 0 to 1."""
    on = {part.name: (part, list(_checks(asked, scores, part))) for part in scores.slices}
    asked_on = [(part, checks) for part, checks in on.values() if checks]
    outcomes = _outcomes([checks for _, checks in asked_on], rule)
    return Curve(
        slices=tuple(
            CurveSlice(name=part.name, queries=part.queries, independent=round(checks[0].independent))
            for part, checks in asked_on
        ),
        points=tuple(_point(number / STEPS, outcomes) for number in range(STEPS + 1)),
        confirmed_at=tuple(_reached(lambda rate: outcomes(rate)[0], chance) for chance in CHANCES),
        refuted_at=tuple(_reached(lambda rate: -outcomes(rate)[1], -chance) for chance in reversed(CHANCES)),
    )


def _checks(asked: AskedKind, scores: KindScores, part: Slice) -> Iterator[_Check]:
    """Yield the thresholds that the slice must reach on the axis, that of the deciding statistic first."""
    columns = {column.statistic: column for column in part.statistics}
    ordered = sorted(thresholds_of(asked), key=lambda each: each.statistic != scores.decides)
    for threshold in ordered:
        if threshold.slices and part.name not in threshold.slices:
            continue
        axis, column = columns.get(scores.decides), columns.get(threshold.statistic)
        is_lead = (threshold.statistic, scores.decides) == ("lead", "hit_rate")
        if axis is None or column is None or (column is not axis and not is_lead):
            continue
        at_least = min(1.0, threshold.at_least + axis.value[0][0] - column.value[0][0])
        yield _Check(at_least, _independent(axis, column, at_least) or float(part.queries))


def _independent(axis: Statistics, column: Statistics, at_least: float) -> float | None:
    """Return the independent queries that the intervals of the heads closest to the threshold amount to."""
    telling = [
        (abs(value - at_least), value * (1 - value) * (2 * _Z / (high - low)) ** 2)
        for values, lows, highs in zip(axis.value, column.low, column.high, strict=True)
        for value, low, high in zip(values, lows, highs, strict=True)
        if high > low and TELLING[0] <= value <= TELLING[1]
    ]
    return median(independent for _, independent in sorted(telling)[:CLOSEST]) if telling else None


def _outcomes(checks: Checks, rule: Borderline) -> Callable[[float], tuple[float, float]]:
    """Return the function from a true rate to the chances of being confirmed and of being refuted."""

    def all_reach(rate: float, needed: Callable[[_Check], float]) -> float:
        return prod(min(each.chance(rate, needed(each)) for each in of_slice) for of_slice in checks)

    def outcomes(rate: float) -> tuple[float, float]:
        over, not_under = all_reach(rate, lambda each: each.end(1)), all_reach(rate, lambda each: each.end(-1))
        if rule == "not_yet":
            return over, 1 - not_under
        by_rule = {
            "in_favour": not_under,
            "as_measured": all_reach(rate, lambda each: each.at_least),
            "against": over,
        }
        return by_rule[rule], 1 - by_rule[rule]

    return outcomes


def _point(rate: float, outcomes: Callable[[float], tuple[float, float]]) -> CurvePoint:
    confirmed, refuted = (round(chance, _DECIMALS) for chance in outcomes(rate))
    not_yet = max(0.0, round(1 - confirmed - refuted, _DECIMALS))
    return CurvePoint(rate=rate, confirmed=confirmed, not_yet=not_yet, refuted=refuted)


def _reached(rising: Callable[[float], float], least: float) -> float | None:
    """Return the least true rate at which the function reaches this value; None if it never does."""
    low, high = 0.0, 1.0
    if rising(high) < least:
        return None
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) >= least else (middle, high)
    return round(high, _DECIMALS)
