"""Results that are kept one by one beside the score table: readable without torch.

Each is kept under the hash of all that it follows from. What is read back is what was written; anything else is
measured again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import ValidationError

from grader.base.files import read_cache, write_cache
from grader.measuring.tables.carried import Carried
from grader.schema import Record

R = TypeVar("R", bound=Record)


class ResultStore(NamedTuple):
    """The place of results that are measured one by one: a set of heads, a head, a sentence."""

    folder: Path
    follows_from: tuple[str, ...]
    """All that every result of it follows from, in words, but for the versions of libraries."""
    versions: str
    """The short name of these versions, under which a result is kept beside its key."""
    carried: Carried | None = None
    """The results that the exercise carries in its folder."""

    def key(self, *parts: object) -> str:
        """Return the key of a result with these parts, the same under all versions of libraries."""
        return sha256("\0".join([*self.follows_from, *map(str, parts)]).encode()).hexdigest()

    def look_up(self, key: str, record: type[R]) -> R | None:
        """Return the result that is kept under this key, else the carried one; None if there is none to be used."""
        with suppress(OSError, ValidationError):
            if raw := read_cache(self._path(key)):
                return record.model_validate_json(raw)
        return self.carried.result(key, record) if self.carried else None

    def all_kept(self) -> dict[str, bytes]:
        """Return all results in the folder, as JSON, by their keys."""
        files = {file.name.partition("-")[0]: read_cache(file) for file in sorted(self.folder.glob("*.json"))}
        return {key: raw for key, raw in files.items() if raw}

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
                self.keep(key, known := measure())
            return known

    def keep(self, key: str, result: Record) -> None:
        """Write the result, to be looked up under this key."""
        write_cache(self._path(key), result.model_dump_json().encode())

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
        return self.folder / f"{key}-{self.versions}.json"
