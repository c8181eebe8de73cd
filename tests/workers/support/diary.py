"""A diary of one ledger's submissions: every change of state, written by the database itself as it happens."""

from typing import NamedTuple

import sqlalchemy as sa

from grader.ledger import Ledger

TABLE = "CREATE TABLE diary (id {number}, job INTEGER, was TEXT, became TEXT)"
NOTE = "INSERT INTO diary (job, was, became) VALUES (NEW.id, OLD.state, NEW.state)"
EACH = "AFTER UPDATE OF state ON submissions FOR EACH ROW WHEN (OLD.state <> NEW.state)"
STATEMENTS = {
    "sqlite": (
        TABLE.format(number="INTEGER PRIMARY KEY"),
        f"CREATE TRIGGER diary_keeper {EACH} BEGIN {NOTE}; END",
    ),
    "postgresql": (
        TABLE.format(number="SERIAL PRIMARY KEY"),
        f"CREATE FUNCTION note() RETURNS trigger AS $$ BEGIN {NOTE}; RETURN NEW; END $$ LANGUAGE plpgsql",
        f"CREATE TRIGGER diary_keeper {EACH} EXECUTE FUNCTION note()",
    ),
}
"""The statements that make each database keep a diary."""


class Change(NamedTuple):
    """One submission went from one state to another."""

    job: int
    was: str
    became: str


def begin(ledger: Ledger) -> None:
    """Keep a diary from now on."""
    with ledger.database.connection(write=True) as connection:
        for statement in STATEMENTS[connection.dialect.name]:
            connection.exec_driver_sql(statement)


def changes(ledger: Ledger) -> list[Change]:
    """Return all changes so far, in order."""
    with ledger.database.connection() as connection:
        return [Change(*row) for row in connection.execute(sa.text("SELECT job, was, became FROM diary ORDER BY id"))]


def length(ledger: Ledger) -> int:
    """Return the number of changes so far."""
    with ledger.database.connection() as connection:
        return int(connection.scalar(sa.text("SELECT count(*) FROM diary")))
