"""The service that `grade up` runs on this machine: its folder, its lock, and the facts that it leaves.

The process that holds the lock on the folder runs the service. The lock ends with its process, however that dies.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from grader.base import home
from grader.base.errors import GraderError
from grader.base.files import write_whole
from grader.schema import Record

FOLDER = "service"
LOCK = "lock"
FACTS = "up.json"
PATIENCE_SECONDS = 1.0
"""The time for which a lock is tried: another process may just be testing it."""
PAUSE_SECONDS = 0.05


class Facts(Record):
    """The facts about a running `grade up`."""

    pid: int
    queue: str
    """Its URL, without user and password."""
    metrics: str
    """The URL for Prometheus; empty for none."""
    web: str = ""
    """The web door's address on this machine; empty for none."""


class AlreadyUp(GraderError):
    """The service runs on this machine already."""

    exit_code = 2


def folder() -> Path:
    """Return the service's folder, whether it exists or not."""
    return home.folder() / FOLDER


def url_file(user: str) -> Path:
    """Return the file that holds the queue's URL for this Redis user, with the password."""
    return folder() / "urls" / user


@contextmanager
def alone() -> Iterator[None]:
    """Hold the lock, so that no other process runs the service.

    Raises:
        AlreadyUp: Another one does.
    """
    with (home.writable_folder(FOLDER) / LOCK).open("ab") as lock:
        until = time.monotonic() + PATIENCE_SECONDS
        while not _locked(lock, shared=False):
            if time.monotonic() > until:
                raise AlreadyUp(_already_up(_facts()))
            time.sleep(PAUSE_SECONDS)
        yield


def running() -> Facts | None:
    """Return the facts about the running service; None if none runs, or if it is only starting."""
    try:
        with (folder() / LOCK).open("rb") as lock:
            if _locked(lock, shared=True):
                return None
    except OSError:
        return None
    return _facts()


def tell(facts: Facts) -> None:
    """Leave these facts for other processes; to be called while `alone`."""
    write_whole(folder() / FACTS, facts.model_dump_json().encode())


def forget() -> None:
    """Remove the facts."""
    (folder() / FACTS).unlink(missing_ok=True)


def _facts() -> Facts | None:
    try:
        return Facts.model_validate_json((folder() / FACTS).read_bytes())
    except (OSError, ValidationError):
        return None


def _already_up(facts: Facts | None) -> str:
    if facts is None:
        return f"`grade up` is running already, from {folder()}; it is just starting or stopping"
    message = f"`grade up` is running already: process {facts.pid}, queue {facts.queue}, from {folder()}"
    return f"{message}; stop it with Ctrl-C where it runs, or with: kill {facts.pid}"


def _locked(file: IO[bytes], *, shared: bool) -> bool:
    """Try to take the lock, and return whether it was free."""
    import fcntl  # missing on Windows, where the service cannot run

    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
