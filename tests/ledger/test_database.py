"""The ledger's database on real files, with real processes that race and die."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.base.errors import LedgerError
from grader.ledger import Ledger
from grader.ledger.database import SCHEMA, Contested, through
from tests.support.ledgers import sealed


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of this test's ledger."""
    monkeypatch.delenv("GRADER_DATABASE_URL", raising=False)
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "ledger.sqlite3"


@pytest.fixture
def ledger(file: Path) -> Iterator[Ledger]:
    with Ledger() as opened:
        yield opened


def test_the_file_is_private_and_keeps_what_it_acknowledged(ledger: Ledger, file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    with ledger.database.connection() as connection, ledger.database.statements() as execute:
        through_the_library = [through(connection)(f"PRAGMA {name}", {}) for name in pragmas]
        directly = [execute(f"PRAGMA {name}", {}) for name in pragmas]

    assert directly == through_the_library
    assert [list(row.values()) for (row,) in directly] == [["wal"], [2], [1], [60_000]]


def test_what_fails_in_a_transaction_is_undone_and_the_ledger_goes_on(ledger: Ledger) -> None:
    def half() -> None:
        with ledger.database.statements(write=True) as execute:
            execute("DELETE FROM reports", {})
            raise ZeroDivisionError

    kept = ledger.append(sealed(1))

    with pytest.raises(ZeroDivisionError):
        half()
    assert list(ledger.entries()) == [kept]
    with (
        pytest.raises(Contested, match="another process wrote the same"),
        ledger.database.statements(write=True) as execute,
    ):
        execute("INSERT INTO reports SELECT * FROM reports", {})
    assert list(ledger.entries()) == [kept]


def test_a_ledger_that_is_there_needs_no_library_for_other_databases(ledger: Ledger) -> None:
    script = (
        "import sys; from grader.ledger import Ledger; from tests.support.ledgers import sealed\n"
        "with Ledger() as ledger: print(ledger.append(sealed(1)).id, len(list(ledger.entries())))\n"
        "print({'sqlalchemy', 'alembic'} & set(sys.modules))"
    )

    output = subprocess.check_output([sys.executable, "-c", script], text=True, cwd=Path(__file__).parents[2])
    assert output == "1 1\nset()\n"


APPENDER = """
import sys, time
from pathlib import Path
from grader.ledger import Ledger
from tests.support.ledgers import sealed
own, start, count = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
print("ready", flush=True)
while not start.exists():
    time.sleep(0.001)
for number in range(count):
    with Ledger() as ledger:
        for which in (number, 1000 * own + number):
            ledger.append(sealed(which))
            print(which, flush=True)
"""


def appender(own: int, start: Path, count: int) -> subprocess.Popen[str]:
    """Start a process that waits for `start`, then keeps `count` common reports and `count` of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", APPENDER, str(own), str(start), str(count)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_processes_that_race_lose_nothing_and_double_nothing(file: Path, tmp_path: Path) -> None:
    """They race for the creation of the file as well."""
    racers = [appender(own, tmp_path / "go", count=15) for own in (1, 2, 3)]
    for racer in racers:
        assert racer.stdout
        assert racer.stdout.readline() == "ready\n"
    (tmp_path / "go").touch()

    assert [racer.communicate()[1] for racer in racers] == ["", "", ""]
    with Ledger() as ledger:
        kept = [int(entry.report.content_hash, 16) for entry in ledger.entries()]
    assert sorted(kept) == sorted([*range(15), *(1000 * own + i for own in (1, 2, 3) for i in range(15))])


def test_a_killed_process_leaves_a_readable_ledger_with_all_that_it_acknowledged(file: Path, tmp_path: Path) -> None:
    """The first ones die while the file is created, the others while they append."""
    (tmp_path / "go").touch()
    acknowledged: set[int] = set()
    for killed, seconds in enumerate((0.0, 0.005, 0.01, 0.05, 0.11, 0.173), start=1):
        process = appender(killed, tmp_path / "go", count=10_000)
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        time.sleep(seconds)
        process.kill()
        out, err = process.communicate()
        assert err == ""
        acknowledged.update(int(line) for line in out.split("\n")[:-1])

        with Ledger() as ledger:
            kept = [int(entry.report.content_hash, 16) for entry in ledger.entries()]
        assert len(kept) == len(set(kept))
        assert acknowledged <= set(kept)
        assert len(set(kept) - acknowledged) <= killed
    assert acknowledged
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_a_file_that_is_no_ledger_is_an_error_that_says_what_to_do(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"this is not a database, whatever it says" * 100)

    with pytest.raises(LedgerError, match=rf"{file}: is damaged, or is not a ledger; restore its backup"):
        Ledger()
    assert file.read_bytes().startswith(b"this is not")


def test_a_damaged_page_is_an_error_that_says_what_to_do(file: Path) -> None:
    with Ledger() as ledger:
        for number in range(40):
            ledger.append(sealed(number))
    content = bytearray(file.read_bytes())
    content[8192:] = b"\xff" * len(content[8192:])
    file.write_bytes(content)

    with pytest.raises(LedgerError, match=r"is damaged"), Ledger() as ledger:
        list(ledger.entries())


def test_a_newer_ledger_is_left_alone(ledger: Ledger, file: Path) -> None:
    newer = f"{int(SCHEMA) + 1:04}"
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", [newer])
    connection.close()

    with pytest.raises(LedgerError, match=rf"a newer grader wrote it \(schema {newer}, ours is {SCHEMA}\); upgrade"):
        Ledger()


@pytest.mark.parametrize("made", ["CREATE TABLE reports (id)", "CREATE TABLE alembic_version (version_num)"])
def test_somebody_elses_database_is_left_alone(file: Path, made: str) -> None:
    file.parent.mkdir()
    with sqlite3.connect(file) as connection:
        connection.execute(made)
        if "version" in made:
            connection.execute("INSERT INTO alembic_version VALUES ('00ab')")
    connection.close()

    with pytest.raises(LedgerError, match=r"its tables are not a ledger's; name another database"):
        Ledger()


def test_a_folder_that_cannot_be_made_is_an_error_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    (tmp_path / "home").write_text("in the way")

    with pytest.raises(LedgerError, match=r"no place for the ledger: .*home: cannot be created.*set GRADER_HOME"):
        Ledger()


IN_MEMORY = (
    "sqlite://",
    "sqlite:///",
    "sqlite:///:memory:",
    "sqlite+pysqlite://",
    "sqlite+pysqlite:///:memory:",
    "sqlite:///file::memory:?uri=true",
    "sqlite:///file::memory:?cache=shared&uri=true",
    "sqlite:////tmp/grades.db?mode=memory&uri=true",
    "sqlite:///file:/tmp/grades.db?mode=memory&uri=true",
    "sqlite:///file:/grades?vfs=memdb&uri=true",
    " sqlite:// ",
)
RELATIVE = (
    "sqlite:///x.db",
    "sqlite:///./x.db",
    "sqlite:///~/x.db",
    "sqlite+pysqlite:///x.db",
    "sqlite:///x.db?timeout=5",
    "sqlite:///file:x.db?uri=true",
    "sqlite:///file:../x.db?uri=true",
)
MORE = (
    "sqlite://host//tmp/grades.db",
    "sqlite:////tmp/grades.db?timeout=abc",
    "sqlite:////tmp/grades.db?uri=maybe",
    "sqlite:////tmp/grades.db?bogus=1",
)
UNKNOWN = tuple(
    f"{scheme}://ada:secret@127.0.0.1/grades"
    for scheme in ("postgres", "mysql", "mysql+pymysql", "mariadb", "mariadb+mariadbconnector", "oracle", "nosuch")
)
DRIVERS = (
    "postgresql+asyncpg://ada:secret@127.0.0.1/grades",
    "postgresql+psycopg_async://ada:secret@127.0.0.1/grades",
    "postgresql+nosuch://ada:secret@127.0.0.1/grades",
    "sqlite+aiosqlite:////tmp/grades.db",
)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite:////nowhere/at/all/ledger.sqlite3", "/nowhere/at/all/ledger.sqlite3: cannot be opened or written"),
        ("not a url", "not a database URL; write it like postgresql://"),
        *((url, "a database in memory, .*; a SQLite file needs its whole path, like sqlite:////") for url in IN_MEMORY),
        *((url, "a SQLite file needs its whole path, like sqlite:////.* not .*x.db") for url in RELATIVE),
        *((url, "has more in it than a path; a SQLite file needs its whole path") for url in MORE),
        *((url, r"ada:\*\*\*@.*a ledger is in PostgreSQL or SQLite, not in .*; write it like") for url in UNKNOWN),
        *((url, rf"(no driver for it|cannot use this driver).*leave it out, or write {url[:6]}") for url in DRIVERS),
    ],
)
def test_a_database_that_cannot_be_reached_is_an_error_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, message: str
) -> None:
    monkeypatch.setenv("GRADER_DATABASE_URL", url)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(LedgerError, match=message) as caught:
        Ledger()
    assert not list(tmp_path.iterdir())
    assert "secret" not in str(caught.value)


def test_a_file_that_may_only_be_read_can_be_read_but_not_added_to(ledger: Ledger, file: Path) -> None:
    kept = ledger.append(sealed(1))

    with Ledger(f"sqlite:///file:{file}?mode=ro&uri=true") as reader:
        assert list(reader.entries()) == [kept]
        with pytest.raises(LedgerError, match="cannot be opened or written; check the permissions"):
            reader.append(sealed(2))


def test_opening_waits_for_a_process_that_holds_the_new_file(file: Path) -> None:
    file.parent.mkdir()
    holder = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    holder.execute("CREATE TABLE other (id)")
    release = threading.Timer(0.3, holder.rollback)
    release.start()

    with Ledger() as ledger:
        assert list(ledger.entries()) == []
    release.join()
    holder.close()
