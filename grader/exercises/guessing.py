"""The guess rule: claiming everything, claiming at random and claiming nothing must be worth nothing.

Every play is reckoned exactly (hypergeometric draws), from the number of heads that pass for each kind.
"""

from collections import defaultdict
from functools import cache
from math import comb
from typing import NamedTuple

from grader.exercises.scoring import LUCK_LIMIT, of_right, points, points_each, tail
from grader.schema import AskedKind, Exercise

MOST_SCORE = 0.05
"""The expected score that a guesser may reach."""
MOST_XP = 0.02
"""The expected XP of a guesser, as a part of all XP; the luck limit leaves rare flukes, and never half of them."""

EVERY_SIZE_TO = 32
"""Claims up to which every size is played; beyond, the whole budget only."""
TOLD = 3
"""Plays that a message names."""


class Play(NamedTuple):
    """What a way of guessing is worth on average."""

    name: str
    score: float
    xp: float
    """As a part of all XP."""


class _State(NamedTuple):
    points: float
    right: int


def plays(exercise: Exercise) -> tuple[Play, ...]:
    """Claim nothing, and claim at random from 1 claim to the whole budget: within one kind, and over all kinds.

    Claiming everything is refused beyond the budget, so it is the last of these.
    """
    found = [Play("claim nothing", 0.0, 0.0)]
    for claims in sorted({*range(1, min(exercise.budget, EVERY_SIZE_TO) + 1), exercise.budget}):
        for kind in exercise.kinds:
            if claims <= _heads(exercise):
                found.append(_play(f"{claims} x {kind.name} at random", exercise, {kind.name: claims}))
        turns = [exercise.kinds[turn % len(exercise.kinds)].name for turn in range(claims)]
        everything = {name: min(turns.count(name), _heads(exercise)) for name in turns}
        found.append(_play(f"{claims} over all kinds at random", exercise, everything))
    return tuple(found)


def paying(exercise: Exercise) -> list[Play]:
    """The ways of guessing that are worth more than they may be, the one that pays best first."""
    found = [play for play in plays(exercise) if play.score > MOST_SCORE or play.xp > MOST_XP]
    return sorted(found, key=lambda play: -max(play.score / MOST_SCORE, play.xp / MOST_XP))


def complaint(exercise: Exercise) -> str:
    """What is wrong with a rule that lets a guesser win: the plays, what each earns, what to change; else empty."""
    found = paying(exercise)
    if not found:
        return ""
    told = [f"{play.name} earns {play.score:.1%} of the score and {play.xp:.1%} of the XP" for play in found[:TOLD]]
    more = [f"{len(found) - TOLD} more ways pay too"] if len(found) > TOLD else []
    return (
        f"guessing pays: {'; '.join(told + more)} (on average, {MOST_SCORE:.0%} and {MOST_XP:.0%} are the most); "
        "raise `wrong_costs`, give that kind fewer points, or ask for more of its heads"
    )


def _heads(exercise: Exercise) -> int:
    return exercise.transformer.layers * exercise.transformer.heads


def _play(name: str, exercise: Exercise, claims: dict[str, int]) -> Play:
    states: dict[_State, float] = {_State(0.0, 0): 1.0}
    chances: list[float] = []
    heads = _heads(exercise)
    for kind in exercise.kinds:
        if count := claims.get(kind.name, 0):
            states = _with_kind(states, kind, count, heads)
            chances += [min(1.0, kind.passing / heads)] * count
    total = len(chances)
    expected_score = expected_xp = 0.0
    possible = exercise.points
    by_right = of_right(chances)
    earns = {right: tail(by_right, right) <= LUCK_LIMIT for right in range(total + 1)}
    for state, chance in states.items():
        expected_score += chance * points(exercise, state.points, total - state.right) / possible
        expected_xp += chance * (state.points / possible if earns[state.right] else 0.0)
    return Play(name, expected_score, expected_xp)


def _with_kind(states: dict[_State, float], kind: AskedKind, count: int, heads: int) -> dict[_State, float]:
    """The states after `count` random claims of one kind more."""
    each = points_each(kind)
    after: dict[_State, float] = defaultdict(float)
    for right, chance in _draws(min(kind.passing, heads), heads, count):
        earned = each * min(right, kind.heads)
        for state, before in states.items():
            after[_State(state.points + earned, state.right + right)] += before * chance
    return after


@cache
def _draws(passing: int, heads: int, count: int) -> tuple[tuple[int, float], ...]:
    """Each number of right ones among `count` different heads at random, with its chance."""
    wrong = heads - passing
    return tuple(
        (right, comb(passing, right) * comb(wrong, count - right) / comb(heads, count))
        for right in range(max(0, count - wrong), min(count, passing) + 1)
    )
