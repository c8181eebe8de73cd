"""The ledger's database: opening it, bringing its tables up to date, transactions, and the meaning of its errors.

It is a SQLite file by default, PostgreSQL by URL. Plain statements go to a SQLite file directly (see
`grader.ledger.sqlite`). SQLAlchemy creates and upgrades the tables, runs the statements of the queue, and reaches
every other database; it is imported only when it is needed.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Self

from grader.base import home
from grader.base.environment import value, whole
from grader.base.errors import GraderError, LedgerError, LedgerUnavailable, SchemaChanged
from grader.ledger import refusal, sqlite
from grader.ledger.addresses import refuse_unusable
from grader.ledger.sqlite import BUSY_SECONDS

if TYPE_CHECKING:
    import sqlalchemy as sa

    from grader.ledger.clock import ClockReading

VARIABLE = "GRADER_DATABASE_URL"
SECONDS_VARIABLE = "GRADER_DATABASE_SECONDS"
SECONDS = 90
"""The time after which a database that does not answer is given up: longer than it may wait for a lock."""
FILE = "ledger.sqlite3"
SCHEMA = "0014"
"""The newest revision under `grader/ledger/migrations`; they count up, always in four digits."""
REVISIONS = "alembic_version"
"""The table in which the migrations note the revision."""
REVISION = "SELECT version_num FROM alembic_version"
REVISION_AND_TIME = "SELECT version_num, clock_timestamp() AS now FROM alembic_version"
REPORTS = "reports"
"""The table by which a ledger is recognized."""
ADVISORY_LOCK = 0x6C656467
"""The PostgreSQL lock that one process at a time holds in `Database.alone`."""
WRITES = "ledger_writes"
"""The option of a connection that will write."""

Execute = Callable[[str, Mapping[str, object]], list[dict[str, Any]]]
"""A function that runs one plain SQL statement and returns its rows; `:name` stands for the value of that name."""


class Contested(LedgerError):
    """Another process wrote the same at the same moment; a second try finds what it wrote."""


class Database:
    """One database whose tables exist and have the right revision."""

    def __init__(self, url: str | None = None, seconds: float | None = None) -> None:
        """Open the database at `url`, else at `GRADER_DATABASE_URL`, else in the home folder; create what is missing.

        A server that has not answered for `seconds`, else for `GRADER_DATABASE_SECONDS`, is given up.

        Raises:
            LedgerUnavailable: It cannot be reached, created or written.
            SchemaChanged: A newer grader made it.
            LedgerError: The URL names no database that every process of the grader finds; or it holds something else.
        """
        self._seconds = seconds or whole(SECONDS_VARIABLE, SECONDS, range(1, 3600))
        self._url = (url or value(VARIABLE)).strip() or _home_url()
        refuse_unusable(self._url, VARIABLE)
        path = sqlite.plain_path(self._url)
        self._file = None if path is None else sqlite.SqliteFile(path)
        self.where = path or _without_password(self._engine)
        """The database, for messages: a path, or a URL with its password hidden."""
        self._opened = False
        self._reading: ClockReading | None = None
        with ExitStack() as failed:
            failed.callback(self.close)
            if not self._is_ready_file():
                self._make_ready()
            failed.pop_all()
        self._opened = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        if self._file is not None:
            self._file.close()
        if "_engine" in vars(self):
            self._engine.dispose()

    def now(self) -> datetime:
        """Return the present time by the clock that all processes of this database share."""
        if self._file is not None:
            return datetime.now(UTC)
        from grader.ledger import clock

        if self._reading is not None and self._reading.is_recent:
            return self._reading.now()
        with self.connection() as connection:
            return clock.now(connection)

    @contextmanager
    def statements(self, write: bool = False) -> Iterator[Execute]:
        """Open a transaction of plain statements, committed at the end.

        Raises:
            Contested: Another process was faster.
            SchemaChanged: Another version of the grader changed the tables meanwhile.
            LedgerError: The database refuses.
        """
        if self._file is None:
            from sqlalchemy.exc import IntegrityError

            try:
                with self.connection(write) as connection:
                    yield through(connection)
            except IntegrityError as problem:
                raise self._contested() from problem
            return
        try:
            with self._file.transaction(write) as direct:
                execute = partial(_rows, direct)
                self._check_unchanged(execute)
                yield execute
        except sqlite3.IntegrityError as problem:
            raise self._contested() from problem
        except sqlite3.Error as problem:
            raise self._refused(problem) from problem

    @contextmanager
    def connection(self, write: bool = False) -> "Iterator[sa.Connection]":
        """Open a transaction of SQLAlchemy's, committed at the end.

        Raises:
            SchemaChanged: Another version of the grader changed the tables meanwhile.
            LedgerError: The database refuses. An `IntegrityError` is passed on.
        """
        with self._transaction(**{WRITES: write}) as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> "Iterator[sa.Connection]":
        """Open a transaction that reads one moment of the database, whatever others write meanwhile."""
        is_file = self._engine.dialect.name == "sqlite"  # it reads one moment in every transaction
        options = {} if is_file else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self._transaction(**options) as connection:
            yield connection

    @contextmanager
    def remade(self) -> "Iterator[sa.Connection]":
        """Open a transaction in which the tables may be made anew, and which takes as long as it needs."""
        with self.alone() as connection:
            _take_time(connection)
            yield connection
            _count_rows(connection)

    @contextmanager
    def alone(self) -> "Iterator[sa.Connection]":
        """Open a transaction that writes while no other `alone` transaction is open, in any process."""
        with self.connection(write=True) as connection:
            if connection.dialect.name == "postgresql":
                through(connection)("SELECT pg_advisory_xact_lock(:number)", {"number": ADVISORY_LOCK})
            yield connection

    def compact(self) -> None:
        """Write the tables anew, so that what was deleted is in none of their files any more.

        Raises:
            LedgerError: The database refuses.
        """
        from sqlalchemy.exc import DBAPIError

        try:
            if self._engine.dialect.name == "sqlite":
                with closing(self._engine.raw_connection()) as raw:
                    sqlite.compact(raw.driver_connection)  # type: ignore[arg-type]  # it is SQLite's own
            else:
                self._vacuum()
        except sqlite3.Error as problem:
            raise self._refused(problem) from problem
        except DBAPIError as problem:
            raise self._refused(problem.orig) from problem

    def _vacuum(self) -> None:
        from grader.ledger.tables import METADATA

        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            _take_time(connection)
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.exec_driver_sql(f"VACUUM (FULL, ANALYZE) {', '.join(METADATA.tables)}")

    @cached_property
    def _engine(self) -> "sa.Engine":
        return _engine(self._url, self._seconds)

    @contextmanager
    def _transaction(self, **options: object) -> "Iterator[sa.Connection]":
        """Open a transaction of SQLAlchemy's with these options of its connection, committed at the end."""
        from sqlalchemy.exc import DBAPIError, IntegrityError

        try:
            with self._begun(options) as connection:
                yield connection
                connection.commit()
        except IntegrityError:
            raise
        except DBAPIError as problem:
            raise self._refused(problem.orig) from problem

    def _begun(self, options: Mapping[str, object]) -> "sa.Connection":
        """Return a connection with a transaction; one that the server ended while nobody used it is made anew."""
        from sqlalchemy.exc import DBAPIError

        try:
            return self._checked(options)
        except DBAPIError as problem:
            if not problem.connection_invalidated:
                raise
        return self._checked(options)

    def _checked(self, options: Mapping[str, object]) -> "sa.Connection":
        """Return a connection whose first statement checks it, the tables' version and the clock, all at once."""
        from grader.ledger import clock

        with ExitStack() as failed:
            connection = failed.enter_context(self._engine.connect().execution_options(**options))
            connection.begin()  # a migration would begin and end one for each step if there was none
            if self._opened and connection.dialect.name == "postgresql":
                _check_revision(self.where, clock.read(connection, REVISION_AND_TIME).version_num)
                self._reading = connection.info[clock.READING]
            else:
                self._check_unchanged(through(connection))
            failed.pop_all()
        return connection

    def _check_unchanged(self, execute: Execute) -> None:
        """Check that the tables are still of this version, so that a process notices a newer one in its next round."""
        if self._opened:
            _check_revision(self.where, execute(REVISION, {})[0]["version_num"])

    def _contested(self) -> Contested:
        return Contested(f"{self.where}: another process wrote the same at the same moment; try again")

    def _refused(self, problem: BaseException | None) -> LedgerUnavailable:
        return LedgerUnavailable(f"{self.where}: {refusal.advice(problem, self.where)}")

    def _is_ready_file(self) -> bool:
        """Return whether it is a SQLite file that is ready: then SQLAlchemy is not imported."""
        if self._file is None:
            return False
        with self.statements() as execute:
            tables = execute("SELECT name FROM sqlite_master WHERE type = 'table'", {})
            return self._is_ready({row["name"] for row in tables}, execute)

    def _make_ready(self) -> None:
        """Create or upgrade the tables where necessary; one process at a time."""
        import sqlalchemy as sa

        with self.connection() as connection:
            encoding = "UTF8"
            if connection.dialect.name == "postgresql":
                encoding = connection.scalar(sa.text("SHOW server_encoding"))
            if encoding != "UTF8":  # other encodings cannot hold every student's name
                raise LedgerError(f"{self.where}: its encoding is {encoding}; create it again, with ENCODING 'UTF8'")
            if self._is_ready(sa.inspect(connection).get_table_names(), through(connection)):
                return
        with self.alone() as connection:
            tables = sa.inspect(connection).get_table_names()
            if not self._is_ready(tables, through(connection)):  # no other process was faster
                from grader.ledger.migrations import upgrade

                _take_time(connection)
                upgrade(connection)
                if tables:
                    _count_rows(connection)

    def _is_ready(self, tables: Collection[str], execute: Execute) -> bool:
        """Return whether the tables exist, in the revision that this code knows."""
        versions = execute(REVISION, {}) if REVISIONS in tables else []
        revision = versions[0]["version_num"] if versions else None
        if revision == SCHEMA:
            return True
        if revision is None and REPORTS not in tables:
            return False
        if revision is None or not (revision.isdecimal() and len(revision) == len(SCHEMA)):
            raise LedgerError(f"{self.where}: its tables are not a ledger's; name another database in {VARIABLE}")
        if revision > SCHEMA:
            raise SchemaChanged(f"{self.where}: {_of_another(revision)}")
        return False


