"""The ways to lose messages with Celery on Redis: here the ledger knows, and the message is sent again."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import sqlalchemy as sa

from grader.ledger.tables import REPORTS
from tests.support.servers import wait_for
from tests.workers.support.proxy import Proxy
from tests.workers.support.service import INTAKE, Service, document, entry, induction

BACKLOG = 30
DROPPED = 5


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with Service(tmp_path / "service") as running:
        yield running


@pytest.fixture
def proxy(service: Service) -> Iterator[Proxy]:
    with Proxy(service.valkey) as running:
        yield running


def different(number: int, first: int = 0) -> list[dict[str, str]]:
    """Return intake entries of this number of different submissions, each of another student."""
    return [entry(f"s{n}", document(induction()), f"student{n}") for n in range(first, first + number)]


def pushes(service: Service) -> int:
    """Return how often a message was put on a list since the server started."""
    return int(service.client.info("commandstats").get("cmdstat_lpush", {}).get("calls", 0))


def reports(service: Service) -> int:
    """Return the number of reports in the ledger."""
    with service.ledger.database.connection() as connection:
        return int(connection.scalar(sa.select(sa.func.count()).select_from(REPORTS)) or 0)


def tries(service: Service) -> set[int]:
    """Return how often the submissions were graded."""
    return {row["tries"] for row in service.rows().values()}


def swallowed_by_frozen_worker(service: Service) -> int:
    """Lose the last submission's message in a frozen worker; return the number of submissions."""
    worker = service.worker("worker-a")
    for number in range(1, 50):
        before = pushes(service)
        worker.send(signal.SIGSTOP)
        service.hand_in(*different(1, number))
        wait_for(lambda before=before: pushes(service) > before, "the message to be sent")
        if service.messages() == (0, 0):
            worker.kill_group()
            return number
        worker.send(signal.SIGCONT)  # it was not waiting at that moment
        service.wait_for(graded=number)
    raise AssertionError("the worker never waits for messages")


def test_message_that_a_frozen_worker_swallowed_is_sent_again(service: Service) -> None:
    service.start("intake", "dispatch")
    number = swallowed_by_frozen_worker(service)

    service.worker("worker-b")

    service.wait_for(graded=number)


def test_reply_to_publishing_is_lost_and_nothing_is_graded_twice(service: Service, proxy: Proxy) -> None:
    proxy.drop_replies(DROPPED)
    service.start("intake", "dispatch", GRADER_BROKER_URL=proxy.url)
    for number in range(10):  # one after the other, so that each has a message of its own
        service.hand_in(*different(1, number))
        service.wait_for(queued=number + 1)
    wait_for(lambda: proxy.dropped == DROPPED, "every reply to be dropped")
    wait_for(lambda: service.messages()[0] >= 10, "every message")

    service.worker("worker")

    service.wait_for(graded=10)
    wait_for(lambda: service.messages() == (0, 0), "every message to be done with")
    assert pushes(service) > 10
    assert tries(service) == {1}
    assert reports(service) == 10


def test_reply_to_reading_is_lost_and_the_order_is_kept(service: Service, proxy: Proxy) -> None:
    service.start("intake", GRADER_QUEUE_URL=proxy.url)
    service.hand_in(*different(1))
    service.wait_for_state("s0", "queued")

    proxy.drop_replies(1, b"XREADGROUP")
    service.hand_in(*different(1, 1))
    wait_for(lambda: proxy.dropped, "the reply to be dropped")
    service.hand_in(*different(1, 2))

    service.wait_for(queued=3)
    numbers = {name: row["id"] for name, row in service.rows().items()}
    assert sorted(numbers, key=numbers.__getitem__) == ["s0", "s1", "s2"]


