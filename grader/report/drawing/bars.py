"""A check as a bar: measured value, interval and threshold on one scale."""

from dataclasses import dataclass

from grader.base.numbers import measured_and_needed
from grader.exercises.names import STATISTICS, statistic
from grader.report.text import words
from grader.schema import ThresholdResult


@dataclass(frozen=True)
class Bar:
    """One check, with the positions of its parts on a bar that is 100 long."""

    check: ThresholdResult
    sign: words.Sign
    term: str
    """The statistic, as a word of the glossary."""
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
    """Return the check as a bar."""
    end = words.bar_end(check)
    measured, needed = measured_and_needed(check.measured, check.at_least)
    filled, mark, low, high = (
        round(100 * min(max(value / end, 0.0), 1.0), 1) for value in (check.measured, check.at_least, *check.interval)
    )
    return Bar(
        check=check,
        sign=words.RESULTS[check.result],
        term=STATISTICS[check.statistic],
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
