"""The heads that a report may name besides the claimed ones: those of a kind in which nothing is left to earn.

A refuted claim that said what its head is instead, or a map of all heads, would be the answer to the exercise.
"""

from collections import Counter

from grader.exercises.scoring import LUCK_LIMIT
from grader.grading.standings import Standings
from grader.kinds import LOOKALIKES
from grader.schema import Fit, Report, Verdict


def settled(report: Report) -> frozenset[str]:
    """Return the names of the kinds of which the report confirms as many heads as are wanted, by more than luck.

    Their heads may be named: further ones earn nothing.
    """
    if report.luck > LUCK_LIMIT:
        return frozenset()
    found = Counter(verdict.claim.name for verdict in report.verdicts if verdict.outcome == "confirmed")
    return frozenset(name for name, wanted in report.wanted.items() if found[name] >= wanted)


def compared(verdict: Verdict, standings: Standings, named: frozenset[str]) -> Verdict:
    """Return a refuted verdict with the kind of these that its head is, and without a look-alike that is another."""
    place = (verdict.claim.layer, verdict.claim.head)
    instead = standings.of_kinds(named).instead(place) if named else None
    hides = verdict.fits is not None and _is_asked(verdict.fits, standings, named)
    if instead is None and not hides:
        return verdict
    return verdict.model_copy(update={"looks_like": instead, "fits": None if hides else verdict.fits})


def _is_asked(fit: Fit, standings: Standings, named: frozenset[str]) -> bool:
    """Return whether the look-alike is of a kind that the exercise asks for and whose heads may not be named."""
    causal = standings.exercise.transformer.family == "decoder"
    looks = LOOKALIKES[fit.lookalike]
    return any(looks.is_of(kind.name, causal=causal) for kind in standings.exercise.kinds if kind.name not in named)
