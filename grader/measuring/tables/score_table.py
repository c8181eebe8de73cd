"""The scores of every head of one transformer under every kind of one exercise; readable without torch.

A table is computed once and kept under the hash of all that it follows from: the exercise's transformer, probes and
kinds, and a `Basis`. What is read back is what was written, with the shape that the exercise asks for; anything else is
measured again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import ValidationError, model_validator

from grader.base.errors import BeingMeasured, ScoreTableError
from grader.base.files import read_cache, write_cache
from grader.measuring.tables.digests import basis_of, unversioned
from grader.schema import REFERENCE, Basis, Exercise, Kind, Measurement, Reading, Record, Statistic

if TYPE_CHECKING:
    from grader.measuring.tables.carried import Carried

FITTING = ("transformer", "code", "precision", "device")
"""The parts of a basis in which carried scores must be as those that would be measured here."""
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
    """The hash of the key under which it is kept, and of the probes."""
    transformer: str
    digest: str
    seed: int
    layers: int
    heads: int
    kinds: tuple[KindScores, ...]
    basis: Basis | None = None
    """None if the scores were written by hand, as in tests."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if not all(map(self._fits, self._grids())):
            raise ValueError(f"a grid does not have {self.layers} layers of {self.heads} heads")
        decided = (scores.measured_on(scores.decides) for scores in self.kinds)
        if not all(decided):
            raise ValueError("the statistic that decides was measured on no slice")
        return self

    def _grids(self) -> Iterator[Grid]:
        """Yield every grid of the table."""
        for scores in self.kinds:
            for column in (column for part in scores.slices for column in part.statistics):
                yield from (column.value, column.low, column.high)
            yield from (alike.value for alike in scores.resemblances)

    def _fits(self, grid: Grid) -> bool:
        return len(grid) == self.layers and all(len(row) == self.heads for row in grid)

    @property
    def is_reference(self) -> bool:
        """True if it was measured on the CPU, or written by hand."""
        return self.basis is None or self.basis.device == REFERENCE

    def scores(self, kind: Kind) -> KindScores | None:
        """Return all heads under this kind, or None if it was not measured."""
        return next((scores for scores in self.kinds if scores.kind.name == kind.name), None)


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


def table_key(exercise: Exercise, basis: Basis) -> str:
    """Return the hash under which the exercise's table is kept: of its transformer, probes and kinds, and the basis."""
    parts = [
        exercise.transformer.name,
        exercise.transformer.family,
        exercise.probes.model_dump_json(),
        *(kind.full_name for kind in exercise.kinds),
        basis.model_dump_json(exclude={"probes"}),
    ]
    return sha256("\n".join(parts).encode()).hexdigest()


def content_key(key: str, basis: Basis | None) -> str:
    """Return the key of a table that is kept under `key` and has this basis."""
    if basis is None:
        return key
    elsewhere = f"\n{basis.device}" if basis.device != REFERENCE else ""
    return sha256(f"{key}\n{basis.probes}{elsewhere}".encode()).hexdigest()


def kept(folder: Path, key: str) -> ScoreTable | None:
    """Return the table that is kept under this key; None if there is none that can be used.

    Raises:
        ScoreTableError: There is something that cannot be read.
    """
    path = folder / f"{key}.json"
    try:
        raw = read_cache(path)
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror}); move it away, and its heads are measured again"
        raise ScoreTableError(message) from error
    try:
        table = ScoreTable.model_validate_json(raw) if raw else None
    except ValidationError:
        return None
    return table if table is not None and table.key == content_key(key, table.basis) else None


def keep(folder: Path, key: str, table: ScoreTable) -> None:
    """Write the table in such a way that two processes may race: a reader sees a whole table or none."""
    write_cache(folder / f"{key}.json", table.model_dump_json().encode())


