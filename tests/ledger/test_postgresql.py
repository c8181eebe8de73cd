"""The parts of the ledger that only PostgreSQL has."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from grader.base.errors import LedgerError
from grader.ledger import Ledger
from grader.ledger.database import BUSY_SECONDS
from grader.ledger.tables import METADATA
from tests.support.postgres import OTHERS, administer, database, planned_for


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with database("postgresql", tmp_path) as fresh:
        yield fresh


def test_nobody_waits_for_ever_and_each_statement_sees_what_was_committed(url: str) -> None:
    """Even if the database is configured otherwise: a decision sees the data that was there when its lock was taken."""
    name = sa.make_url(url).database
    administer(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")

    with Ledger(url) as ledger, ledger.database.alone() as connection:
        settings = {
            setting: connection.scalar(sa.text(f"SHOW {setting}"))
            for setting in ("lock_timeout", "idle_in_transaction_session_timeout", "transaction_isolation")
        }
    assert BUSY_SECONDS == 60
    assert list(settings.values()) == ["1min", "1min", "read committed"]


def test_a_database_that_cannot_hold_every_name_is_refused(url: str) -> None:
    other = sa.make_url(url).set(database=f"latin_{sa.make_url(url).database}")
    administer(f"CREATE DATABASE {other.database} ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'")

    with pytest.raises(LedgerError, match="its encoding is LATIN1; create it again, with ENCODING 'UTF8'"):
        Ledger(other.render_as_string(hide_password=False))
    administer(f"DROP DATABASE {other.database}")


def test_a_server_that_is_away_or_refuses_is_told_without_the_password(url: str, tmp_path: Path) -> None:
    away = sa.make_url(url).update_query_dict({"host": str(tmp_path)}).set(password="secret")  # noqa: S106
    missing = sa.make_url(url).set(database="nowhere", password="secret")  # noqa: S106

    for wrong in (away, missing):
        with pytest.raises(LedgerError, match=r"the database refuses \(.*\); is it up, and the URL right") as caught:
            Ledger(wrong.render_as_string(hide_password=False))
        assert "secret" not in str(caught.value)


def test_a_connection_that_the_server_ended_is_made_anew(url: str) -> None:
    with Ledger(url) as ledger:
        assert list(ledger.entries()) == []
        administer(f"{OTHERS} WHERE datname <> current_database()")

        assert list(ledger.entries()) == []


def test_the_server_counts_the_rows_of_tables_that_were_made_anew(url: str) -> None:
    with Ledger(url) as ledger:
        ledger.database.compact()

        with ledger.database.connection() as connection:
            planned = planned_for(connection)
    assert {planned[table] for table in METADATA.tables} == {0}
