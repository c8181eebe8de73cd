"""A ledger of an older version is opened, brought up to date, and keeps its data."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from grader.base.errors import LedgerError
from grader.ledger import Ledger
from grader.ledger.columns import written
from grader.ledger.database import SCHEMA, Database
from grader.ledger.entry import LedgerEntry
from grader.ledger.migrations import upgrade
from grader.ledger.people.hints import take, taken
from grader.ledger.tables import METADATA
from grader.service.reception import Reception
from grader.service.worker import Worker
from grader.students.xp import progress
from tests.service.crowd import Crowd
from tests.service.planted import envelope
from tests.support.ledgers import START, sealed
from tests.support.postgres import planned_for

OLD = sa.table(
    "reports",
    *map(
        sa.column,
        ("submission", "first_of", "student", "exercise", "exercise_version", "content_hash", "replaces", "reason"),
    ),
    *map(sa.column, ("report", "created_at")),
)
"""The only table of the first schema, without its id."""


def old_row(number: int, submission: str | None = None, student: str = "ada", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a row as the older code wrote it: with the id that it came with, or with `local:`."""
    report = sealed(number, student=student)
    name = submission or f"local:{student}:{report.exercise}:{report.exercise_version}:{report.content_hash}"
    return {
        "submission": name,
        "first_of": name,
        "student": student,
        "exercise": report.exercise,
        "exercise_version": report.exercise_version,
        "content_hash": report.content_hash,
        "replaces": None,
        "reason": "",
        "report": report.model_dump_json(),
        "created_at": written(START),
        **more,
    }


ROWS = (
    old_row(1),
    old_row(2, submission="sub-7"),
    old_row(3, student="zoë"),
    old_row(4, submission=old_row(1)["submission"], first_of=None, replaces=1, reason="threshold 0.6 -> 0.5"),
    old_row(2, submission="sub-8"),
)


def engine_of(url: str) -> sa.Engine:
    return sa.create_engine(url, poolclass=sa.NullPool)


@pytest.fixture
def old(url: str) -> Iterator[str]:
    """The URL of a ledger of the first schema, with reports in it."""
    engine = engine_of(url)
    with engine.begin() as connection:
        upgrade(connection, "0001")
        connection.execute(sa.insert(OLD), ROWS)
    yield url
    engine.dispose()


def revision(url: str) -> list[str]:
    with engine_of(url).connect() as connection:
        return list(connection.scalars(sa.text("SELECT version_num FROM alembic_version")))


def differences(url: str) -> list[object]:
    """Return the differences between the database and the code's tables."""
    with engine_of(url).connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), METADATA))


def test_a_new_ledger_and_a_migrated_one_have_the_tables_that_the_code_knows(url: str, old: str) -> None:
    assert revision(old) == ["0001"]
    assert differences(old)

    Database(old).close()

    assert revision(old) == [SCHEMA]
    assert differences(old) == []
    with engine_of(url).begin() as connection:
        METADATA.drop_all(connection)
        connection.execute(sa.text("DROP TABLE alembic_version"))
    Database(url).close()
    assert differences(url) == []


def test_every_report_is_kept_with_its_xp(old: str) -> None:
    with Ledger(old) as ledger:
        kept = list(ledger.entries())
        platforms = [history.platform for history in ledger.histories("mini-heads")]
        with ledger.database.connection() as connection:
            assert connection.dialect.name == "sqlite" or planned_for(connection)["reports"] == len(ROWS)

    reports = [sealed(1), sealed(2), sealed(3, student="zoë"), sealed(4), sealed(2)]
    before = [
        LedgerEntry(number, row["submission"], report, START, row["replaces"], row["reason"])
        for number, (row, report) in enumerate(zip(ROWS, reports, strict=True), start=1)
    ]
    assert kept == before
    assert platforms == ["local", "local"]
    hers = [entry for entry in before if entry.report.student == "ada"]
    assert progress(entry for entry in kept if entry.report.student == "ada") == progress(hers)