@dataclass(frozen=True)
class TableStore:
    """The place of one exercise's table."""

    folder: Path
    exercise: Exercise
    basis: Basis
    """All that its scores follow from, except for the probes and the device."""
    carried: "Carried | None" = None
    """The scores that the exercise carries in its folder."""
    takes_any: bool = True
    """True if a table of another device than the CPU is taken where it is kept."""

    @cached_property
    def key(self) -> str:
        """The key under which the table is kept."""
        return table_key(self.exercise, self.basis)

    def current(self) -> ScoreTable | None:
        """Return the kept table, else the carried one; None if there is neither, or if it is not of this exercise."""
        table = kept(self.folder, self.key)
        fits = table is not None and self._fits(table) and (self.takes_any or table.is_reference)
        return table if fits else self.fitting()

    def fitting(self) -> ScoreTable | None:
        """Return the carried table if it follows from what one that is measured here would follow from."""
        table = self.carried.table if self.carried else None
        return table if table is not None and self._is_as_measured_here(table) else None

    def misfits(self) -> list[str]:
        """Return what keeps the carried table from being used: parts of its basis, else `exercise`; none if it fits."""
        table = self.carried.table if self.carried else None
        if table is None or table.basis is None or self._is_as_measured_here(table):
            return []
        parts = [part for part in FITTING if getattr(self.basis, part) != getattr(table.basis, part)]
        return parts or ["exercise"]

    def table(self, compute: Callable[[str], ScoreTable], *, waits: bool = True) -> ScoreTable:
        """Return the kept table, else the computed one, which is then kept; one process at a time computes.

        Args:
            compute: From the key to the table.
            waits: Whether to wait for another process that computes.

        Raises:
            BeingMeasured: Another process computes it, and the caller does not wait.
        """
        if (table := self.current()) is not None:
            return table
        with self._alone(waits=waits):
            table = self.current()  # somebody may have been faster
            if table is None:
                table = compute(self.key)
                keep(self.folder, self.key, table)
            return table

    def filled(self, scores: tuple[KindScores, ...], probes: str, device: str = REFERENCE) -> ScoreTable:
        """Return the table with these scores, measured on probes with this digest and on this kind of device."""
        source = self.exercise.transformer
        basis = self.basis.model_copy(update={"probes": probes, "device": device})
        return ScoreTable(
            key=content_key(self.key, basis),
            transformer=source.name,
            digest=basis.transformer,
            seed=self.exercise.probes.seed,
            layers=source.layers,
            heads=source.heads,
            kinds=scores,
            basis=basis,
        )

    @contextmanager
    def _alone(self, *, waits: bool) -> Iterator[None]:
        """Hold the lock under which the table is computed."""
        from filelock import FileLock, Timeout

        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / f"{self.key}.lock", timeout=-1 if waits else 0)
        try:
            lock.acquire()
        except Timeout:
            name = self.exercise.transformer.name
            message = f"the heads of {name} are being measured by another process; try again when it is done"
            raise BeingMeasured(message) from None
        except OSError as error:
            raise ScoreTableError(f"{lock.lock_file} cannot be written ({error.strerror}); move it away") from error
        try:
            yield
        finally:
            lock.release()

    def _is_as_measured_here(self, table: ScoreTable) -> bool:
        """Return whether a table from elsewhere follows from what one of here would, save for libraries' versions."""
        basis = table.basis
        return (
            basis is not None
            and unversioned(basis) == unversioned(self.basis)
            and table.key == content_key(table_key(self.exercise, basis), basis)
            and self._fits(table)
        )

    def _fits(self, table: ScoreTable) -> bool:
        """Return whether the table is one of this exercise, by all that it says of itself."""
        source = self.exercise.transformer
        return (table.transformer, table.digest, table.seed, table.layers, table.heads) == (
            source.name,
            self.basis.transformer,
            self.exercise.probes.seed,
            source.layers,
            source.heads,
        ) and [scores.kind.full_name for scores in table.kinds] == [kind.full_name for kind in self.exercise.kinds]


def store_of(
    folder: Path,
    exercise: Exercise,
    transformer_digest: str,
    carried: "Carried | None" = None,
    *,
    takes_any: bool = True,
) -> TableStore:
    """Return the place of the exercise's table, measured on the transformer with this digest.

    With `takes_any`, a table of another device than the CPU is taken as well.
    """
    types, precision = [kind.type for kind in exercise.kinds], exercise.probes.precision
    basis = basis_of(transformer_digest, types, precision, folder)
    return TableStore(folder, exercise, basis, carried, takes_any)