def _check_revision(where: str, revision: str) -> None:
    if revision != SCHEMA:
        raise SchemaChanged(f"{where}: {_of_another(revision)}")


def _of_another(revision: str) -> str:
    if revision > SCHEMA:
        return f"a newer grader wrote it (schema {revision}, ours is {SCHEMA}); upgrade"
    return f"an older copy was put in its place (schema {revision}, ours is {SCHEMA}); start again, to upgrade it"


def through(connection: "sa.Connection") -> Execute:
    """Return a function that runs plain statements inside a transaction of SQLAlchemy's."""
    from sqlalchemy import text

    def execute(sql: str, values: Mapping[str, object]) -> list[dict[str, Any]]:
        result = connection.execute(text(sql), values)
        return [dict(row) for row in result.mappings()] if result.returns_rows else []

    return execute


def _rows(connection: sqlite3.Connection, sql: str, values: Mapping[str, object]) -> list[dict[str, Any]]:
    cursor = connection.execute(sql, dict(values))
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def exists() -> bool:
    """Return whether a ledger was named, or made in the home folder."""
    return bool(value(VARIABLE)) or (home.folder() / FILE).is_file()


def _home_url() -> str:
    """Return the URL of the SQLite file in the home folder; create both if they are missing."""
    try:
        path = home.writable_folder() / FILE
        path.touch(mode=0o600)
    except GraderError as problem:
        raise LedgerError(f"no place for the ledger: {problem}") from problem
    except OSError as problem:
        raise LedgerUnavailable(f"{path}: {refusal.of_file(problem)}") from problem
    return f"{sqlite.SCHEME}{path}"


