"""The web door in this process, on SQLite and PostgreSQL; and one real process for all tests that need one."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.ledger import Ledger
from grader.ledger.queue.jobs import Jobs
from grader.service.laboratories import Laboratories
from grader.service.worker import Worker
from tests.service import planted
from tests.support.door import Door, RunningDoor
from tests.support.servers import free_port


@pytest.fixture(autouse=True)
def exercises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with the planted exercise; write it again to change its rules."""
    root = tmp_path / "exercises"
    planted.write(root)
    monkeypatch.setenv("GRADER_EXERCISES", str(root))
    return root


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty ledger, of which each test has a copy: to make its tables takes longer than most tests."""
    path = tmp_path_factory.mktemp("empty") / "ledger.sqlite3"
    Ledger(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def ledger(empty: Path, tmp_path: Path) -> Iterator[Ledger]:
    path = Path(shutil.copy(empty, tmp_path))
    with Ledger(f"sqlite:///{path}") as opened:
        yield opened


@pytest.fixture
def door(ledger: Ledger, tmp_path: Path) -> Iterator[Door]:
    opened = Door(ledger, tmp_path)
    yield opened
    opened.house.close()


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the planted exercise's score table."""
    folder = tmp_path_factory.mktemp("tables")
    planted.measure(folder, planted.planted())
    return folder


@pytest.fixture
def worker(ledger: Ledger, tables: Path) -> Worker:
    """What grades, in this process."""
    return Worker(ledger, Jobs(ledger, task_seconds=60, resend_seconds=30), Laboratories(tables))


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDoor]:
    """A real process, in which a request must arrive within two seconds."""
    folder, limits = tmp_path_factory.mktemp("door"), {"GRADER_WEB_SECONDS": "2", "GRADER_WEB_PER_MINUTE": "100000"}
    with RunningDoor(folder, **limits, GRADER_WEB_METRICS_PORT=str(free_port())) as opened:
        yield opened
