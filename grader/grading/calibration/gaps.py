"""The gaps of a kind: how far neighbouring scores stand apart, and in which gap the threshold lies."""

from collections.abc import Sequence
from itertools import pairwise

from grader.grading.calibration.records import Gap, HeadScore

_DECIMALS = 4


def gaps(heads: Sequence[HeadScore]) -> list[Gap]:
    """Every gap between neighbours in the order of the scores, the widest first; `heads` are best first."""
    found = []
    lowest = 1.0  # of the lower ends of all heads above the gap
    uppers = _highest_upper_ends(heads)
    for place, (above, below) in enumerate(pairwise(heads)):
        lowest = min(lowest, above.interval[0])
        highest = uppers[place + 1]
        gap = {
            "rank": 1,
            "above": above.place,
            "above_score": above.score,
            "below": below.place,
            "below_score": below.score,
            "width": round(above.score - below.score, _DECIMALS),
            "middle": round((above.score + below.score) / 2, _DECIMALS),
            "clear": (highest, lowest) if highest < lowest else None,
        }
        found.append(Gap.model_validate(gap))
    found.sort(key=lambda gap: -gap.width)
    return [gap.model_copy(update={"rank": rank}) for rank, gap in enumerate(found, 1)]


def holding(found: Sequence[Gap], at_least: float) -> Gap | None:
    """The gap in which a threshold lies: the head above reaches it, the head below does not."""
    return next((gap for gap in found if gap.below_score < at_least <= gap.above_score), None)


def _highest_upper_ends(heads: Sequence[HeadScore]) -> list[float]:
    """For each place in the order, the highest upper end from there on."""
    ends: list[float] = []
    for head in reversed(heads):
        ends.append(max(head.interval[1], ends[-1] if ends else 0.0))
    return ends[::-1]
