"""Mutated inputs until the time is up; every finding is printed with what repeats it.

`python -m benchmarks.fuzz --seconds 600`; a case again: `python -m benchmarks.fuzz --target NAME --seed N --cases 1`.
"""

import argparse
import random
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

from benchmarks.fuzz import (
    conllu,
    exercises,
    gguf_headers,
    queue_entries,
    recorded_patterns,
    submissions,
    transformer_folders,
)

Case = Callable[[random.Random, Path], None]

TARGETS: dict[str, Case] = {
    "conllu": conllu.case,
    "exercises": exercises.case,
    "gguf_headers": gguf_headers.case,
    "queue_entries": queue_entries.case,
    "recorded_patterns": recorded_patterns.case,
    "submissions": submissions.case,
    "transformer_folders": transformer_folders.case,
}
"""A function each that writes a mutated input to a folder and runs the real code on it.

It raises nothing if the input is answered properly, be it as bad input.
"""
MOST_SECONDS = 5.0
"""The latest answer."""


def main() -> int:
    """Run the cases of all targets in turn; return 1 if there is a finding."""
    options = _options()
    warnings.simplefilter("ignore")
    targets = [options.target] if options.target else list(TARGETS)
    findings, seed, end = 0, options.seed, time.monotonic() + options.seconds
    for name in targets:  # imports and caches are no part of the first case
        _finding(name, 0)
    while time.monotonic() < end and seed - options.seed != options.cases:
        for name in targets:
            if finding := _finding(name, seed):
                findings += 1
                print(f"{name}, seed {seed}: {finding}", flush=True)  # noqa: T201 - a script's output
        seed += 1
    done = f"{seed - options.seed} cases of each of {', '.join(targets)}"
    print(f"{done}: {findings} findings")  # noqa: T201 - a script's output
    return 1 if findings else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="when no further case begins")
    parser.add_argument("--seed", type=int, default=1, help="of the first case; the others count on")
    parser.add_argument("--cases", type=int, default=-1, help="how many of each target, if not until the time is up")
    parser.add_argument("--target", choices=sorted(TARGETS), help="only this one")
    return parser.parse_args()


def _finding(name: str, seed: int) -> str:
    """Return what is wrong with the answer to a case, empty if nothing is."""
    rng = random.Random(f"{name} {seed}")  # noqa: S311 - drawn to be repeatable
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        try:
            TARGETS[name](rng, Path(folder))
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # noqa: BLE001 - any error at all is a finding
            return f"an error that names nobody's fault\n{traceback.format_exc()}"
        took = time.monotonic() - started
    return f"answered after {took:.1f} s" if took > MOST_SECONDS else ""


if __name__ == "__main__":
    sys.exit(main())
