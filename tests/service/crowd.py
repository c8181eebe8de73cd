"""Real processes that do something to one database at the same moment."""

import multiprocessing
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

Done = TypeVar("Done")
SIZE = 3
"""Processes: one more than the guaranteed cores, so that some are interrupted."""


class Crowd:
    """A few processes, started once; each calls a function of a module, with arguments that can be pickled."""

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(SIZE, multiprocessing.get_context("spawn"))

    def close(self) -> None:
        """Stop them."""
        self._pool.shutdown()

    def do(self, what: Callable[..., Done], *arguments: Sequence[Any]) -> list[Done]:
        """Call `what` in as many processes as there are arguments, all at once; return the results."""
        assert len(arguments) <= SIZE
        with TemporaryDirectory() as meeting:
            places = [Path(meeting, str(number)) for number in range(len(arguments))]
            futures = [
                self._pool.submit(_meet, places, place, what, given)
                for place, given in zip(places, arguments, strict=True)
            ]
            return [future.result() for future in futures]


def _meet(places: Sequence[Path], own: Path, what: Callable[..., Done], arguments: Sequence[Any]) -> Done:
    own.touch()
    while not all(place.exists() for place in places):
        time.sleep(0.0005)
    return what(*arguments)
