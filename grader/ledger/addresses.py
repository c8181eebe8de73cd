"""Addresses of databases: a ledger is in one place, which every process finds and which outlives them all."""

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from grader.base.errors import LedgerError
from grader.ledger.sqlite import plain_path

if TYPE_CHECKING:
    from sqlalchemy import URL

BACKENDS = {"sqlite": "pysqlite", "postgresql": "psycopg"}
"""The databases that a ledger may be in, each with its driver."""
OPTIONS = frozenset({"uri", "mode", "cache", "immutable"})
"""The options that the URL of a SQLite file may have; the ledger sets all others itself."""
WRITE = "write it like postgresql://user@host/name, or sqlite:////var/lib/grader/ledger.sqlite3"
ABSOLUTE = "a SQLite file needs its whole path, like sqlite:////var/lib/grader/ledger.sqlite3 with four slashes"


def refuse_unusable(url: str, name: str) -> None:
    """Refuse a URL that names no such place, or one that the ledger does not know.

    Args:
        url: The URL; that of a plain SQLite file needs no library to be read.
        name: The setting that it comes from, for the message.

    Raises:
        LedgerError: It is refused; the message says what to write.
    """
    if (path := plain_path(url)) is not None:
        _refuse_relative(path, name)
        return
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as problem:
        raise LedgerError(f"{name}: not a database URL; {WRITE}") from problem
    backend = parsed.get_backend_name()
    if backend not in BACKENDS:
        raise LedgerError(f"{name}: {parsed!r}: a ledger is in PostgreSQL or SQLite, not in {backend}; {WRITE}")
    _refuse_driver(parsed, name)
    if backend == "sqlite":
        _refuse_passing(parsed, name)


def _refuse_driver(url: "URL", name: str) -> None:
    """Refuse a driver that is not installed, or whose calls do not wait for an answer."""
    backend = url.get_backend_name()
    advice = f"leave it out, or write {backend}+{BACKENDS[backend]}://"
    try:
        dialect = url.get_dialect()
        dialect.import_dbapi()
    except Exception as problem:  # a driver that is half installed may raise anything
        message = f"{name}: {url!r}: no driver for it ({problem}); install one with pip, or {advice}"
        raise LedgerError(message) from problem
    if dialect.is_async:
        raise LedgerError(f"{name}: {url!r}: the grader cannot use this driver; {advice}")


def _refuse_passing(url: "URL", name: str) -> None:
    """Refuse a SQLite database that is in one process's memory, or at a place that depends on the working folder."""
    path, options = url.database or "", dict(url.query)
    if path.startswith("file:"):
        parts = urlsplit(path)
        path, options = unquote(parts.path), options | dict(each.partition("=")[::2] for each in parts.query.split("&"))
    if path in ("", ":memory:") or options.get("mode") == "memory" or options.get("vfs") == "memdb":
        message = "is a database in memory, which every process has for itself and which ends with it"
        raise LedgerError(f"{name}: {url!r} {message}; {ABSOLUTE}")
    _refuse_relative(path, name)
    if url.host or not url.query.keys() <= OPTIONS or url.query.get("uri", "true") != "true":
        raise LedgerError(f"{name}: {url!r} has more in it than a path; {ABSOLUTE}")


def _refuse_relative(path: str, name: str) -> None:
    if not Path(path).is_absolute():
        raise LedgerError(f"{name}: {ABSOLUTE}, not {path}")