def test_an_identical_resubmission_still_returns_the_report_as_it_stands(old: str) -> None:
    with Ledger(old) as ledger:
        assert [ledger.append(sealed(number)).id for number in (1, 4, 2)] == [4, 4, 5]
        assert ledger.append(sealed(3, student="zoë")).id == 3
        assert ledger.append(sealed(3)).id == 6
        assert ledger.append(sealed(1), "canvas").id == 7
        latest = ledger.latest("ada", "mini-heads")
    assert latest
    assert latest.id == 6


def test_a_migrated_ledger_takes_submissions_and_grades_them(
    old: str, reception: Reception, worker: Worker, ledger: Ledger
) -> None:
    reception.accept([envelope("s1")])
    worker.work(1)

    assert [entry.id for entry in ledger.entries()] == [1, 2, 3, 4, 5, 6]


def test_a_hint_that_was_taken_before_was_taken_at_a_terminal(url: str) -> None:
    engine, old = engine_of(url), {"student": "ada", "exercise": "mini-heads", "kind": "induction", "rung": "look"}
    with engine.begin() as connection:
        upgrade(connection, "0011")
        row = {**old, "cost": 5, "taken_at": written(START)}
        connection.execute(sa.insert(sa.table("hints", *map(sa.column, row))), row)
    with Ledger(url) as ledger:
        (kept,) = taken(ledger, ["ada"], "local")
        take(ledger, "local", "ada", kept)
        take(ledger, "canvas", "ada", kept)

        assert (kept.cost, kept.when) == (5, START)
        assert len(taken(ledger, ["ada"])) == 2
    engine.dispose()


def opened(url: str) -> int:
    """Open the ledger in one process; return the number of its reports."""
    with Ledger(url) as ledger:
        return len(list(ledger.entries()))


def test_processes_that_open_an_old_ledger_at_once_migrate_it_once(old: str, crowd: Crowd) -> None:
    assert crowd.do(opened, (old,), (old,), (old,)) == [len(ROWS)] * 3
    assert revision(old) == [SCHEMA]
    assert differences(old) == []


def test_processes_that_open_a_new_ledger_at_once_make_it_once(url: str, crowd: Crowd) -> None:
    assert crowd.do(opened, (url,), (url,), (url,)) == [0] * 3
    assert differences(url) == []


def snapshot(url: str) -> dict[str, list[Any]]:
    """Return all columns and rows of all tables."""
    with engine_of(url).connect() as connection:
        tables = sa.MetaData()
        tables.reflect(connection)
        return {
            table.name: [[column.name for column in table.columns], *connection.execute(sa.select(table)).all()]
            for table in tables.sorted_tables
        }


def test_a_migration_that_fails_leaves_the_old_ledger_as_it_was(old: str) -> None:
    with engine_of(old).begin() as connection:
        connection.execute(sa.text("CREATE TABLE dead_letters (somebody_elses INTEGER)"))
    before = snapshot(old)

    with pytest.raises(LedgerError, match="dead_letters"):
        Database(old)

    assert snapshot(old) == before
    with engine_of(old).begin() as connection:
        connection.execute(sa.text("DROP TABLE dead_letters"))
    assert opened(old) == len(ROWS)


KILLED = """
import sys, time
from contextlib import contextmanager
from grader.ledger.database import Database
from grader.ledger.migrations import upgrade
class Halting(Database):
    @contextmanager
    def alone(self):
        with super().alone() as connection:
            upgrade(connection)
            print("migrated", flush=True)
            time.sleep(600)
            yield connection
Halting(sys.argv[1])
"""


def test_a_process_that_is_killed_while_it_migrates_leaves_the_old_ledger_as_it_was(old: str) -> None:
    before = snapshot(old)
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, old],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "migrated\n"
        process.kill()

    assert snapshot(old) == before
    assert opened(old) == len(ROWS)
