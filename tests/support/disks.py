"""A small disk for the tests: a tmpfs where one may be mounted, else a limit of SQLite's own."""

import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

BYTES = 1024 * 1024
PAGES = 60
"""Of SQLite, 4 KB each: the limit where nothing may be mounted."""


@contextmanager
def small_disk(folder: Path) -> Iterator[Callable[[], None]]:
    """Make this folder a disk of one megabyte; yield the function that frees it."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={BYTES}", "tmpfs", folder], check=False).returncode
    if mounted == 0:
        ballast = folder / "ballast"
        ballast.write_bytes(bytes(BYTES // 2))
        try:
            yield ballast.unlink
        finally:
            subprocess.run(["umount", "-l", folder], check=True)
        return
    limit = [PAGES]

    def restrain(connection: Any, *_: object) -> None:  # noqa: ANN401 - SQLite's own, from the driver
        connection.execute(f"PRAGMA max_page_count = {limit[0]}")

    sa.event.listen(sa.Engine, "checkout", restrain)
    try:
        yield lambda: limit.__setitem__(0, 100_000)
    finally:
        sa.event.remove(sa.Engine, "checkout", restrain)


@contextmanager
def disk_of(folder: Path, size: int) -> Iterator[Callable[[], None]]:
    """Make this folder a disk of so many bytes for other processes; yield the function that makes it large.

    Where nothing may be mounted, no single file grows larger than that.
    """
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
    if subprocess.run(mount, check=False).returncode == 0:
        try:
            yield lambda: subprocess.run(["mount", "-o", "remount,size=64m", folder], check=True)
        finally:
            subprocess.run(["umount", "-l", folder], check=True)
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
