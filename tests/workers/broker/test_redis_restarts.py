"""A worker whose broker is killed, and comes back with its data on disk."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from kombu import Consumer, Message, Queue
from kombu.exceptions import OperationalError

from tests.support.servers import DEADLINE, Valkey, wait_for
from tests.workers.support.sample_worker import notes, sample_worker, sender

ON_DISK = {"appendonly": "yes", "appendfsync": "always"}
OUTAGES = (0.0, 0.3, 0.0, 1.0, 0.0, 0.0)
"""The seconds of each of the broker's outages."""
TASK_SECONDS = 0.2
SEND_SECONDS = 0.15
"""Between two messages; with two children, one is at work most of the time and the other one waits."""


@contextmanager
def load(server: Valkey) -> Iterator[set[str]]:
    """Send messages during the block; the set has all that were sent, or perhaps were."""
    sent: set[str] = set()
    is_over = threading.Event()

    def send() -> None:
        with sender(server) as app:
            for number in itertools.count():
                sent.add(f"note-{number}")
                try:
                    app.send_task("sample.note", [f"note-{number}", TASK_SECONDS])
                except OperationalError:  # the ledger would send it again, and so does the test
                    continue
                if is_over.wait(SEND_SECONDS):
                    return

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield sent
    finally:
        is_over.set()
        thread.join()


def send_again(server: Valkey, folder: Path, sent: set[str]) -> None:
    """Send again what was not done, as the ledger would."""
    with sender(server) as app:
        for note in sent - set(notes(folder)):
            app.send_task("sample.note", [note])


def test_worker_outlives_a_broker_that_is_killed_again_and_again(tmp_path: Path) -> None:
    listening = ("--", "worker.enable_remote_control=true")  # a second connection, whose loss kombu may notice first
    with (
        Valkey(tmp_path / "valkey", ON_DISK) as server,
        sample_worker(server, tmp_path, *listening, supervised=True) as worker,
    ):
        with load(server) as sent:
            for outage in OUTAGES:
                done = len(notes(tmp_path))
                wait_for(lambda done=done: len(notes(tmp_path)) > done + 2, "tasks to run")
                server.kill()
                time.sleep(outage)
                server.start()
        send_again(server, tmp_path, sent)

        wait_for(lambda: sent <= set(notes(tmp_path)), "every task to run")
        assert worker.pids == [worker.pid], worker.log


def test_worker_whose_tasks_end_while_the_broker_is_away_takes_new_ones(tmp_path: Path) -> None:
    with (
        Valkey(tmp_path / "valkey", ON_DISK) as server,
        sample_worker(server, tmp_path) as worker,
        sender(server) as app,
        server.client() as client,
    ):
        for note in ("one", "another"):
            app.send_task("sample.note", [note, 1.0])
        wait_for(lambda: client.hlen("unacked") == 2, "both children to be at work")
        server.kill()
        wait_for(lambda: "Couldn't ack" in worker.log or "broker lost" in worker.log, "the outage to be noticed")
        server.start()
        app.send_task("sample.note", ["new"])

        wait_for(lambda: "new" in notes(tmp_path), "the new task to run")


def test_connection_of_a_dead_broker_can_be_closed_twice_and_its_message_acknowledged_in_vain(tmp_path: Path) -> None:
    with Valkey(tmp_path / "valkey") as server, sender(server) as app, app.connection() as connection:
        app.send_task("sample.note", ["taken"])
        taken: list[Message] = []
        Consumer(connection, [Queue("celery")], on_message=taken.append).consume()
        Consumer(connection.channel(), [Queue("another")]).consume()  # whose closing fails before the other's
        connection.drain_events(timeout=DEADLINE)
        with pytest.raises(TimeoutError):
            connection.drain_events(timeout=0.1)  # both are waiting for the server's answer now
        server.kill()
        connection.collect()
        connection.close()

        with pytest.raises(connection.connection_errors, match="given up"):
            taken[0].ack()
