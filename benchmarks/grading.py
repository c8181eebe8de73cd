"""Grading alone, warm, in one process on one core: compared with validating the submission, and with growing input.

    python -m benchmarks.grading

Warm means that the exercise's score table and standings are kept, as in a worker, and that every claimed head has been
claimed before. No two submissions of a run are the same. Times are processor time, so that other work on the machine
does not count.
"""

import json
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import yaml

from benchmarks.machine import machine
from benchmarks.ratios import Seconds, compare
from grader import exercises
from grader.exercises import changes
from grader.grading.grade import grade
from grader.grading.standings import Standings
from grader.laboratory import Laboratory
from grader.ledger import LOCAL, Ledger
from grader.measuring.tables.score_table import ScoreTable
from grader.schema import Exercise, Submission
from grader.students.regrading import Regrading
from grader.students.xp import progress

EXERCISE = "mini-heads"
SUBMISSIONS = 300
MOST_TIMES, LEAST_PER_SECOND = 5, 2_000
"""Goals: times the cost of validation, and reports a second."""
CLAIMS = (5, 50)
REPORTS = (100, 10_000)
RUNS_OF_GROWTH = 2
EACH = 5
"""Reports of each student, if there are many students."""
LINEAR = 1.1
"""The highest ratio of times, divided by the ratio of sizes, that counts as linear growth."""

Text = dict[str, Any]


class Growth(NamedTuple):
    """The time that something takes at a small and at a large size."""

    what: str
    sizes: tuple[int, int]
    seconds: tuple[float, float]

    def row(self) -> str:
        """Return a row of the table."""
        sizes, times = (after / before for before, after in (self.sizes, self.seconds))
        per_size = times / sizes
        (small, large), (fast, slow) = self.sizes, self.seconds
        verdict = "worse than linear" if per_size > LINEAR else "linear or better"
        return (
            f"| {self.what} | {small:,} to {large:,} | {1e3 * fast:.3g} ms | {1e3 * slow:.3g} ms | {times:.3g} "
            f"| {per_size:.2f} | {verdict} |"
        )


def different(exercise: Exercise, original: Text, count: int) -> list[bytes]:
    """Return this many variants of a submission as JSON, each with the same kinds and notes on other heads."""
    rng = random.Random(9)  # noqa: S311 - to be repeatable
    layers, heads = exercise.transformer.layers, exercise.transformer.heads
    variants: set[bytes] = set()
    while len(variants) < count:
        claims = [{**each, "layer": rng.randrange(layers), "head": rng.randrange(heads)} for each in original["claims"]]
        variants.add(json.dumps({**original, "claims": claims}).encode())
    return sorted(variants)


def of_claims(exercise: Exercise, claims: int, count: int) -> list[Submission]:
    """Return submissions of this many different claims, all of which are graded."""
    rng = random.Random(claims)  # noqa: S311 - to be repeatable
    layers, heads = exercise.transformer.layers, exercise.transformer.heads
    pairs = [
        {**asked.kind.model_dump(), "layer": layer, "head": head}
        for asked in exercise.kinds
        for layer in range(layers)
        for head in range(heads)
    ]
    return [
        Submission.model_validate(
            {"exercise": exercise.id, "student": "ada", "claims": tuple(rng.sample(pairs, claims))}
        )
        for _ in range(count)
    ]


def timed(work: Callable[[], object]) -> float:
    """Return the seconds of processor time."""
    began = time.process_time()
    work()
    return time.process_time() - began


def every(work: Callable[[Any], object], given: Iterable[object]) -> None:
    """Do the work with each, and discard the results."""
    for each in given:
        work(each)


def best(work: Callable[[], object]) -> float:
    """Return the shortest time of several runs."""
    return min(timed(work) for _ in range(RUNS_OF_GROWTH))


