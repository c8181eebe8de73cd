"""The effect of reduced precision on every shipped exercise whose weights are on this machine.

python -m benchmarks.precision
"""

import os
import sys
import time
from collections.abc import Iterator
from typing import get_args

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing is downloaded

from grader import exercises
from grader.base.errors import TransformerNotFound
from grader.grading.standings import KindStandings, Standing
from grader.measuring.scan import scan
from grader.measuring.transformer import load
from grader.schema import Exercise, Precision

Standings = dict[tuple[str, int, int], Standing]
"""By the kind's name, layer and head."""


def measured(exercise: Exercise, precision: Precision) -> tuple[Standings, float]:
    """Return every head under every kind, and the seconds of the scan."""
    loaded, source = load(exercise.transformer, dtype=precision), exercise.transformer
    kinds = [asked.kind for asked in exercise.kinds]
    start = time.perf_counter()
    scanned = scan(loaded.model, loaded.tokenizer, exercise.probes, kinds, causal=source.family == "decoder")
    took = time.perf_counter() - start
    return {
        (asked.name, *place): standing
        for asked, scores in zip(exercise.kinds, scanned, strict=True)
        for place, standing in KindStandings(exercise, asked, scores).items()
    }, took


def rows() -> Iterator[str]:
    """Yield the table's lines."""
    yield "| exercise | precision | scan | verdicts changed | borderline changed | largest score difference | mean |"
    yield "|---|---|---|---|---|---|---|"
    for name in exercises.available():
        exact: Standings = {}
        for precision in get_args(Precision):
            try:
                standings, took = measured(exercises.load(name), precision)
            except TransformerNotFound:
                yield f"| {name} | its weights are missing | | | | | |"
                break
            exact = exact or standings
            gaps = [abs(standings[place].measured.score - exact[place].measured.score) for place in exact]
            changed = sum(standings[place].confirmed != exact[place].confirmed for place in exact)
            borderline = sum(standings[place].borderline != exact[place].borderline for place in exact)
            differ = f"{changed} of {len(exact)} | {borderline} | {max(gaps):.4f} | {sum(gaps) / len(gaps):.5f}"
            yield f"| {name} | {precision} | {took:.1f} s | {differ} |"


if __name__ == "__main__":
    for line in rows():
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