def _engine(url: str, seconds: float) -> "sa.Engine":
    """Return SQLAlchemy's engine for the database; it opens no connection yet."""
    import sqlalchemy as sa

    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        try:
            engine = sa.create_engine(parsed, isolation_level="READ COMMITTED")
        except ImportError as problem:
            raise LedgerError(f"{parsed!r}: no driver for it ({problem}); install one with pip") from problem
        if (engine.dialect.name, engine.driver) == ("postgresql", "psycopg"):
            from grader.ledger import postgresql

            locks = min(BUSY_SECONDS, seconds)
            sa.event.listen(engine, "do_connect", lambda *told: postgresql.connect(seconds, locks, told[3]))
        return engine
    engine = sa.create_engine(parsed, connect_args={"timeout": BUSY_SECONDS})
    sa.event.listen(engine, "connect", lambda connection, _: sqlite.prepare(connection))
    sa.event.listen(engine, "begin", _begin)
    return engine


def _without_password(engine: "sa.Engine") -> str:
    address = engine.url
    return (address.database or "") if address.get_backend_name() == "sqlite" else str(address)


def _count_rows(connection: "sa.Connection") -> None:
    """Let PostgreSQL see how much the tables hold now: until it does so by itself, it reads them whole."""
    from grader.ledger.tables import METADATA

    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"ANALYZE {', '.join(METADATA.tables)}")


def _take_time(connection: "sa.Connection") -> None:
    """Lift the limits of a connection to PostgreSQL, inside its transaction; it is not used again afterwards."""
    if connection.engine.driver == "psycopg":
        from grader.ledger import postgresql

        postgresql.take_time(connection.connection.driver_connection)
        connection.detach()


def _begin(connection: "sa.Connection") -> None:
    connection.exec_driver_sql(sqlite.beginning(bool(connection.get_execution_options().get(WRITES))))
