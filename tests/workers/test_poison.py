"""A worker that gets every kind of bad message, and good ones between them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from grader.service.streams import DEAD_MESSAGES
from tests.support.servers import Valkey, wait_for
from tests.workers.support.poison import POISON, QUEUE, Poison, body, encoded, good, nested, properties
from tests.workers.support.sample_worker import notes, sample_worker, sender
from workers.broker.transport import RAW_CHARACTERS

LOW_PRIORITY = f"{QUEUE}\x06\x169"
"""The list on which kombu keeps messages of priority 9."""
LOW = Poison("a word of low priority", b"low", "not plain JSON")
UNUSUAL = [
    good("from-elsewhere"),
    good("given-back", redelivered=True) | {"properties": properties("given-back", redelivered=True)},
    good("with-empty-options", timelimit=[None, None], stamps={}, stamped_headers=[], retries=0),
    good("traced", traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    good("deep", task="sample.anything") | {"body": encoded(b"[[" + nested(240) + b"], {}, {}]")},
    good("long", task="sample.anything") | {"body": body(["x" * 700_000], {}, {})},
]
"""Good but unusual messages."""


class Aftermath(NamedTuple):
    """The state when everything was read."""

    records: dict[str, dict[str, Any]]
    """The records on the list of dead messages, by the message's beginning."""
    notes: list[str]
    log: str
    pids: list[int]
    running: bool
    left: int
    """Messages on the queue, or taken and not finished."""


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aftermath]:
    folder = tmp_path_factory.mktemp("poison")
    with (
        Valkey(folder / "valkey") as server,
        server.client() as client,
        sample_worker(server, folder) as worker,
        sender(server) as app,
    ):
        for number, poison in enumerate(POISON):
            client.lpush(QUEUE, poison.item)
            app.send_task("sample.note", [f"after-{number}"])
        for message in UNUSUAL:
            client.lpush(QUEUE, json.dumps(message))
        client.lpush(LOW_PRIORITY, LOW.item)
        app.send_task("sample.note", ["low"], priority=9)
        wait_for(lambda: len(notes(folder)) > len(POISON) + len(UNUSUAL), "every good task")
        wait_for(lambda: client.llen(DEAD_MESSAGES) > len(POISON), "every record")
        wait_for(lambda: not client.hlen("unacked"), "every message to be done with")
        records = [json.loads(raw) for raw in client.lrange(DEAD_MESSAGES, 0, -1)]
        yield Aftermath(
            {record["raw"]: record for record in records},
            notes(folder),
            worker.log,
            worker.pids,
            worker.running,
            client.llen(QUEUE) + client.llen(LOW_PRIORITY),
        )


@pytest.mark.parametrize("poison", [*POISON, LOW], ids=lambda poison: poison.name)
def test_bad_message_is_recorded_with_its_reason(aftermath: Aftermath, poison: Poison) -> None:
    record = aftermath.records[poison.item.decode(errors="replace")[:RAW_CHARACTERS]]

    assert poison.why in record["why"]
    assert record["queue"] == QUEUE
    assert record["size"] == len(poison.item)


def test_nothing_else_is_recorded(aftermath: Aftermath) -> None:
    assert len(aftermath.records) == len(POISON) + 1
    assert len({record["uuid"] for record in aftermath.records.values()}) == len(POISON) + 1


def test_every_good_task_runs_once_and_no_callback_does(aftermath: Aftermath) -> None:
    after = [f"after-{number}" for number in range(len(POISON))]
    unusual = ["from-elsewhere", "given-back", "with-empty-options", "traced", "anything", "anything"]

    assert sorted(aftermath.notes) == sorted([*after, *unusual, "low"])
    assert aftermath.left == 0


def test_worker_neither_exits_nor_reconnects(aftermath: Aftermath) -> None:
    assert aftermath.running
    assert len(aftermath.pids) == 1
    assert "broker lost" not in aftermath.log
    assert "Traceback" not in aftermath.log


def test_record_that_cannot_be_kept_goes_to_the_log_and_stops_no_work(tmp_path: Path) -> None:
    with (
        Valkey(tmp_path / "valkey") as server,
        server.client() as client,
        sample_worker(server, tmp_path) as worker,
        sender(server) as app,
    ):
        client.set(DEAD_MESSAGES, "no list")
        client.lpush(QUEUE, b"hello")
        app.send_task("sample.note", ["good"])

        wait_for(lambda: notes(tmp_path) == ["good"], "the good task")
        assert "'raw': 'hello'" in worker.log
        assert len(worker.pids) == 1
