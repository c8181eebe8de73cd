"""Files that are written whole: a reader sees the old file or the new one, also while several processes write it.

What the grader keeps for itself is sealed: read back only as it was written, under the name that it was written to.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import IO
from uuid import uuid4

PRIVATE = 0o600
"""Permissions for the owner alone."""
FOR_ALL = 0o666
"""Permissions that the user's own mask narrows."""
SEAL = 65
"""The length of a seal in bytes: the end of a line, and a checksum."""

unfinished: set[Path] = set()
"""Files and folders that must not outlive what is being done; they are also removed when Ctrl-C ends the process
without unwinding it."""


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
def being_written(path: Path) -> Iterator[IO[bytes]]:
    """Open a private file beside `path` that takes its place once it is whole; of an error nothing is left."""
    temporary = path.with_name(f".writing-{uuid4().hex}")
    with passing(temporary):
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)


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
    """Remove the file or folder at the end of the `with` block, also if it is interrupted."""
    unfinished.add(path)
    try:
        yield
    finally:
        removed(path)
        unfinished.discard(path)


def removed(path: Path) -> None:
    """Remove a file, or a folder with all that is in it; it may be gone already."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def write_cache(path: Path, content: bytes) -> None:
    """Write what can be computed again, with a checksum behind it; a disk that does not take it is no error."""
    with suppress(OSError):
        write_whole(path, content + _seal(path, content))


def read_cache(path: Path) -> bytes | None:
    """Return the content that `write_cache` wrote; None if there is no file, or anything else stands in it.

    Raises:
        OSError: It cannot be read: a folder lies in its place, for example.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    content = raw[:-SEAL]
    return content if raw[-SEAL:] == _seal(path, content) else None


def _seal(path: Path, content: bytes) -> bytes:
    return b"\n" + sha256(path.name.encode() + b"\0" + content).hexdigest().encode("ascii")
