"""The service's parts on an empty database of each kind, with one exercise whose heads are planted."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.ledger import Ledger
from grader.ledger.queue.jobs import Jobs
from grader.ledger.queue.outbox import Outbox
from grader.service import platforms
from grader.service.dead import DeadLetters
from grader.service.laboratories import Laboratories
from grader.service.reception import Reception
from grader.service.worker import Worker
from tests.service import planted
from tests.service.crowd import Crowd


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with Ledger(url) as opened:
        yield opened


@pytest.fixture
def exercises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with the planted exercise, which takes submissions at any time; write it again to change that."""
    root = tmp_path / "exercises"
    planted.write(root)
    monkeypatch.setenv("GRADER_EXERCISES", str(root))
    return root


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """The folder with the planted exercise's score table."""
    planted.measure(tmp_path / "tables", planted.planted())
    return tmp_path / "tables"


@pytest.fixture
def reception(ledger: Ledger, exercises: Path) -> Reception:
    return Reception(ledger, platforms.load(None))


@pytest.fixture
def letters(ledger: Ledger) -> DeadLetters:
    return DeadLetters(ledger)


@pytest.fixture
def jobs(ledger: Ledger) -> Jobs:
    return Jobs(ledger, task_seconds=60, resend_seconds=30)


@pytest.fixture
def worker(ledger: Ledger, jobs: Jobs, tables: Path) -> Worker:
    return Worker(ledger, jobs, Laboratories(tables))


@pytest.fixture
def outbox(ledger: Ledger) -> Outbox:
    return Outbox(ledger)


@pytest.fixture(scope="session")
def crowd() -> Iterator[Crowd]:
    started = Crowd()
    yield started
    started.close()
