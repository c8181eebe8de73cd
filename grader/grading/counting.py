"""Counting from 1: a student whose heads are all one too high, in layer and in head."""

from collections.abc import Sequence

from grader.grading.standings import Standings
from grader.grading.verdicts import KindVerdict
from grader.schema import Claim

FEWEST, LEAST_PART = 3, 0.5
"""The fewest claims, and the part of them that must be right at once, so that one claim cannot test another head."""


def counts_from_one(claims: Sequence[Claim], standings: Standings) -> bool:
    """Return whether none of the claims is right, but half of them would be if each index were one less."""
    asked = {(each.name, each.layer, each.head): each for each in claims if each.name in standings.by_kind}
    if len(asked) < FEWEST or any(not (claim.layer and claim.head) for claim in asked.values()):
        return False
    if any(_is_right(claim, standings) for claim in asked.values()):
        return False
    lower = (each.model_copy(update={"layer": each.layer - 1, "head": each.head - 1}) for each in asked.values())
    return sum(_is_right(claim, standings) for claim in lower) >= LEAST_PART * len(asked)


def _is_right(claim: Claim, standings: Standings) -> bool:
    verdict = standings.verdict_on(claim)
    return isinstance(verdict, KindVerdict) and verdict.is_confirmed
