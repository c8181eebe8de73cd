"""Rationales: the reason for an outcome, in words."""

from collections.abc import Sequence

from grader.base.language import N_, _
from grader.exercises.names import statistic
from grader.schema import Claim, ThresholdResult, WhyNot, title

WHY_NOT: dict[WhyNot, str] = {
    "repeated": N_("Not graded: it repeats an earlier claim."),
    "no_such_head": N_("Not graded: the transformer has no such head."),
    "not_asked": N_("Not graded: the exercise does not ask for this kind."),
    "over_budget": N_("Not graded: there are more claims than the exercise takes."),
}


def sentence(result: ThresholdResult) -> str:
    """Return in one clause what was measured and what is needed."""
    reading = _(
        "{statistic} on {slice} {measured}; needed {needed}",
        statistic=statistic(result.statistic),
        slice=_(result.on),
        measured=f"{result.measured:.2f}",
        needed=f"{result.at_least:.2f}",
    )
    if result.result != "borderline":
        return reading
    low, high = result.interval
    return _("{found}, inside the interval {low} to {high}", found=reading, low=f"{low:.2f}", high=f"{high:.2f}")


def rationale(claim: Claim, confirmed: bool, results: Sequence[ThresholdResult]) -> str:
    """Return the reason for the outcome: the first threshold that is not met, else the first, on its worst slice."""
    order = {"under": 0, "borderline": 1, "over": 2}
    side = min((result.result for result in results), key=order.__getitem__)
    first = next(result for result in results if result.result == side)
    worst = min(
        (result for result in results if (result.result, result.statistic) == (side, first.statistic)),
        key=lambda result: result.measured,
    )
    message = {
        True: N_("{place} is confirmed as {kind}: {found}."),
        False: N_("{place} is not confirmed as {kind}: {found}."),
    }
    return _(message[confirmed], place=claim.place, kind=title(claim), found=sentence(worst))
