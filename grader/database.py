"""The database under the ledger: how to open it, bring its tables up to date, and what its errors mean.

SQLite by default, PostgreSQL by URL. What is particular to one of them stays here.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Self

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError

from grader import home
from grader.environment import value
from grader.errors import GraderError, LedgerError
from grader.tables import REPORTS

VARIABLE = "GRADER_DATABASE_URL"
FILE = "ledger.sqlite3"
SCHEMA = "0002"
"""The newest revision under `grader/migrations`; they count up, always in four digits."""
REVISIONS = sa.table("alembic_version", sa.column("version_num"))
"""Where the migrations note how far they have come."""
BUSY_SECONDS = 60
"""How long a process waits for another one before it gives up; PostgreSQL also ends what holds a lock idly so long."""
ADVISORY_LOCK = 0x6C656467
"""The number of the PostgreSQL lock under which one process at a time decides on something."""
WRITES = "ledger_writes"
"""The option of a connection that is going to write."""

DAMAGED = "is damaged, or no ledger; put its backup back, or move it away and a new one is started"
FORBIDDEN = "cannot be opened or written; check the permissions of the file and its folder"
SQLITE_ADVICE = {
    sqlite3.SQLITE_BUSY: f"was locked by another process for {BUSY_SECONDS} seconds; try again when that one is done",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_CANTOPEN: FORBIDDEN,
    sqlite3.SQLITE_READONLY: FORBIDDEN,
    sqlite3.SQLITE_FULL: "cannot grow, the disk is full; make room and try again",
}


class Database:
    """The tables in one database, there and of the right revision."""

    def __init__(self, url: str | None = None) -> None:
        """Open the database at `url`, else at `GRADER_DATABASE_URL`, else in the home folder; create what is missing.

        Raises:
            LedgerError: It cannot be reached, created or written, holds something else, or a newer grader
                made it.
        """
        self._engine = _engine(url or value(VARIABLE) or _home_url())
        address = self._engine.url
        self.where = address.database if address.get_backend_name() == "sqlite" else str(address)
        """The database, for messages: a path, or a URL with its password hidden."""
        with ExitStack() as failed:
            failed.callback(self.close)
            self._make_ready()
            failed.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @contextmanager
    def connection(self, write: bool = False) -> Iterator[sa.Connection]:
        """A transaction, committed at the end.

        Raises:
            LedgerError: The database refuses; an `IntegrityError` is passed on.
        """
        try:
            with self._engine.connect().execution_options(**{WRITES: write}) as connection, connection.begin():
                yield connection
        except IntegrityError:
            raise
        except DBAPIError as problem:
            code = getattr(problem.orig, "sqlite_errorcode", -1) & 0xFF
            said = " ".join(str(problem.orig).split())
            advice = SQLITE_ADVICE.get(code, f"the database refuses ({said}); is it up, and the URL right?")
            raise LedgerError(f"{self.where}: {advice}") from problem

    @contextmanager
    def alone(self) -> Iterator[sa.Connection]:
        """A transaction that writes while no other one opened in this way does, in any process."""
        with self.connection(write=True) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(ADVISORY_LOCK)))
            yield connection

    def _make_ready(self) -> None:
        """See to it that the tables are there and of the right revision; one process at a time."""
        with self.connection() as connection:
            encoding = "UTF8"
            if connection.dialect.name == "postgresql":
                encoding = connection.scalar(sa.text("SHOW server_encoding"))
            if encoding != "UTF8":  # students have names that others cannot hold
                raise LedgerError(f"{self.where}: its encoding is {encoding}; make it anew, with ENCODING 'UTF8'")
            if self._is_ready(connection):
                return
        with self.alone() as connection:
            if not self._is_ready(connection):  # nobody was faster
                from grader.migrations import upgrade

                upgrade(connection)

    def _is_ready(self, connection: sa.Connection) -> bool:
        """Whether the tables are there, in the one revision that this code knows."""
        tables = set(sa.inspect(connection).get_table_names())
        revision = connection.scalar(sa.select(REVISIONS)) if REVISIONS.name in tables else None
        if revision == SCHEMA:
            return True
        if revision is None and REPORTS.name not in tables:
            return False
        if revision is None or not (revision.isdecimal() and len(revision) == len(SCHEMA)):
            raise LedgerError(f"{self.where}: its tables are not a ledger's; name another database by {VARIABLE}")
        if revision > SCHEMA:
            raise LedgerError(f"{self.where}: a newer grader wrote it (schema {revision}, ours is {SCHEMA}); upgrade")
        return False


def _home_url() -> str:
    """The URL of the SQLite file in the home folder, which is made ready for it."""
    try:
        path = home.writable_folder() / FILE
        path.touch(mode=0o600)
    except GraderError as problem:
        raise LedgerError(f"no place for the ledger: {problem}") from problem
    except OSError as problem:
        raise LedgerError(f"{path}: {FORBIDDEN} ({problem.strerror})") from problem
    return f"sqlite:///{path}"


def _engine(url: str) -> sa.Engine:
    """How to reach the database; nothing is opened yet."""
    try:
        parsed = sa.make_url(url)
    except ArgumentError as problem:
        raise LedgerError(f"{VARIABLE}: not a database URL; write it like postgresql://user@host/name") from problem
    if parsed.get_backend_name() != "sqlite":
        try:
            engine = sa.create_engine(parsed, pool_pre_ping=True, isolation_level="READ COMMITTED")
        except (ImportError, ArgumentError) as problem:
            raise LedgerError(f"{parsed!r}: no driver for it ({problem}); install one with pip") from problem
        if engine.dialect.name == "postgresql":
            sa.event.listen(engine, "connect", _patience)
        return engine
    engine = sa.create_engine(parsed, connect_args={"timeout": BUSY_SECONDS})
    sa.event.listen(engine, "connect", _settings)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _patience(connection: DBAPIConnection, _: object) -> None:
    """Make PostgreSQL end the transaction of a process that is frozen or cut off: nobody waits for it for ever."""
    with closing(connection.cursor()) as cursor:
        for setting in ("lock_timeout", "idle_in_transaction_session_timeout"):
            cursor.execute(f"SET {setting} = '{BUSY_SECONDS}s'")
    connection.commit()


def _settings(connection: sqlite3.Connection, _: object) -> None:
    """Make SQLite keep what it acknowledged, and let readers and a writer work side by side."""
    connection.isolation_level = None  # transactions begin in `_begin`
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
        time.sleep(0.01)


def _begin(connection: sa.Connection) -> None:
    """Begin a writer with its lock, so that it waits here rather than fail half way."""
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(WRITES) else "BEGIN")
