"""The scores of every head of one transformer under every kind of one exercise; readable without torch.

A table is computed once and kept under the hash of what it follows from: the transformer's digest, the
probes' settings and seed, the kinds, and the code that measures.
"""

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from grader.base.errors import BeingMeasured, ScoreTableError
from grader.base.files import write_whole
from grader.schema import Exercise, Kind, Measurement, Reading, Record, Statistic

Grid = tuple[tuple[float, ...], ...]
"""Layer, then head."""

MEASURING_CODE = (
    "kinds",
    "kinds/types",
    "measuring/attention.py",
    "measuring/baselines.py",
    "measuring/bootstrap.py",
    "measuring/patterns.py",
    "measuring/pooling.py",
    "measuring/probes",
    "measuring/scan.py",
    "measuring/sentence.py",
    "measuring/transformer/load.py",
)
"""What a score follows from besides its inputs; a change here makes every kept table stale."""


class Statistics(Record):
    """One statistic of all heads on one slice, with the ends of its 95 % interval."""

    statistic: Statistic
    value: Grid
    low: Grid
    high: Grid


class Slice(Record):
    """The queries that are pooled under one name."""

    name: str
    queries: int
    statistics: tuple[Statistics, ...]


class KindScores(Record):
    """All heads under one kind."""

    kind: Kind
    decides: Statistic
    baseline: float
    blind_head: str
    slices: tuple[Slice, ...]

    def measured_on(self, statistic: Statistic) -> tuple[str, ...]:
        """The names of the slices on which the statistic was measured."""
        return tuple(part.name for part in self.slices if any(c.statistic == statistic for c in part.statistics))


class ScoreTable(Record):
    """All heads under all kinds of an exercise."""

    key: str
    transformer: str
    digest: str
    seed: int
    layers: int
    heads: int
    kinds: tuple[KindScores, ...]

    def scores(self, kind: Kind) -> KindScores | None:
        """All heads under this kind, or None where it was not measured."""
        return next((scores for scores in self.kinds if scores.kind.name == kind.name), None)


def measurement(scores: KindScores, layer: int, head: int, deciding: tuple[str, ...] = ()) -> Measurement:
    """What was measured of one head; its score is the deciding statistic on its worst slice.

    `deciding` names the slices that may decide; none named: all.
    """
    readings = [
        Reading(
            statistic=column.statistic,
            on=part.name,
            value=column.value[layer][head],
            interval=(column.low[layer][head], column.high[layer][head]),
        )
        for part in scores.slices
        for column in part.statistics
    ]
    candidates = [r for r in readings if r.statistic == scores.decides and (not deciding or r.on in deciding)]
    worst = min(candidates, key=lambda reading: reading.value)
    at_worst = {reading.statistic: reading.value for reading in readings if reading.on == worst.on}
    return Measurement(
        share=at_worst["share"],
        hit_rate=at_worst["hit_rate"],
        baseline=scores.baseline,
        score=worst.value,
        interval=worst.interval,
        queries=next(part.queries for part in scores.slices if part.name == worst.on),
        readings=tuple(readings),
    )


@cache
def code_digest() -> str:
    """SHA-256 of the source files that a score follows from."""
    digest = sha256()
    root = Path(__file__).parents[1]
    for name in MEASURING_CODE:
        entry = root / name
        files = [entry] if entry.is_file() else sorted(entry.iterdir(), key=lambda file: file.name)
        for file in files:
            if file.name.endswith(".py"):
                digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def table_key(exercise: Exercise, transformer_digest: str) -> str:
    """The content hash under which the exercise's table is kept: transformer, probes, seed, kinds and code."""
    parts = [
        exercise.transformer.name,
        transformer_digest,
        exercise.transformer.family,
        exercise.probes.model_dump_json(),
        *(kind.name for kind in exercise.kinds),
        code_digest(),
    ]
    return sha256("\n".join(parts).encode()).hexdigest()


def kept(folder: Path, key: str) -> ScoreTable | None:
    """The kept table, or None where there is none.

    Raises:
        ScoreTableError: a file is there but cannot be read, or is no score table.
    """
    path = folder / f"{key}.json"
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ScoreTableError(f"{path} cannot be read: {error.strerror}") from error
    damaged = f"{path} is damaged; delete it and it will be computed again"
    try:
        table = ScoreTable.model_validate_json(raw)
    except ValidationError as error:
        raise ScoreTableError(damaged) from error
    if table.key != key:
        raise ScoreTableError(damaged)
    return table


def keep(folder: Path, table: ScoreTable) -> None:
    """Write the table so that two processes may race: a reader sees a whole table or none."""
    write_whole(folder / f"{table.key}.json", table.model_dump_json().encode())


def table_for(
    folder: Path,
    exercise: Exercise,
    transformer_digest: str,
    compute: Callable[[str], ScoreTable],
    *,
    waits: bool = True,
) -> ScoreTable:
    """The exercise's table: the kept one, else computed under its key and kept, by one process at a time.

    Raises:
        BeingMeasured: another process computes it, and the caller does not wait.
    """
    key = table_key(exercise, transformer_digest)
    table = kept(folder, key)
    if table is not None:
        return table
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / f"{key}.lock", timeout=-1 if waits else 0):
            table = kept(folder, key)  # somebody may have been faster
            if table is None:
                table = compute(key)
                keep(folder, table)
            return table
    except Timeout:
        message = (
            f"the heads of {exercise.transformer.name} are being measured by another process; try again when it is done"
        )
        raise BeingMeasured(message) from None
