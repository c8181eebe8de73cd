"""SQLite: a database in one file, opened so that it keeps what it acknowledged, and what its errors mean.

A file is used directly, through Python's own module: to import a library for all databases takes several times as
long as a submission takes to grade.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

SCHEME = "sqlite:///"
BUSY_SECONDS = 60
"""How long a process waits for another one before it gives up."""
POLL_SECONDS = 0.01

DAMAGED = "is damaged, or no ledger; put its backup back, or move it away and a new one is started"
FORBIDDEN = "cannot be opened or written; check the permissions of the file and its folder"
ADVICE = {
    sqlite3.SQLITE_BUSY: f"was locked by another process for {BUSY_SECONDS} seconds; try again when that one is done",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_CANTOPEN: FORBIDDEN,
    sqlite3.SQLITE_READONLY: FORBIDDEN,
    sqlite3.SQLITE_FULL: "cannot grow, the disk is full; make room and try again",
}
"""What to do, by the error's code."""


class SqliteFile:
    """One database file; each transaction has a connection to itself, and an idle one is used again."""

    def __init__(self, path: str) -> None:
        """Nothing is opened yet."""
        self.path = path
        self._idle: list[sqlite3.Connection] = []

    def close(self) -> None:
        """Let go of the file."""
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def transaction(self, write: bool) -> Iterator[sqlite3.Connection]:
        """A transaction, committed at the end; whatever is raised in it undoes it."""
        connection = self._idle.pop() if self._idle else _opened(self.path)
        with ExitStack() as failed:
            failed.callback(connection.close)
            connection.execute(beginning(write))
            yield connection
            connection.execute("COMMIT")
            failed.pop_all()
        self._idle.append(connection)


def named(url: str) -> str | None:
    """The path of the file that the URL names and says nothing more of; None for every other URL."""
    path = url.removeprefix(SCHEME)
    is_plain = path != url and "?" not in path and not path.startswith(("file:", ":")) and path != ""
    return path if is_plain else None


def beginning(write: bool) -> str:
    """How a transaction begins: a writer with its lock, so that it waits here rather than fail half way."""
    return "BEGIN IMMEDIATE" if write else "BEGIN"


def prepare(connection: sqlite3.Connection) -> None:
    """Make SQLite keep what it acknowledged, and let readers and a writer work side by side."""
    connection.isolation_level = None  # transactions begin where `beginning` is said
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as problem:  # this one pragma does not wait by itself
            if problem.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(POLL_SECONDS)


def _opened(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)  # one at a time has it
    with ExitStack() as failed:
        failed.callback(connection.close)
        prepare(connection)
        failed.pop_all()
    return connection
