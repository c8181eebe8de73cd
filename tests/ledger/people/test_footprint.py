"""Every table that names students belongs to the footprint of one, also those that nobody has written yet."""

from pathlib import Path

import sqlalchemy as sa

from grader.ledger import KnownStudent, Ledger, Regrade
from grader.ledger.people import footprint
from grader.ledger.people.footprint import SIGNS, THEIRS
from grader.ledger.people.known import KNOWN
from grader.ledger.tables import METADATA
from tests.support.ledgers import sealed

SAYING_WHO = {"student", "sub", "subject", "login", "email"}
"""Names of columns that say who somebody is."""


def test_a_table_that_names_students_names_their_platform_too() -> None:
    naming = {table for table in METADATA.sorted_tables if SAYING_WHO & set(table.c.keys())}

    assert [table.name for table in naming - set(THEIRS)] == [], "its rows would outlive an erasure"
    assert {table.name for table in THEIRS} >= {"reports", "submissions", "roster", "adjustments", "hints"}


def test_of_each_of_these_tables_it_is_known_when_a_student_was_heard_of() -> None:
    assert {table.name for table in THEIRS} == set(SIGNS)
    assert {name for table in THEIRS if (name := SIGNS[table.name]) not in table.c} == set()
    assert {table.name for table in THEIRS if f" {table.name}" not in KNOWN} == set()


def test_a_name_is_found_in_every_form_in_which_it_was_kept(url: str) -> None:
    with Ledger(url) as ledger:
        for number, name in enumerate(("zoë", "zoe\u0308", "zoë ", "zoe")):
            ledger.append(sealed(number, student="zoë"), "canvas")
            with ledger.database.connection(write=True) as connection:
                newest = METADATA.tables["reports"].c.id == number + 1
                connection.execute(sa.update(METADATA.tables["reports"]).where(newest).values(student=name))
        ledger.append(sealed(9, student="zoë"), "mooc")
        found = footprint.find(ledger, KnownStudent("canvas", "zoë"))

        assert found.forms == {"zoë", "zoe\u0308", "zoë "}
        assert footprint.counts(ledger, found) == {"reports": 3}


def test_a_regraded_report_is_erased_with_those_that_it_replaced(url: str) -> None:
    with Ledger(url) as ledger:
        first = ledger.append(sealed(1))
        second = ledger.append(sealed(2), regrade=Regrade(first.id, "why"))
        ledger.append(sealed(3), regrade=Regrade(second.id, "again"))
        other = ledger.append(sealed(4, student="bob"))
        whose = footprint.find(ledger, KnownStudent("local", "ada"))

        assert footprint.erase(ledger, whose, "operator")
        assert list(ledger.entries()) == [other]
        assert ledger.append(sealed(5)).id > other.id


def test_a_sqlite_file_is_written_anew_without_what_was_deleted(tmp_path: Path) -> None:
    with Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite3'}") as ledger:
        for number in range(40):
            ledger.append(sealed(number, student="zelda.99"))
        footprint.erase(ledger, footprint.find(ledger, KnownStudent("local", "zelda.99")), "operator")
        ledger.compact()

        assert [file.name for file in tmp_path.iterdir() if b"zelda.99" in file.read_bytes()] == []
        assert ledger.append(sealed(1)).id > 40
