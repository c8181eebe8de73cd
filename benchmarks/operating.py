"""The operating curves of every shipped exercise whose weights are on this machine, at several sizes of its probes.

python -m benchmarks.operating

A probe of another size is reckoned, not measured: with four times as many sequences, intervals are half as wide.
"""

import os
import sys
from collections.abc import Iterator
from math import sqrt

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing is downloaded

from grader import exercises
from grader.base import home
from grader.base.errors import TransformerNotFound
from grader.grading.calibration.operating import operating_curve
from grader.grading.calibration.records import Curve
from grader.laboratory import Laboratory
from grader.measuring.tables.score_table import Grid, KindScores, Slice, Statistics
from grader.schema import AskedKind

SIZES = (1, 2, 4, 8)


def grown(scores: KindScores, times: float) -> KindScores:
    """Return the scores with the intervals of a probe that is so many times as large."""

    def nearer(ends: Grid, values: Grid) -> Grid:
        return tuple(
            tuple(value + (end - value) / sqrt(times) for end, value in zip(*rows, strict=True))
            for rows in zip(ends, values, strict=True)
        )

    def column(of: Statistics) -> Statistics:
        return of.model_copy(update={"low": nearer(of.low, of.value), "high": nearer(of.high, of.value)})

    def part(of: Slice) -> Slice:
        return of.model_copy(
            update={"queries": round(of.queries * times), "statistics": tuple(map(column, of.statistics))}
        )

    return scores.model_copy(update={"slices": tuple(map(part, scores.slices))})


def row(asked: AskedKind, scores: KindScores) -> str:
    """Return the table's line of one kind."""
    curve, favour = operating_curve(asked, scores, "not_yet"), operating_curve(asked, scores, "in_favour")
    queries = "; ".join(f"{part.queries} ({part.independent})" for part in curve.slices)
    sizes = [_rates(operating_curve(asked, grown(scores, times), "not_yet")) for times in SIZES]
    flips = f"{100 * _contradictions(curve):.1f} % | {100 * _contradictions(favour):.0f} %"
    return f"| {asked.name} | {queries} | {_rate(favour.confirmed_at[1])} | {' | '.join(sizes)} | {flips} |"


def rows() -> Iterator[str]:
    """Yield the tables' lines."""
    sizes = " | ".join(f"x {times}" for times in SIZES)
    for name in exercises.available():
        exercise = exercises.load(name)
        laboratory = Laboratory(exercise, home.writable_folder(home.TABLES))
        try:
            table = laboratory.table
        except TransformerNotFound:
            yield f"{name}: its weights are missing\n"
            continue
        yield f"{name}\n"
        yield f"| kind | queries (independent) | in favour | {sizes} | flips | flips in favour |"
        yield f"|---|---|---|{'---|' * len(SIZES)}---|---|"
        yield from (row(asked, scores) for asked in exercise.kinds if (scores := table.scores(asked.kind)))
        yield ""


def _rates(curve: Curve) -> str:
    """Return the rates that are refuted in 95, and confirmed in 50 and in 95 of 100 probes."""
    return " ".join(map(_rate, (curve.refuted_at[0], *curve.confirmed_at[1:])))


def _rate(rate: float | None) -> str:
    return "none" if rate is None else f"{rate:.2f}".removeprefix("0")


def _contradictions(curve: Curve) -> float:
    """Return the chance that one of two probes confirms what the other refutes, at the worst true rate."""
    return max(2 * point.confirmed * point.refuted for point in curve.points)


if __name__ == "__main__":
    for line in rows():
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