def test_killed_valkey_loses_neither_entries_nor_messages(service: Service) -> None:
    service.start("intake", "dispatch")
    service.hand_in(*different(BACKLOG))
    service.wait_for(queued=BACKLOG)
    wait_for(lambda: service.messages()[0], "a message")
    service.parts["intake"].stop()
    service.parts["dispatch"].stop()
    service.hand_in(*different(BACKLOG, BACKLOG))
    before = service.messages()[0], service.client.xlen(INTAKE)

    service.valkey.restart()

    assert (service.messages()[0], service.client.xlen(INTAKE)) == before
    service.start("intake-2", "dispatch-2")
    service.worker("worker")
    service.wait_for(graded=2 * BACKLOG)
    assert service.client.xlen(INTAKE) == 0


def test_reset_connections_in_the_middle_of_a_task(service: Service, proxy: Proxy) -> None:
    held = induction(evidence="Emma Wagon waved, and Emma Wagon smiled")
    snare = service.snare(held)
    service.start("intake", "dispatch")
    worker = service.worker("worker", GRADER_BROKER_URL=proxy.url)
    service.hand_in(entry("held", document(held)))
    snare.catch()

    proxy.reset()
    worker.wait_for_log("Connection to broker lost")
    service.hand_in(*different(5))

    service.wait_for(graded=5, grading=1)
    snare.remove()
    service.let_time_pass("held")
    service.wait_for_state("held", "received")
    service.let_time_pass("held")
    service.wait_for(graded=6)
    assert reports(service) == 6


def test_silence_for_a_while(service: Service, proxy: Proxy) -> None:
    service.start("intake", "dispatch", GRADER_QUEUE_URL=proxy.url)
    worker = service.worker("worker", GRADER_BROKER_URL=proxy.url)
    service.hand_in(*different(5))
    service.wait_for(graded=5)

    proxy.swallow()
    service.hand_in(*different(5, 5))
    for part in ("intake", "dispatch"):
        service.parts[part].wait_for_log("cannot work")
    proxy.heal()

    service.hand_in(*different(5, 10))
    service.wait_for(graded=15)
    assert worker.running
    assert reports(service) == 15


def test_full_valkey_refuses_what_it_cannot_keep_and_the_rest_is_graded(service: Service) -> None:
    service.start("intake", "dispatch", "worker", supervised=True)
    service.parts["worker"].wait_for_log(" ready.")
    service.hand_in(*different(1))
    service.wait_for(graded=1)
    service.parts["intake"].stop()
    service.hand_in(*different(BACKLOG, 1))

    service.client.config_set("maxmemory", 1)
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        service.hand_in(*different(1, BACKLOG + 1))
    service.start("intake-2")
    service.wait_for(graded=1, queued=BACKLOG)
    service.parts["intake-2"].wait_for_log("the broker accepts no messages")
    service.client.config_set("maxmemory", 0)

    service.hand_in(*different(1, BACKLOG + 1))
    service.wait_for(graded=BACKLOG + 2)
    wait_for(lambda: service.messages() == (0, 0), "every message to be done with")


def test_full_valkey_under_a_worker_with_a_backlog(service: Service) -> None:
    service.start("intake", "dispatch", "worker", supervised=True)
    worker = service.parts["worker"]
    worker.wait_for_log(" ready.")
    worker.send(signal.SIGSTOP)
    service.hand_in(*different(BACKLOG))
    service.wait_for(queued=BACKLOG)
    wait_for(lambda: pushes(service), "the messages to be sent")

    service.client.config_set("maxmemory", 1)
    worker.send(signal.SIGCONT)
    worker.wait_for_log("used memory > 'maxmemory'")
    service.client.config_set("maxmemory", 0)

    service.wait_for(graded=BACKLOG)
    assert reports(service) == BACKLOG
    assert worker.pids == [worker.pid]  # a refused write is an outage, not an end


def test_frozen_valkey_keeps_no_worker_from_ending(service: Service) -> None:
    worker = service.worker("worker", GRADER_TASK_SECONDS="4")
    service.start("intake", "dispatch")
    service.hand_in(*different(1))
    service.wait_for(graded=1)
    service.valkey.pause()
    worker.send(signal.SIGTERM)

    wait_for(lambda: not worker.running, "the worker to end")
    service.valkey.resume()
