"""What claims are worth: points, the cost of wrong claims, and the luck of a guesser. Pure arithmetic."""

from collections.abc import Iterable, Sequence
from math import fsum

from grader.schema import AskedKind, Exercise

LUCK_LIMIT = 0.05
"""A submission that random claims would equal more often than this earns no XP: one in twenty, the usual level."""


def points_each(asked: AskedKind) -> float:
    """What each confirmed head of this kind earns, up to as many heads as are wanted."""
    return asked.points / asked.heads


def points(exercise: Exercise, earned: float, wrong: int) -> float:
    """Points earned less the cost of wrong claims; never below 0."""
    return max(0.0, earned - exercise.wrong_costs * wrong)


def luck(chances: Iterable[float], confirmed: int) -> float:
    """The chance that random claims have `confirmed` or more right, 0 to 1.

    `chances` holds, for each claim, the fraction of all heads that are of its kind.
    """
    return tail(of_right(chances), confirmed)


def of_right(chances: Iterable[float]) -> list[float]:
    """The chance of each number of right claims, from none to all (the Poisson binomial)."""
    found = [1.0]
    for chance in chances:
        wrong, one_less = 1 - chance, 0.0
        for number, same in enumerate(found):
            found[number] = same * wrong + one_less * chance
            one_less = same
        found.append(one_less * chance)
    return found


def tail(found: Sequence[float], confirmed: int) -> float:
    """The chance of `confirmed` or more, where `found` holds that of each number.

    To four decimals, as reports tell it, so that what is told is what was decided by.
    """
    return min(1.0, round(fsum(found[confirmed:]), 4))
