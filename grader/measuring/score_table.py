"""The scores of every head of one transformer under every kind of one exercise; readable without torch.

A table is computed once and kept under the hash of what it follows from: the transformer's digest, the probes'
settings and seed, the kinds, and the code that measures. It holds the digest of the probes that it was measured on and
the versions of the libraries that built them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from grader.base.errors import BeingMeasured, ScoreTableError
from grader.base.files import write_cache
from grader.measuring.digests import ProbesBuilt, code_digest, versions
from grader.schema import Exercise, Kind, Measurement, Reading, Record, Statistic

Grid = tuple[tuple[float, ...], ...]
"""One number for each head, [layer][head]."""


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


class Resemblance(Record):
    """The agreement of all heads with a look-alike of the kind, on the kind's probe."""

    name: str
    value: Grid
    """The fraction of asked queries whose most attended key is one that the look-alike looks at."""
    chance: float
    """The same fraction for a head that looks anywhere."""


class KindScores(Record):
    """All heads under one kind."""

    kind: Kind
    decides: Statistic
    baseline: float
    blind_head: str
    slices: tuple[Slice, ...]
    resemblances: tuple[Resemblance, ...] = ()

    @property
    def widest(self) -> float:
        """The width of the widest interval of the deciding statistic, over all heads and slices."""
        return max(
            high - low
            for part in self.slices
            for column in part.statistics
            if column.statistic == self.decides
            for lows, highs in zip(column.low, column.high, strict=True)
            for low, high in zip(lows, highs, strict=True)
        )

    def measured_on(self, statistic: Statistic) -> tuple[str, ...]:
        """The names of the slices on which the statistic was measured."""
        return tuple(part.name for part in self.slices if any(c.statistic == statistic for c in part.statistics))


class ScoreTable(Record):
    """All heads under all kinds of an exercise."""

    key: str
    """The content hash of the table: of the key under which it is kept, and of the probes."""
    transformer: str
    digest: str
    seed: int
    layers: int
    heads: int
    kinds: tuple[KindScores, ...]
    probes: ProbesBuilt | None = None
    """None if no probes were built: the scores were written by hand, as in tests."""

    def scores(self, kind: Kind) -> KindScores | None:
        """Return all heads under this kind, or None if it was not measured."""
        return next((scores for scores in self.kinds if scores.kind.name == kind.name), None)

    @property
    def is_current(self) -> bool:
        """True if the libraries that are installed are those that built its probes."""
        return self.probes is None or self.probes.versions == versions()


def measurement(scores: KindScores, layer: int, head: int, deciding: tuple[str, ...] = ()) -> Measurement:
    """Return the measurement of one head; its score is the deciding statistic on its worst slice.

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


def table_key(exercise: Exercise, transformer_digest: str, folder: Path | None = None) -> str:
    """Return the hash under which the exercise's table is kept: of transformer, probes, seed, kinds and code.

    In `folder`, where tables are kept, `code_digest` keeps what makes its next call fast.
    """
    parts = [
        exercise.transformer.name,
        transformer_digest,
        exercise.transformer.family,
        exercise.probes.model_dump_json(),
        *(kind.full_name for kind in exercise.kinds),
        code_digest((kind.type for kind in exercise.kinds), folder),
    ]
    return sha256("\n".join(parts).encode()).hexdigest()


def content_key(key: str, probes: ProbesBuilt | None) -> str:
    """Return the key of a table that is kept under `key` and was measured on these probes."""
    return key if probes is None else sha256(f"{key}\n{probes.digest}".encode()).hexdigest()


def kept(folder: Path, key: str) -> ScoreTable | None:
    """Return the table that is kept under this key, whatever built its probes; None if there is none.

    Raises:
        ScoreTableError: The file cannot be read, or is not a score table.
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
    if table.key != content_key(key, table.probes):
        raise ScoreTableError(damaged)
    return table


def keep(folder: Path, key: str, table: ScoreTable) -> None:
    """Write the table in such a way that two processes may race: a reader sees a whole table or none."""
    write_cache(folder / f"{key}.json", table.model_dump_json().encode())


@dataclass(frozen=True)
class TableStore:
    """The place of one exercise's table."""

    folder: Path
    key: str
    name: str
    """The transformer's name, for messages."""

    def current(self) -> ScoreTable | None:
        """Return the kept table; None if there is none, or if other versions of libraries built its probes."""
        table = kept(self.folder, self.key)
        return table if table is not None and table.is_current else None

    def table(
        self, compute: Callable[[str], ScoreTable], probes_digest: Callable[[], str], *, waits: bool = True
    ) -> ScoreTable:
        """Return the kept table, else the computed one, which is then kept; one process at a time computes.

        A table whose probes were built by other versions of libraries is held against the probes that the installed
        ones build: the same tokens and targets leave it as it is, others have it computed anew.

        Args:
            compute: From the key to the table.
            probes_digest: Builds the probes with what is installed.
            waits: Whether to wait for another process that computes.

        Raises:
            BeingMeasured: Another process computes it, and the caller does not wait.
        """
        if (table := self.current()) is not None:
            return table
        from filelock import FileLock, Timeout

        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.folder / f"{self.key}.lock", timeout=-1 if waits else 0):
                table = self.current()  # somebody may have been faster
                if table is None:
                    table = self._confirmed(probes_digest) or compute(self.key)
                    keep(self.folder, self.key, table)
                return table
        except Timeout:
            message = f"the heads of {self.name} are being measured by another process; try again when it is done"
            raise BeingMeasured(message) from None

    def _confirmed(self, probes_digest: Callable[[], str]) -> ScoreTable | None:
        """Return the kept table with the installed versions beside it, if these build the same probes."""
        table = kept(self.folder, self.key)
        if table is None or table.probes is None or table.probes.digest != probes_digest():
            return None
        return table.model_copy(update={"probes": ProbesBuilt(digest=table.probes.digest, versions=versions())})


def store_of(folder: Path, exercise: Exercise, transformer_digest: str) -> TableStore:
    """Return the place of the exercise's table, measured on the transformer with this digest."""
    return TableStore(folder, table_key(exercise, transformer_digest, folder), exercise.transformer.name)
