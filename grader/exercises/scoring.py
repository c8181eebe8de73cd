"""The value of claims: points, the cost of wrong claims, and luck. Pure arithmetic."""

from collections.abc import Iterable, Sequence
from math import fsum

from grader.schema import AskedCircuits, AskedKind, Exercise, Report

LUCK_LIMIT = 0.05
"""The highest luck with which a submission passes and earns XP: one in twenty, the usual level of significance."""


def points_each(asked: AskedKind) -> float:
    """Return the points for each confirmed head of this kind, up to the number of wanted heads."""
    return asked.points / asked.heads


def circuit_points_each(asked: AskedCircuits) -> float:
    """Return the points for each confirmed circuit, up to the number of wanted ones."""
    return asked.points / asked.wanted


def circuit_chance(asked: AskedCircuits, receivers: int = 1) -> float:
    """Return the chance that one sender, guessed for these many receivers, feeds any of them.

    A head that feeds one of several heads of a kind often feeds all, so its guesses are no luck of their own each.
    """
    return 1 - (1 - asked.passing / asked.pairs) ** receivers


def points(exercise: Exercise, earned: float, wrong: int) -> float:
    """Return the points earned less the cost of wrong claims; never below 0."""
    return max(0.0, earned - exercise.wrong_costs * wrong)


def passes(exercise: Exercise, score: float, kinds_confirmed: int, chance: float) -> bool:
    """Return whether a submission with this score, this number of confirmed kinds and this luck passes."""
    return score >= exercise.pass_at and kinds_confirmed >= exercise.kinds_needed and chance <= LUCK_LIMIT


def whole_score(report: Report) -> float:
    """Return the score before lateness."""
    return round(report.points / report.possible, 4)


def worth(report: Report, total: float | None = None) -> float:
    """Return the points that count, of `total` for a full score, by default of the report's own.

    Lateness is taken off. They are 0 if no claim could be decided, which is no grade.
    """
    scale = 1.0 if total is None else total / report.possible
    return round(report.points * report.credit * scale + 0.0, 4) if report.gradable else 0.0


def deciding_score(report: Report, exercise: Exercise) -> float:
    """Return the score that decides whether a report passes: the one that counts, or the one before lateness."""
    if report.credit == 1 or not exercise.policy.late_passes:
        return report.score
    return whole_score(report)


def luck(chances: Iterable[float], confirmed: int) -> float:
    """Return the chance that random claims have `confirmed` or more right, 0 to 1.

    `chances` holds, for each claim that is decided, the chance that a random one of its kind would be confirmed.
    """
    return tail(of_right(chances), confirmed)


def of_right(chances: Iterable[float]) -> list[float]:
    """Return the chance of each number of right claims, from none to all (the Poisson binomial)."""
    by_number = [1.0]
    for chance in chances:
        wrong, one_less = 1 - chance, 0.0
        for number, same in enumerate(by_number):
            by_number[number] = same * wrong + one_less * chance
            one_less = same
        by_number.append(one_less * chance)
    return by_number


def tail(by_number: Sequence[float], confirmed: int) -> float:
    """Return the chance of `confirmed` or more right claims, from the chance of each number.

    Rounded to four decimals, as in reports, so that decisions are made with the number that is shown.
    """
    return min(1.0, round(fsum(by_number[confirmed:]), 4))
