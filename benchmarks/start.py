"""The start-up time of `grade`: whole processes compared with the bare import of what every command needs.

    python -m benchmarks.start

Each measure is taken twice: as elapsed time, and as processor time, which other work affects less. Warm means that the
heads have been measured and the ledger exists. The heavy imports of a warm submission are printed as well.
"""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.machine import machine
from benchmarks.ratios import Compared, compare
from grader import exercises
from grader.base import home

RUNS = 15
"""Many runs, because the times of short processes vary much."""
BARE = "import typer, pydantic, yaml"
LIBRARIES = "import torch, transformers"
EXERCISE, SUBMISSION = "mini-heads", "my_heads.yaml"
HEAVY = ("torch", "transformers", "numpy", "sqlalchemy", "alembic", "rich")
IMPORTED = (
    "import sys; from grader.cli import main\n"
    "try: main()\n"
    f"finally: print(*sorted(set({HEAVY!r}) & set(sys.modules)) or ['none'], file=sys.stderr)"
)
"""A program that runs a command and then prints which of the heavy packages are imported."""


class Measure(NamedTuple):
    """One command, and its goal: the most times the bare import's time."""

    number: int
    name: str
    arguments: Sequence[str]
    reach: float


def measures(file: str) -> tuple[Measure, ...]:
    """Return the commands that must be fast, on this submission."""
    return (
        Measure(6, "`grade submit`, warm", ("submit", file), 1.8),
        Measure(6, "the same, as JSON", ("submit", file, "--format", "json"), 1.8),
        Measure(7, "`grade --help`", ("--help",), 1.5),
        Measure(7, "`grade check`", ("check", file), 1.5),
    )


def elapsed(command: Sequence[str], environment: dict[str, str]) -> float:
    """Return the seconds from start to end of a process."""
    begun = time.perf_counter()
    _run(command, environment)
    return time.perf_counter() - begun


def processor(command: Sequence[str], environment: dict[str, str]) -> float:
    """Return the processor seconds of a process, in its own code and in the system's."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(command, environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


CLOCKS: dict[str, Callable[[Sequence[str], dict[str, str]], float]] = {"elapsed": elapsed, "processor": processor}


def rows(folder: Path) -> Iterator[str]:
    """Yield the table, line by line; the exercise is measured in this folder first."""
    grade = str(Path(sys.executable).with_name("grade"))
    bare = [sys.executable, "-c", BARE]
    file = str(exercises.available()[EXERCISE] / SUBMISSION)
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("GRADER_", "PYTHON"))}
    environment[home.VARIABLE] = str(folder)
    _run([grade, "submit", file], environment)  # cold; after it, all code is compiled, as it is after an installation
    yield "| measure | against | reach | min | median | max | ours | theirs |"
    yield "|---|---|---|---|---|---|---|---|"
    for measure in measures(file):
        for clock_name, clock in CLOCKS.items():
            times = compare(
                lambda clock=clock, measure=measure: clock([grade, *measure.arguments], environment),  # type: ignore[misc]
                lambda clock=clock: clock(bare, environment),  # type: ignore[misc]
                RUNS,
            )
            name = f"{measure.number}. {measure.name}, {clock_name}"
            yield f"| {name} | `{BARE}` | <= {measure.reach:g} | {times.columns()} |"
    yield f"| 8. first verdict, cold, elapsed | `{LIBRARIES}` | <= 1 | {cold(grade, file, environment).columns()} |"
    imported = _run([sys.executable, "-c", IMPORTED, "submit", file], environment).split()
    yield f"\nOf {', '.join(HEAVY)}, a warm submission imports: {', '.join(imported)}."


def cold(grade: str, file: str, environment: dict[str, str]) -> Compared:
    """Compare a submission before anything is measured with the import of the libraries that it needs."""

    def first() -> float:
        with TemporaryDirectory() as folder:
            return elapsed([grade, "submit", file], {**environment, home.VARIABLE: folder})

    return compare(first, lambda: elapsed([sys.executable, "-c", LIBRARIES], environment))


def _run(command: Sequence[str], environment: dict[str, str]) -> str:
    """Return what the process prints on stderr; exit code 1 is a submission that does not pass."""
    done = subprocess.run(  # noqa: S603 - our own commands
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
    )
    if done.returncode not in {0, 1}:
        raise SystemExit(done.stderr)
    return done.stderr


def main() -> None:
    """Measure, and print the table."""
    sys.stdout.write(f"{machine()}\n\n")
    with TemporaryDirectory() as folder:
        for row in rows(Path(folder)):
            sys.stdout.write(f"{row}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
