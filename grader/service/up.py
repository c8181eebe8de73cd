"""The service that `grade up` runs on this machine: where it keeps its things, and whether it runs right now.

Whoever holds the lock on its folder runs it; a lock ends with its process, however that dies.
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
"""How long a lock is tried for: somebody may just be looking whether it is held."""
PAUSE_SECONDS = 0.05


class Facts(Record):
    """What a running `grade up` says of itself."""

    pid: int
    queue: str
    """Without a user and a password."""
    metrics: str
    """Where Prometheus may ask; empty for nowhere."""


class AlreadyUp(GraderError):
    """The service runs on this machine already."""

    exit_code = 2


def folder() -> Path:
    """Where it keeps its things, whether there are any or not."""
    return home.folder() / FOLDER


def url_file(user: str) -> Path:
    """The file that holds the queue's URL for this Redis user, password and all."""
    return folder() / "urls" / user


@contextmanager
def alone() -> Iterator[None]:
    """The time in which this process is the one that runs the service.

    Raises:
        AlreadyUp: Another one is.
    """
    with (home.writable_folder(FOLDER) / LOCK).open("ab") as lock:
        until = time.monotonic() + PATIENCE_SECONDS
        while not _locked(lock, shared=False):
            if time.monotonic() > until:
                raise AlreadyUp(_told(_facts()))
            time.sleep(PAUSE_SECONDS)
        yield


def running() -> Facts | None:
    """What runs right now; None where nothing does, or it is not far enough to say something of itself."""
    try:
        with (folder() / LOCK).open("rb") as lock:
            if _locked(lock, shared=True):
                return None
    except OSError:
        return None
    return _facts()


def tell(facts: Facts) -> None:
    """Leave these facts for others to read; asked by whoever is `alone`."""
    write_whole(folder() / FACTS, facts.model_dump_json().encode())


def forget() -> None:
    """Leave nothing to read."""
    (folder() / FACTS).unlink(missing_ok=True)


def _facts() -> Facts | None:
    try:
        return Facts.model_validate_json((folder() / FACTS).read_bytes())
    except (OSError, ValidationError):
        return None


def _told(facts: Facts | None) -> str:
    if facts is None:
        return f"`grade up` is running already, from {folder()}; it is only just starting, or stopping"
    message = f"`grade up` is running already: process {facts.pid}, queue {facts.queue}, from {folder()}"
    return f"{message}; stop it with Ctrl-C where it runs, or with: kill {facts.pid}"


def _locked(file: IO[bytes], *, shared: bool) -> bool:
    """Whether the lock was to be had."""
    import fcntl  # not on Windows, where nothing can be up

    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
