"""The meaning of a database's errors: what is wrong and what to do, the same words for SQLite and PostgreSQL."""

import errno
import os
import sqlite3
from pathlib import Path

from grader.ledger.sqlite import BUSY_SECONDS

DAMAGED = "is damaged, or is not a ledger; restore its backup, or move the file away to start a new one"
FORBIDDEN = "cannot be opened or written; check the permissions of the file and its folder"
FULL = "cannot grow, the disk is full; make room and try again"
FAILING = "cannot be read or written: the disk is full, over a quota, or failing; make room and try again"
CRAMPED_BYTES = 64 * 1024
"""With less room than this, an error of input or output is taken for a full disk: SQLite writes 32 KB at a time."""
SQLITE = {
    sqlite3.SQLITE_BUSY: f"was locked by another process for {BUSY_SECONDS} seconds; try again when that one is done",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_CANTOPEN: FORBIDDEN,
    sqlite3.SQLITE_READONLY: FORBIDDEN,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR: FAILING,
}
"""The message on each of SQLite's error codes."""
PERHAPS_FULL = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN})
"""The codes that SQLite also gives where it finds no room for its files beside the database."""
POSTGRESQL = {
    "53100": FULL,
    "53300": "has no connection left; raise its max_connections, or start fewer processes",
    "57P03": "is starting or stopping; it is tried again",
}
"""The message on each of PostgreSQL's error codes."""


def advice(problem: BaseException | None, where: str) -> str:
    """Return what is wrong with the database at `where`, a path or a URL, and what to do."""
    code = getattr(problem, "sqlite_errorcode", -1) & 0xFF
    if code in PERHAPS_FULL and is_full(Path(where)):
        return FULL
    message = " ".join(str(problem).split())
    known = SQLITE.get(code) or POSTGRESQL.get(getattr(problem, "sqlstate", None) or "")
    return known or f"the database refuses ({message}); is it up, and the URL right?"


def of_file(problem: OSError) -> str:
    """Return what is wrong with the ledger's file or folder, and what to do."""
    return FULL if problem.errno in {errno.ENOSPC, errno.EDQUOT} else f"{FORBIDDEN} ({problem.strerror})"


def is_full(file: Path) -> bool:
    """Return whether the disk of this file has no room left."""
    try:
        disk = os.statvfs(file.parent)
    except (OSError, AttributeError):  # Windows has no such call
        return False
    return disk.f_bavail * disk.f_frsize < CRAMPED_BYTES or (disk.f_files > 0 and disk.f_favail == 0)
