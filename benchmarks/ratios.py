"""Two ways of doing the same, timed in turn: what one takes as a part of what the other takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

RUNS = 5
"""Of each way, in turn, so that whatever else the machine does meanwhile falls on both."""

Seconds = Callable[[], float]
"""Does it once, and returns what it took."""


@dataclass(frozen=True)
class Compared:
    """What both took in each run, in seconds."""

    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ratios(self) -> tuple[float, ...]:
        """Ours over theirs, run by run."""
        return tuple(ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True))

    def told(self, unit: str = "s") -> str:
        """Minimum, median and maximum of the ratio, and the medians behind it."""
        low, middle, high = min(self.ratios), median(self.ratios), max(self.ratios)
        ours, theirs = (
            _time(median(taken)) if unit == "s" else f"{median(taken):.0f} {unit}" for taken in (self.ours, self.theirs)
        )
        return f"{low:.2f} | {middle:.2f} | {high:.2f} | {ours} | {theirs}"


def compare(ours: Seconds, theirs: Seconds, runs: int = RUNS) -> Compared:
    """Both, `runs` times in turn, after one of each that does not count."""
    ours(), theirs()
    found = in_turn({"ours": ours, "theirs": theirs}, runs)
    return Compared(found["ours"], found["theirs"])


def in_turn(ways: Mapping[str, Seconds], runs: int = RUNS) -> dict[str, tuple[float, ...]]:
    """What each way took in each of its runs: all of them once, then all of them again, and so on."""
    rounds = [{name: once() for name, once in ways.items()} for _ in range(runs)]
    return {name: tuple(taken[name] for taken in rounds) for name in ways}


def _time(seconds: float) -> str:
    return (
        f"{seconds:.2f} s"
        if seconds >= 1
        else f"{1e3 * seconds:.3g} ms"
        if seconds >= 1e-3
        else f"{1e6 * seconds:.3g} µs"
    )
