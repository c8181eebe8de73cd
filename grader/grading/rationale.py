"""Rationales: the reason for an outcome, in words."""

from collections.abc import Sequence

from grader.base.language import N_, _
from grader.base.numbers import measured_and_needed, number
from grader.exercises.names import statistic
from grader.grading.causal_words import NO_EVIDENCE, matters_summary
from grader.schema import Claim, Matters, Outcome, ThresholdResult, Verdict, WhyNot, title

WHY_NOT: dict[WhyNot, str] = {
    "repeated": N_("Not graded: it repeats an earlier claim."),
    "no_such_head": N_("Not graded: the transformer has no such head."),
    "not_asked": N_("Not graded: the exercise does not ask for this kind."),
    "over_budget": N_("Not graded: there are more claims than the exercise takes."),
    "too_close": N_("Not confirmed yet: the interval is too wide. No points are lost."),
    "no_evidence": NO_EVIDENCE,
}
_ABOUT: dict[Outcome, str] = {
    "confirmed": N_("{place} is confirmed as {kind}: {found}."),
    "refuted": N_("{place} is not confirmed as {kind}: {found}."),
    "not_graded": N_("{place} is not confirmed yet as {kind}: {found}. No points are lost."),
}
_HAS_PATTERN = N_("{place} has the pattern of {kind}: {found}.")
MOST_DECIMALS = 4
"""Enough for every score: tables hold no more."""


def sentence(result: ThresholdResult) -> str:
    """Return in one clause what was measured and what is needed."""
    measured, needed = measured_and_needed(result.measured, result.at_least)
    reading = _(
        "{statistic} on {slice} {measured}; needed {needed}",
        statistic=statistic(result.statistic),
        slice=_(result.on),
        measured=measured,
        needed=needed,
    )
    if result.result != "borderline":
        return reading
    low, high = (number(end, result.at_least) for end in result.interval)
    return _("{found}, inside the interval {low} to {high}", found=reading, low=low, high=high)


def too_close(result: ThresholdResult) -> str:
    """Return in one clause what was measured, and the interval that holds the threshold."""
    (low, high), needed = result.interval, result.at_least
    decimals = next(
        (number for number in range(2, MOST_DECIMALS) if round(low, number) < needed < round(high, number)),
        MOST_DECIMALS,
    )
    return _(
        "{statistic} on {slice} {measured}; the interval {low} to {high} holds the needed {needed}",
        statistic=statistic(result.statistic),
        slice=_(result.on),
        measured=f"{result.measured:.{decimals}f}",
        low=f"{low:.{decimals}f}",
        high=f"{high:.{decimals}f}",
        needed=f"{needed:.2f}",
    )


def in_words(verdict: Verdict) -> str:
    """Return a verdict's rationale from its numbers, in the present language; a stored one is English."""
    claim = verdict.claim
    if verdict.matters is not None:
        return with_importance(claim, verdict.threshold, verdict.matters)
    if verdict.why_not == "no_evidence":
        return _(verdict.rationale)
    if verdict.why_not is not None and not (verdict.why_not == "too_close" and verdict.threshold):
        return _(WHY_NOT[verdict.why_not])
    return rationale(claim, verdict.outcome, verdict.threshold) if verdict.threshold else _(verdict.rationale)


def with_importance(claim: Claim, results: Sequence[ThresholdResult], matters: Matters) -> str:
    """Return the reason for the outcome of a claim whose pattern is confirmed, and which says that the head matters."""
    pattern = _(_HAS_PATTERN, place=claim.place, kind=title(claim), found=sentence(_worst(results)))
    return f"{pattern} {matters_summary(claim.kind, (claim.layer, claim.head), matters)}"


def rationale(claim: Claim, outcome: Outcome, results: Sequence[ThresholdResult]) -> str:
    """Return the reason for the outcome: the first threshold that is not met, else the first, on its worst slice."""
    worst = _worst(results)
    found = too_close(worst) if outcome == "not_graded" else sentence(worst)
    return _(_ABOUT[outcome], place=claim.place, kind=title(claim), found=found)


def _worst(results: Sequence[ThresholdResult]) -> ThresholdResult:
    """Return the first threshold that is not met, else the first, on its worst slice."""
    order = {"under": 0, "borderline": 1, "over": 2}
    side = min((result.result for result in results), key=order.__getitem__)
    first = next(result for result in results if result.result == side)
    return min(
        (result for result in results if (result.result, result.statistic) == (side, first.statistic)),
        key=lambda result: result.measured,
    )
