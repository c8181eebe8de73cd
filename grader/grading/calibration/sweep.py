"""The sweep: what every threshold from 0 to 1 would do, counted exactly, and which one the labels speak for."""

from collections.abc import Sequence

from grader.grading.calibration.axis import confirms, in_noise
from grader.grading.calibration.records import HeadScore, Labels, Step
from grader.schema import Borderline

STEPS = 100
"""From 0 to 1: a step is 0.01, far finer than the intervals and coarse enough to be read."""
_DECIMALS = 4


def sweep(heads: Sequence[HeadScore], rule: Borderline) -> tuple[Step, ...]:
    """Every threshold of the grid, from 0 to 1."""
    return tuple(step(heads, number / STEPS, rule) for number in range(STEPS + 1))


def step(heads: Sequence[HeadScore], at_least: float, rule: Borderline) -> Step:
    """What one threshold would do."""
    confirmed = [head for head in heads if confirms(head, at_least, rule)]
    right, wrong = (sum(head.expect == label for head in confirmed) for label in ("confirmed", "refuted"))
    missed = sum(head.expect == "confirmed" for head in heads) - right
    return Step(
        at_least=at_least,
        confirmed=len(confirmed),
        in_noise=sum(in_noise(head, at_least) for head in heads),
        right=right,
        wrong=wrong,
        missed=missed,
        precision=_ratio(right, right + wrong),
        recall=_ratio(right, right + missed),
        f1=_ratio(2 * right, 2 * right + wrong + missed),
        margin=_margin(heads, at_least),
    )


def labels(heads: Sequence[HeadScore], steps: Sequence[Step], present: Step) -> Labels | None:
    """What the labelled heads say, or None where none is labelled."""
    positive, negative = ([head for head in heads if head.expect == label] for label in ("confirmed", "refuted"))
    if not positive and not negative:
        return None
    measured = [each for each in steps if each.margin is not None]
    return Labels(
        confirmed=len(positive),
        refuted=len(negative),
        out_of_reach=tuple(head.place for head in positive if head.elsewhere == "under"),
        present=present,
        best_margin=max(measured, key=lambda each: (each.margin or 0.0, each.f1 or 0.0)) if measured else None,
        best_f1=max(measured, key=lambda each: (each.f1 or 0.0, each.margin or 0.0)) if measured else None,
    )


def quiet(steps: Sequence[Step], at_least: float) -> list[Step]:
    """The nearest thresholds below and above that no interval holds, as far as there are any."""
    still = [each for each in steps if not each.in_noise]
    below = [each for each in still if each.at_least < at_least]
    above = [each for each in still if each.at_least > at_least]
    return below[-1:] + above[:1]


def _margin(heads: Sequence[HeadScore], at_least: float) -> float | None:
    """The least distance of a labelled head from the threshold, negative on the wrong side of it."""
    above = [head.score for head in heads if head.expect == "confirmed" and head.elsewhere != "under"]
    if not above:
        return None
    refuted = [head for head in heads if head.expect == "refuted"]
    below = [head.score for head in refuted if head.elsewhere != "under"]
    below = below or [head.score for head in refuted if head.score < min(above)]
    return round(min(min(above) - at_least, at_least - max(below)), _DECIMALS) if below else None


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, _DECIMALS) if whole else None
