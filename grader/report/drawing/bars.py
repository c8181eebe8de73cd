"""A check as a bar: what was measured, its interval, and the threshold, on one scale."""

from dataclasses import dataclass

from grader.exercises.names import statistic
from grader.report.text import words
from grader.schema import ThresholdResult


@dataclass(frozen=True)
class Bar:
    """One check, with the places of its parts on a bar that is 100 long."""

    check: ThresholdResult
    sign: words.Sign
    statistic: str
    measured: str
    needed: str
    interval: str
    filled: float
    mark: float
    low: float
    high: float
    end: str


def bar(check: ThresholdResult) -> Bar:
    """The check as a bar."""
    end = words.scale(check)
    measured, needed = words.apart(check.measured, check.at_least)
    filled, mark, low, high = (
        round(100 * min(max(value / end, 0.0), 1.0), 1) for value in (check.measured, check.at_least, *check.interval)
    )
    return Bar(
        check=check,
        sign=words.RESULTS[check.result],
        statistic=statistic(check.statistic),
        measured=measured,
        needed=needed,
        interval=words.interval(check),
        filled=filled,
        mark=mark,
        low=low,
        high=high,
        end=f"{end:.3g}",
    )
