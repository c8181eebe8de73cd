"""The axis of a kind: each head's deciding statistic on its worst slice, and what the grader says of it there.

Everything but the deciding statistic's threshold stays as it is; that one may be moved. `state` and `confirms` say
for any place of it exactly what grading would say with the exercise changed so.
"""

from collections.abc import Sequence

from grader.grading.calibration.records import HeadScore, HeadState
from grader.grading.rationale import sentence
from grader.grading.standings import Standing
from grader.schema import Borderline, Side, Statistic, ThresholdResult

_SEVERITY: dict[Side, int] = {"under": 0, "borderline": 1, "over": 2}
_DECIMALS = 4
_LEAST_NEEDED = 1e-9
"""Stands in for a threshold of 0 where it would divide."""


def on_axis(place: tuple[int, int], rank: int, standing: Standing, decides: Statistic, label: object) -> HeadScore:
    """One head: its score, its interval, and how it stands with all else that is asked."""
    deciding = [check for check in standing.checks if check.statistic == decides]
    others = [check for check in standing.checks if check.statistic != decides]
    worst = min(deciding, key=lambda check: check.measured)
    low, high = (min(check.interval[end] for check in deciding) for end in (0, 1))
    fails = [check for check in others if check.result == "under"]
    found = {
        "layer": place[0],
        "head": place[1],
        "rank": rank,
        "score": worst.measured,
        "interval": (low, high),
        "on": worst.on,
        "elsewhere": min((check.result for check in others), key=_SEVERITY.__getitem__, default="over"),
        "met_elsewhere": all(check.measured >= check.at_least for check in others),
        "fails": sentence(min(fails, key=_over_needed)) if fails else "",
        "state": "over",
        "confirmed": standing.confirmed,
        "factor": factor(standing),
        "sure_factor": round(min(check.interval[0] / _needed(check) for check in standing.checks), _DECIMALS),
        "expect": label,
    }
    head = HeadScore.model_validate(found)
    return head.model_copy(update={"state": state(head, worst.at_least)})


def factor(standing: Standing) -> float:
    """Measured over needed, by the threshold that the head clears by least; 1 is just enough."""
    return round(min(map(_over_needed, standing.checks)), _DECIMALS)


def _over_needed(check: ThresholdResult) -> float:
    return check.measured / _needed(check)


def _needed(check: ThresholdResult) -> float:
    return max(check.at_least, _LEAST_NEEDED)


def inside(head: HeadScore, at_least: float) -> bool:
    """Whether a threshold there lies in the head's interval."""
    return head.interval[0] < at_least < head.interval[1]


def in_noise(head: HeadScore, at_least: float) -> bool:
    """Whether noise would decide the head at a threshold there: inside its interval, and nothing else rules it out."""
    return inside(head, at_least) and head.elsewhere != "under"


def noise(heads: Sequence[HeadScore], at_least: float) -> tuple[float, float] | None:
    """The stretch around a threshold that the intervals of the heads cover that it would decide by noise."""
    reached = [head.interval for head in heads if in_noise(head, at_least)]
    return (min(low for low, _ in reached), max(high for _, high in reached)) if reached else None


def state(head: HeadScore, at_least: float) -> HeadState:
    """Where the head stands at a threshold there."""
    if head.score < at_least and not inside(head, at_least):
        return "below"
    if head.elsewhere == "under":
        return "ruled_out"
    return "borderline" if inside(head, at_least) or head.elsewhere == "borderline" else "over"


def confirms(head: HeadScore, at_least: float, rule: Borderline) -> bool:
    """What the grader would say of the head with the threshold there."""
    found = state(head, at_least)
    by_rule = {
        "in_favour": True,
        "as_measured": head.score >= at_least and head.met_elsewhere,
        "against": False,
    }[rule]
    return found == "over" or (found == "borderline" and by_rule)
