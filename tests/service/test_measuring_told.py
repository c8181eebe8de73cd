"""A student who waits while every head is measured is told so, and how far it is."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.ledger import Ledger, measurements
from grader.ledger.columns import written
from grader.ledger.measurements import COUNTS_FOR
from grader.schema.queue import STATES
from grader.service import answers
from grader.service.reception import Reception
from grader.service.worker import Worker
from tests.service import planted
from tests.service.planted import envelope
from tests.support.tiny import saved

OLD = "UPDATE measurements SET told_at = :when"


def said(ledger: Ledger) -> str:
    answer = answers.result(ledger, "local", "s1")
    assert answer
    return answer.says


def test_what_waits_says_how_far_the_measurement_is(
    reception: Reception, worker: Worker, ledger: Ledger, tables: Path
) -> None:
    for table in tables.iterdir():
        table.unlink()
    reception.accept([envelope("s1")])
    worker.work(1)
    measurements.tell(ledger, "other-heads", 0.9)
    assert said(ledger) == STATES["received"]

    for done in (0.0, 0.404):
        measurements.tell(ledger, planted.ID, done)
    assert said(ledger) == "stored; every head is being measured first, 40 % done"

    with ledger.database.statements(write=True) as execute:  # its process was killed
        execute(OLD, {"when": written(datetime.now(UTC) - 2 * COUNTS_FOR)})
    assert said(ledger) == STATES["received"]


def test_the_worker_that_measures_says_so_until_it_has(
    exercises: Path, tmp_path: Path, reception: Reception, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADER_TRANSFORMER_TINY", str(saved(tmp_path / "tiny", "llama")))
    tiny = {"name": "tiny", "family": "decoder", "layers": 3, "heads": 8}
    probes = {"seed": 3, "random_sequences": 4, "repeat_sequences": 6, "sentences": 20}
    kinds = ({"type": "positional", "heads": 2, "points": 17, "passing": 3}, planted.RULES["kinds"][1])  # type: ignore[index]
    asked = planted.write(exercises, transformer=tiny, probes=probes, kinds=kinds, wrong_costs=20.0)
    reception.accept([envelope("s1")])
    assert worker.work(1) == planted.ID
    heard: list[str] = []
    worker.laboratories.of(asked).progress = lambda done: heard.append(said(worker.ledger))
    worker.measure(planted.ID)

    assert re.fullmatch(r"stored; every head is being measured first, \d+ % done", heard[0])
    assert said(worker.ledger) == STATES["received"]
