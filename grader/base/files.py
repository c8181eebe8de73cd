"""Atomic writes: a reader sees the old file or the new one, also while several processes write it or a disk is full."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

PRIVATE = 0o600
"""Permissions for the owner alone."""
FOR_ALL = 0o666
"""Permissions that the user's own mask narrows."""

unfinished: set[Path] = set()
"""Files that must not outlive what is being done; who ends the process without unwinding it removes them."""


def write_whole(path: Path, content: bytes, mode: int = FOR_ALL) -> None:
    """Write a temporary file in the same folder, then move it into place; create the folder if it is missing.

    Writes straight to non-files such as `/dev/stdout`. Follows symbolic links.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    with _written(path, content, mode) as temporary:
        temporary.replace(path)


def write_once(path: Path, content: bytes) -> bytes:
    """Write a private file unless it exists, and return what it holds: the content of the first who wrote it."""
    if not path.exists():
        with _written(path, content, PRIVATE) as temporary, suppress(FileExistsError):
            path.hardlink_to(temporary)
    return path.read_bytes()


@contextmanager
def _written(path: Path, content: bytes, mode: int) -> Iterator[Path]:
    """Yield a temporary file beside `path` that holds the whole content; it is gone afterwards."""
    temporary = path.with_name(f".writing-{uuid4().hex}")
    with passing(temporary):
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield temporary


@contextmanager
def passing(path: Path) -> Iterator[None]:
    """Remove the file at the end of the `with` block, also if it is interrupted."""
    unfinished.add(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        unfinished.discard(path)
