"""Something that moves on a terminal while somebody waits, and nothing in a pipe."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def shown(doing: str) -> Iterator[None]:
    """The time in which this is done."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(doing):
        yield
