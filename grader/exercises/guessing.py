"""The guess rule: claiming everything, claiming at random and claiming nothing must not pay.

The expected value of each way of guessing is computed exactly (hypergeometric draws), from the number of heads that
pass for each kind, and of those that are too close to call: claims on them neither earn nor cost. A claim that also
says that its head matters is at most as likely to be right. Circuits are guessed by players who know the receivers: any
other guess is worth less.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from math import comb
from typing import NamedTuple

from grader.base.numbers import percent
from grader.exercises.mending import changes
from grader.exercises.scoring import (
    LUCK_LIMIT,
    circuit_chance,
    circuit_points_each,
    of_right,
    points,
    points_each,
    tail,
)
from grader.schema import AskedKind, Exercise

MOST_SCORE = 0.05
"""The highest expected score that a guesser may have, 0 to 1."""
MOST_XP = 0.02
"""The highest expected XP of a guesser, as a part of all XP. The luck limit leaves only rare lucky submissions."""

EVERY_SIZE_TO = 32
"""Every number of claims up to this one is tried; above it, only the whole budget."""
MOST_NAMED = 3
"""The number of plays that a message names."""


class Play(NamedTuple):
    """A way of guessing, and its expected value."""

    name: str
    score: float
    xp: float
    """A part of all XP, 0 to 1."""


class _State(NamedTuple):
    points: float
    right: int
    wrong: int


def plays(exercise: Exercise) -> tuple[Play, ...]:
    """Return the plays: claim nothing, and 1 claim to the whole budget at random, of one kind or over all kinds.

    A submission over the budget is refused, so the last of these stands for claiming everything.
    """
    plays = [Play("claim nothing", 0.0, 0.0)]
    names, heads = [kind.name for kind in exercise.kinds], _heads(exercise)
    for claims in sorted({*range(1, min(exercise.budget, EVERY_SIZE_TO) + 1), exercise.budget}):
        for asked, name in enumerate(names):
            if claims <= heads:
                plays.append(_play(f"{claims} x {name} at random", exercise, {asked: claims}))
        spread = {turn: min(len(range(turn, claims, len(names))), heads) for turn in range(len(names))}
        plays.append(_play(f"{claims} over all kinds at random", exercise, spread))
        plays += _circuit_plays(exercise, claims)
    return tuple(plays)


def paying(exercise: Exercise) -> list[Play]:
    """Return the plays that are worth more than allowed, the best first."""
    too_good = [play for play in plays(exercise) if play.score > MOST_SCORE or play.xp > MOST_XP]
    return sorted(too_good, key=lambda play: -max(play.score / MOST_SCORE, play.xp / MOST_XP))


def complaint(exercise: Exercise) -> str:
    """Return why guessing pays: the plays, the value of each, and what to change; empty if it does not."""
    too_good = paying(exercise)
    if not too_good:
        return ""
    values = [
        f"{play.name} earns {percent(play.score, MOST_SCORE)} of the score and {percent(play.xp, MOST_XP)} of the XP"
        for play in too_good
    ]
    more = [f"{len(values) - MOST_NAMED} more ways pay, too"] if len(values) > MOST_NAMED else []
    limits = f"expected values; the limits are {percent(MOST_SCORE)} and {percent(MOST_XP)}"
    advice = changes(exercise, lambda changed: not paying(changed))
    return f"guessing pays: {'; '.join(values[:MOST_NAMED] + more)} ({limits}); {advice}"


def _heads(exercise: Exercise) -> int:
    return exercise.transformer.layers * exercise.transformer.heads


def _play(name: str, exercise: Exercise, claims: Mapping[int, int]) -> Play:
    """Return the play of these many random claims on each kind, by the kind's place in the exercise."""
    states: dict[_State, float] = {_State(0.0, 0, 0): 1.0}
    chances: list[float] = []
    heads = _heads(exercise)
    for place, kind in enumerate(exercise.kinds):
        if count := claims.get(place, 0):
            states = _with_kind(states, kind, count, heads)
            chances += [min(1.0, kind.passing / max(1, heads - kind.too_close))] * count
    return _valued(name, exercise, states, chances)


def _valued(name: str, exercise: Exercise, states: Mapping[_State, float], chances: list[float]) -> Play:
    """Return the play with its expected value, from the chance of each result, and of each claim to be right."""
    expected_score = expected_xp = 0.0
    possible = exercise.points
    earns = _earning(chances)
    for state, chance in states.items():
        expected_score += chance * points(exercise, state.points, state.wrong) / possible
        expected_xp += chance * (state.points / possible if earns(state.right, state.right + state.wrong) else 0.0)
    return Play(name, expected_score, expected_xp)


def _circuit_plays(exercise: Exercise, guesses: int) -> Iterator[Play]:
    """Yield plays on the circuits of each kind: every guess another sender, or one sender for all receivers."""
    for kind in exercise.kinds:
        if (asked := kind.circuits) is None:
            continue
        chance, each = circuit_chance(asked), circuit_points_each(asked)
        if guesses <= asked.pairs:
            states = {
                _State(each * min(right, asked.wanted), right, wrong): drawn
                for (right, wrong), drawn in _draws(asked.passing, 0, asked.pairs, guesses)
            }
            yield _valued(f"{guesses} circuits to {kind.name} at random", exercise, states, [chance] * guesses)
        if guesses == 1:
            continue
        right = _State(each * min(guesses, asked.wanted), 1, 0)
        states = {right: chance, _State(0.0, 0, guesses): 1 - chance}
        name = f"{guesses} circuits to {kind.name} from one head"
        yield _valued(name, exercise, states, [circuit_chance(asked, guesses)])


def _earning(chances: list[float]) -> Callable[[int, int], bool]:
    """Return the rule that says, for a number of right and of decided claims, if they earn XP.

    The claims that are not decided are taken to be the likeliest ones, which leaves a guesser most XP.
    """
    ordered = sorted(chances)
    by_right = cache(lambda decided: of_right(ordered[:decided]))
    return cache(lambda right, decided: tail(by_right(decided), right) <= LUCK_LIMIT)


def _with_kind(states: dict[_State, float], kind: AskedKind, count: int, heads: int) -> dict[_State, float]:
    """Return the states after `count` more random claims of one kind."""
    each = points_each(kind)
    after: dict[_State, float] = defaultdict(float)
    passing = min(kind.passing, heads)
    for (right, wrong), chance in _draws(passing, min(kind.too_close, heads - passing), heads, count):
        earned = each * min(right, kind.heads)
        for state, before in states.items():
            after[_State(state.points + earned, state.right + right, state.wrong + wrong)] += before * chance
    return after


@cache
def _draws(passing: int, too_close: int, heads: int, count: int) -> tuple[tuple[tuple[int, int], float], ...]:
    """Return the numbers of right and wrong heads among `count` different random heads, each pair with its chance."""
    failing = heads - passing - too_close
    draws = (
        ((right, wrong), comb(passing, right) * comb(failing, wrong) * comb(too_close, count - right - wrong))
        for right in range(min(count, passing) + 1)
        for wrong in range(min(count - right, failing) + 1)
    )
    return tuple((drawn, ways / comb(heads, count)) for drawn, ways in draws if ways)
