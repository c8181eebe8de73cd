"""Causal evidence as it is kept beside the score table: readable without torch.

Each result is kept under the hash of all that it follows from. What is read back is what was written; anything else is
measured again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from grader.base.files import read_cache, write_cache
from grader.measuring.tables.score_table import Grid
from grader.schema import HeadIndex, Kind, Record, Scope, SetEffect

R = TypeVar("R", bound=Record)


class KindScopes(Record):
    """The part of each head's attention on ordinary text that a kind explains; empty if text has none of the kind."""

    kind: Kind
    value: Grid = ()
    low: Grid = ()
    high: Grid = ()

    def of(self, head: HeadIndex) -> Scope | None:
        """Return the scope of one head."""
        layer, number = head
        if not self.value:
            return None
        return Scope(value=self.value[layer][number], interval=(self.low[layer][number], self.high[layer][number]))


class CausalTable(Record):
    """The effects of all single heads under each kind with a measure, and of the sets that the kinds suggest."""

    key: str
    effects: tuple[SetEffect, ...]


@dataclass(frozen=True)
class CausalStore:
    """The place of causal evidence."""

    folder: Path
    follows_from: tuple[str, ...]
    """All that every result of it follows from, in words."""

    def key(self, *parts: object) -> str:
        """Return the key of a result with these parts."""
        return sha256("\0".join([*self.follows_from, *map(str, parts)]).encode()).hexdigest()

    def look_up(self, key: str, record: type[R]) -> R | None:
        """Return the result that is kept under this key; None if there is none that can be used."""
        try:
            raw = read_cache(self._path(key))
            return record.model_validate_json(raw) if raw else None
        except (OSError, ValidationError):
            return None

    def kept(self, key: str, record: type[R], measure: Callable[[], R], *, alone: bool = False) -> R:
        """Return the result that is kept under this key, else the measured one, which is then kept.

        Two processes may measure the same: a reader sees a whole result or none, and both results are equal. With
        `alone`, which is for what takes minutes, the second one waits for the first.
        """
        if (known := self.look_up(key, record)) is not None:
            return known
        with self._alone(key) if alone else nullcontext():
            known = self.look_up(key, record) if alone else None  # somebody may have been faster
            if known is None:
                known = measure()
                write_cache(self._path(key), known.model_dump_json().encode())
            return known

    @contextmanager
    def _alone(self, key: str) -> Iterator[None]:
        """Hold the lock under which a result is measured; where none can be written, nobody shares the folder."""
        from filelock import FileLock

        lock = FileLock(self.folder / f"{key}.lock")
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"
