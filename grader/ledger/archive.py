"""The archive of a ledger: all its rows as plain values, read in one moment and put back in one transaction.

It is the same for every database. So what was read from a SQLite file can be put into PostgreSQL, and an archive of an
older grader passes through the same migrations as its tables would have.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

import sqlalchemy as sa
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from grader.base.errors import LedgerError
from grader.ledger.database import REVISION, REVISIONS, SCHEMA, through
from grader.ledger.ledger import Ledger
from grader.ledger.migrations import upgrade
from grader.ledger.tables import METADATA

OVER = "sessions"
"""The table that is not put back: people sign in again."""
TOGETHER = 500
"""Rows that are read or written at once."""

Row = dict[str, Any]
"""A row's values by the names of its columns; each is text, a number or None."""


class Moment:
    """All rows of a ledger as they were at one moment."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.tables = [table.name for table in METADATA.sorted_tables]
        """The names of the tables; a table stands behind those that its rows refer to."""

    def rows(self, table: str) -> Iterator[Row]:
        """Yield all rows of a table; a row comes after those of the same table that it refers to."""
        columns = METADATA.tables[table]
        query = sa.select(columns).order_by(*columns.primary_key).execution_options(yield_per=TOGETHER)
        for row in self._connection.execute(query).mappings():
            yield dict(row)


@contextmanager
def moment(ledger: Ledger) -> Iterator[Moment]:
    """Read the ledger as it is now; others may go on writing.

    Raises:
        LedgerError: The database refuses.
    """
    with ledger.database.snapshot() as connection:
        yield Moment(connection)


def counts(ledger: Ledger) -> dict[str, int]:
    """Return the number of rows of each table that has any."""
    with ledger.database.connection() as connection:
        found = {
            table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in METADATA.sorted_tables
        }
    return {name: count for name, count in found.items() if count}


def put_back(ledger: Ledger, schema: str, tables: Mapping[str, Iterable[Row]]) -> None:
    """Put these rows, which tables of this schema held, in place of everything that the ledger holds.

    All of it succeeds, or nothing changes.

    Raises:
        LedgerError: A newer grader wrote them, they do not fit their tables, or the database refuses.
    """
    if schema > SCHEMA:
        raise LedgerError(f"a newer grader wrote it (schema {schema}, ours is {SCHEMA}); upgrade")
    try:
        with ledger.database.remade() as connection:
            METADATA.drop_all(connection)
            through(connection)(f"DROP TABLE {REVISIONS}", {})
            upgrade(connection, schema)
            _fill(connection, tables)
            if through(connection)(REVISION, {})[0]["version_num"] != SCHEMA:
                upgrade(connection)
    except (SQLAlchemyError, CommandError) as problem:
        reason = str(getattr(problem, "orig", None) or problem).splitlines()[0]
        raise LedgerError(f"{ledger.where}: the rows do not fit ({reason}); nothing was changed") from problem


def _fill(connection: sa.Connection, tables: Mapping[str, Iterable[Row]]) -> None:
    """Put the rows into empty tables, in the order of these, which is not that of any file."""
    there = sa.MetaData()
    there.reflect(connection)
    if unknown := [name for name in tables if name not in there.tables or name == REVISIONS]:
        raise LedgerError(f"there are no tables for {', '.join(unknown)}; nothing was changed")
    for table in there.sorted_tables:
        rows = iter(() if table.name == OVER else tables.get(table.name, ()))
        while some := list(islice(rows, TOGETHER)):
            connection.execute(sa.insert(table), some)
        if connection.dialect.name == "postgresql" and "id" in table.c:
            _count_on(connection, table.name)


def _count_on(connection: sa.Connection, table: str) -> None:
    """Let new rows be numbered after those that brought their numbers along."""
    connection.execute(
        sa.text(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table} "  # noqa: S608 - our own name
            "HAVING max(id) IS NOT NULL AND pg_get_serial_sequence(:table, 'id') IS NOT NULL"
        ),
        {"table": table},
    )
