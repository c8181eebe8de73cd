"""Atomic writes: a reader sees the old file or the new one, also while several processes write it."""

import os
from contextlib import suppress
from pathlib import Path
from uuid import uuid4


def write_whole(path: Path, content: bytes) -> None:
    """Write a temporary file in the same folder, then move it into place; create the folder if it is missing.

    Writes straight to non-files such as `/dev/stdout`. Follows symbolic links.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".writing-{uuid4().hex}")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_cache(path: Path, content: bytes) -> None:
    """Write as `write_whole` what can be computed again: a disk that does not take it is no error."""
    with suppress(OSError):
        write_whole(path, content)