def grading(exercise: Exercise, table: ScoreTable) -> Iterator[str]:
    """Yield the rows about the time of one report."""
    texts = different(exercise, example_of(exercise), SUBMISSIONS)
    read = [Submission.model_validate_json(text) for text in texts]
    standings = Standings(exercise, table)

    def each(work: Callable[[Any], object], given: Sequence[object]) -> Seconds:
        return lambda: timed(lambda: every(work, given)) / len(given)

    validated = each(Submission.model_validate_json, texts)
    warm = compare(each(lambda submission: grade(submission, exercise, table, None, standings), read), validated)
    alone = compare(each(lambda submission: grade(submission, exercise, table), read), validated)
    yield f"| 9 | one report, {len(read[0].claims)} claims, warm | JSON validation | {MOST_TIMES} | {warm.columns()} |"
    per_second = sorted(1 / seconds for seconds in warm.ours)
    low, middle, high = per_second[0], median(per_second), per_second[-1]
    yield (
        f"| 9 | reports a second on one core, warm | | {LEAST_PER_SECOND:,} "
        f"| {low:,.0f} | {middle:,.0f} | {high:,.0f} | | |"
    )
    yield f"| | one report, no standings kept, as at a terminal | JSON validation | | {alone.columns()} |"


def example_of(exercise: Exercise) -> Text:
    """Return the exercise's own submission without its evidence, which is recomputed and not graded."""
    page = (exercises.available()[exercise.id] / "my_heads.yaml").read_bytes()
    example: Text = yaml.load(page, yaml.CSafeLoader)  # noqa: TID251 - the safe loader, in C
    claims = [{key: claim[key] for key in claim if key != "evidence"} for claim in example["claims"]]
    return {**example, "claims": claims}


def grown_claims(exercise: Exercise, table: ScoreTable) -> Growth:
    """Measure reports on few and on many claims."""
    asked = exercise.model_copy(update={"budget": max(CLAIMS)})
    standings = Standings(asked, table)

    def once(claims: int) -> float:
        handed_in = of_claims(asked, claims, SUBMISSIONS)
        return best(lambda: every(lambda each: grade(each, asked, table, None, standings), handed_in)) / SUBMISSIONS

    return Growth("claims in a submission: its report", CLAIMS, (once(CLAIMS[0]), once(CLAIMS[1])))


@contextmanager
def stored(exercise: Exercise, table: ScoreTable, students: Iterable[str]) -> Iterator[Ledger]:
    """Provide a ledger with one report for each of these names."""
    standings = Standings(exercise, table)
    names = list(students)
    handed_in = of_claims(exercise, CLAIMS[0], len(names))
    with TemporaryDirectory() as folder, Ledger(f"sqlite:///{Path(folder) / 'ledger.sqlite3'}") as ledger:
        with ledger.database.connection(write=True) as connection:
            for student, submission in zip(names, handed_in, strict=True):
                named = submission.model_copy(update={"student": student})
                report = grade(named, exercise, table, None, standings)
                ledger.enter(connection, report, LOCAL, datetime.now(UTC))
        yield ledger


def grown_ledger(exercise: Exercise, table: ScoreTable) -> list[Growth]:
    """Measure questions to ledgers with few and with many reports."""
    harder = changes.changed(exercise, ["induction.at_least=0.9"])
    seconds = []
    for reports in REPORTS:
        with stored(exercise, table, (f"student-{number // EACH}" for number in range(reports))) as ledger:
            preview = best(lambda: sum(len(each.effects) for each in Regrading(harder, table).effects(ledger)))
            theirs = best(lambda: progress(ledger.entries("student-1", platform=LOCAL)))
        with stored(exercise, table, repeat("ada", reports)) as ledger:
            own = best(lambda: progress(ledger.entries("ada", platform=LOCAL)))
        seconds.append((preview, theirs, own))
    asked = (
        f"reports, {EACH} of each student: the preview of a regrade",
        f"reports of others: the progress of one with {EACH}",
        "reports of a single student: the progress",
    )
    return [Growth(what, REPORTS, times) for what, times in zip(asked, zip(*seconds, strict=True), strict=True)]


def main() -> None:
    """Measure the heads once, and print both tables."""
    exercise = exercises.load(EXERCISE)
    with TemporaryDirectory() as folder:
        table = Laboratory(exercise, Path(folder)).table
    sys.stdout.write(f"{machine()}\n\n")
    sys.stdout.write("| measure | against | reach | min | median | max | ours | theirs |\n")
    sys.stdout.write("|---|---|---|---|---|---|---|---|\n")
    for row in grading(exercise, table):
        sys.stdout.write(f"{row}\n")
    sys.stdout.write("\n| what grows | size | small | large | times as long | per size ratio | growth |\n")
    sys.stdout.write("|---|---|---|---|---|---|---|\n")
    for growth in [grown_claims(exercise, table), *grown_ledger(exercise, table)]:
        sys.stdout.write(f"{growth.row()}\n")


if __name__ == "__main__":
    main()
