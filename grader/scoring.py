"""What claims are worth: points, the cost of wrong claims, and the luck of a guesser. Pure arithmetic."""

from collections.abc import Iterable

from grader.schema import AskedKind, Exercise

LUCK_LIMIT = 0.05
"""A submission that random claims would equal more often than this earns no XP: one in twenty, the usual level."""


def points_each(asked: AskedKind) -> float:
    """What each confirmed head of this kind earns, up to as many heads as are wanted."""
    return asked.points / asked.heads


def points(exercise: Exercise, earned: float, wrong: int) -> float:
    """Points earned less the cost of wrong claims; never below 0."""
    return max(0.0, earned - exercise.wrong_costs * wrong)


def score(exercise: Exercise, earned: float, wrong: int) -> float:
    """The points as a part of all points, 0 to 1."""
    return points(exercise, earned, wrong) / exercise.points


def luck(chances: Iterable[float], confirmed: int) -> float:
    """The chance that random claims have `confirmed` or more right (the tail of the Poisson binomial), 0 to 1.

    To four decimals, as reports tell it, so that what is told is what was decided by.
    `chances` holds, for each claim, the fraction of all heads that are of its kind.
    """
    of_right = [1.0]  # of_right[n] is the chance of n right claims among those seen so far
    for chance in chances:
        of_right = [
            (of_right[n] if n < len(of_right) else 0.0) * (1 - chance) + (of_right[n - 1] * chance if n else 0.0)
            for n in range(len(of_right) + 1)
        ]
    return min(1.0, round(sum(of_right[confirmed:]), 4))
