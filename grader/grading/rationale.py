"""Why a verdict is what it is, in words."""

from collections.abc import Sequence

from grader.base.language import N_, _
from grader.exercises.names import statistic
from grader.schema import Claim, ThresholdResult, WhyNot, title

WHY_NOT: dict[WhyNot, str] = {
    "repeated": N_("Not graded: it repeats an earlier claim."),
    "no_such_head": N_("Not graded: the transformer has no such head."),
    "not_asked": N_("Not graded: the exercise does not ask for this kind."),
    "over_budget": N_("Not graded: the exercise does not take so many claims."),
}


def sentence(check: ThresholdResult) -> str:
    """What was measured against what is needed, in one clause."""
    what = _(
        "{statistic} on {slice} {measured}; needed {needed}",
        statistic=statistic(check.statistic),
        slice=_(check.on),
        measured=f"{check.measured:.2f}",
        needed=f"{check.at_least:.2f}",
    )
    if check.result != "borderline":
        return what
    low, high = check.interval
    return _("{found}, inside the interval {low} to {high}", found=what, low=f"{low:.2f}", high=f"{high:.2f}")


def rationale(claim: Claim, confirmed: bool, checks: Sequence[ThresholdResult]) -> str:
    """Why the outcome is what it is: the first threshold that was not met, or the first of all, on its worst slice."""
    order = {"under": 0, "borderline": 1, "over": 2}
    result = min((check.result for check in checks), key=order.__getitem__)
    first = next(check for check in checks if check.result == result)
    worst = min(
        (check for check in checks if (check.result, check.statistic) == (result, first.statistic)),
        key=lambda check: check.measured,
    )
    message = {
        True: N_("{place} is confirmed as {kind}: {found}."),
        False: N_("{place} is not confirmed as {kind}: {found}."),
    }
    return _(message[confirmed], place=claim.place, kind=title(claim), found=sentence(worst))
