"""SQLite: a database in one file, opened so that committed data is safe.

A file is opened directly, with Python's own module: to import SQLAlchemy takes several times as long as to grade a
submission.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

SCHEME = "sqlite:///"
BUSY_SECONDS = 60
"""The time for which a process waits for another one."""
POLL_SECONDS = 0.01


class SqliteFile:
    """One database file. Each transaction has its own connection; idle connections are used again."""

    def __init__(self, path: str) -> None:
        """Keep the path; the file is opened by the first transaction."""
        self.path = path
        self._idle: list[sqlite3.Connection] = []

    def close(self) -> None:
        """Close all idle connections."""
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def transaction(self, write: bool) -> Iterator[sqlite3.Connection]:
        """Open a transaction, committed at the end; any exception undoes it."""
        try:
            connection = self._idle.pop()
        except IndexError:  # asked for, not looked up before: another thread may take the last one
            connection = _opened(self.path)
        with ExitStack() as failed:
            failed.callback(connection.close)
            connection.execute(beginning(write))
            yield connection
            connection.execute("COMMIT")
            failed.pop_all()
        self._idle.append(connection)


def plain_path(url: str) -> str | None:
    """Return the file path of a plain `sqlite:///path` URL; None for every other URL."""
    path = url.removeprefix(SCHEME)
    is_plain = path != url and "?" not in path and not path.startswith(("file:", ":")) and path != ""
    return path if is_plain else None


def compact(connection: sqlite3.Connection) -> None:
    """Write the file anew, without what was deleted from it, and empty the log of writes beside it."""
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def beginning(write: bool) -> str:
    """Return the statement that begins a transaction; a writer takes its lock at once, so that it cannot fail later."""
    return "BEGIN IMMEDIATE" if write else "BEGIN"


def prepare(connection: sqlite3.Connection) -> None:
    """Make committed data survive a crash, and let readers work while somebody writes."""
    connection.isolation_level = None  # transactions begin with the statement of `beginning` only
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as problem:  # this pragma does not wait by itself
            if problem.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(POLL_SECONDS)


def _opened(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)  # one thread at a time has it
    with ExitStack() as failed:
        failed.callback(connection.close)
        prepare(connection)
        failed.pop_all()
    return connection
