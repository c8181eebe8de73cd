"""Two ways of doing the same, timed in turn, and the ratio of their times."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

RUNS = 5
"""Runs of each way, in turn, so that other work on the machine affects both."""

Seconds = Callable[[], float]
"""Does something once, and returns the time."""


@dataclass(frozen=True)
class Compared:
    """The times of both in each run, in seconds."""

    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ratios(self) -> tuple[float, ...]:
        """Ours divided by theirs, run by run."""
        return tuple(ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True))

    def columns(self, unit: str = "s") -> str:
        """Return minimum, median and maximum of the ratio, and the medians of both times."""
        low, middle, high = min(self.ratios), median(self.ratios), max(self.ratios)
        ours, theirs = (
            _time(median(times)) if unit == "s" else f"{median(times):.0f} {unit}" for times in (self.ours, self.theirs)
        )
        return f"{low:.2f} | {middle:.2f} | {high:.2f} | {ours} | {theirs}"


def compare(ours: Seconds, theirs: Seconds, runs: int = RUNS) -> Compared:
    """Time both, `runs` times in turn, after one run of each that does not count."""
    ours(), theirs()
    times = in_turn({"ours": ours, "theirs": theirs}, runs)
    return Compared(times["ours"], times["theirs"])


def in_turn(ways: Mapping[str, Seconds], runs: int = RUNS) -> dict[str, tuple[float, ...]]:
    """Return the times of each way: all ways are run once, then all of them again, and so on."""
    rounds = [{name: once() for name, once in ways.items()} for _ in range(runs)]
    return {name: tuple(times[name] for times in rounds) for name in ways}


def _time(seconds: float) -> str:
    return (
        f"{seconds:.2f} s"
        if seconds >= 1
        else f"{1e3 * seconds:.3g} ms"
        if seconds >= 1e-3
        else f"{1e6 * seconds:.3g} µs"
    )
