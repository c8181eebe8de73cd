"""Connections whose bytes stop, while new ones work: the service goes on by itself, and says what it does not do."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa

from grader.ledger import Ledger
from tests.support.postgres import database
from tests.support.servers import free_port, wait_for
from tests.workers.support.alarms import FASTER, RULES, ringing
from tests.workers.support.proxy import Proxy
from tests.workers.support.service import RESULTS, Service, document, entry, induction
from tests.workers.test_metrics import answers
from workers.metrics import METRICS
from workers.supervision.process import STALLED

FOR_EVER = {"GRADER_DATABASE_SECONDS": "3000", "GRADER_STALL_SECONDS": "3000"}
"""Waits that no test sees the end of: the service as it was without them."""
PATIENCE_SECONDS = 240.0
"""For what begins anew after a silence: on a slow machine, even a connection that works may be given up first."""


class Stand(NamedTuple):
    """A service that reaches its servers only through proxies."""

    service: Service
    database: Proxy
    queue: Proxy
    port: int

    def hand_in(self, name: str) -> None:
        """Hand in three submissions."""
        self.service.hand_in(*(entry(f"{name}{n}", document(induction()), f"{name}{n}") for n in range(3)))

    def answered(self, number: int) -> bool:
        """Return whether this number of submissions is graded and answered."""
        return self.service.states() == {"graded": number} and self.service.client.xlen(RESULTS) >= number

    @property
    def is_quiet(self) -> bool:
        """True if the service answers Prometheus, and no alarm rings."""
        found = answers(self.port)
        return found is not None and not ringing(found)


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    with ExitStack() as stack:
        url = stack.enter_context(database("postgresql", tmp_path))
        given, port = sa.make_url(url), free_port()
        socket = Path(str(given.query["host"])) / f".s.PGSQL.{given.port or 5432}"
        front = stack.enter_context(Proxy(socket))
        through = given.set(host="127.0.0.1", port=front.port, query={}).render_as_string(hide_password=False)
        Ledger(url).close()
        service = stack.enter_context(Service(tmp_path / "service", {"GRADER_DATABASE_URL": url}))
        queue = stack.enter_context(Proxy(service.valkey))
        service.environment |= {
            "GRADER_DATABASE_URL": through,
            "GRADER_QUEUE_URL": queue.url,
            "GRADER_METRICS_PORT": str(port),
            "GRADER_DATABASE_SECONDS": "2",
            "GRADER_QUEUE_SECONDS": "2",
        }
        yield Stand(service, front, queue, port)


def test_everything_is_graded_after_every_connection_went_mute_and_nothing_is_started_again(stand: Stand) -> None:
    service = stand.service
    service.start("intake", "dispatch", "courier")
    service.worker("worker")
    stand.hand_in("before")
    wait_for(lambda: stand.answered(3), "the first ones")
    wait_for(lambda: stand.is_quiet, "every process to give a sign of life", PATIENCE_SECONDS)

    stand.database.mute()
    stand.queue.mute()
    stand.hand_in("after")
    wait_for(lambda: stand.answered(6), "those after the connections went mute", PATIENCE_SECONDS)

    wait_for(lambda: stand.is_quiet, "every alarm to be quiet again", PATIENCE_SECONDS)
    assert all(part.running for part in service.parts.values())


def test_a_process_that_hangs_rings_until_it_ends_itself_and_is_started_again(stand: Stand) -> None:
    service = stand.service
    service.start("intake", "courier", **FOR_EVER)
    service.start("dispatch", supervised=True, **FOR_EVER | {"GRADER_STALL_SECONDS": "8"})
    dispatch = service.parts["dispatch"]

    def silence() -> float:
        return (answers(stand.port) or {}).get(("grader_last_round_age_seconds", "dispatcher"), float("inf"))

    def rings() -> set[str]:
        return ringing(answers(stand.port) or {}, FASTER) & {"GraderProcessStalled", "GraderEntriesNotTakenIn"}

    stand.hand_in("before")
    wait_for(lambda: silence() < float("inf") and service.states() == {"queued": 3}, "every process to work")
    before = len(dispatch.pids)
    stand.database.mute()
    stand.hand_in("after")

    wait_for(lambda: len(rings()) == 2, "both alarms", PATIENCE_SECONDS)
    wait_for(lambda: len(dispatch.pids) > before, "the dispatcher to be started again", PATIENCE_SECONDS)
    wait_for(lambda: silence() < 180 / FASTER, "the dispatcher to work again", PATIENCE_SECONDS)
    assert "a round has not ended within 8 s; the process ends" in dispatch.log
    assert STALLED == 75
    stand.database.swallow()
    wait_for(
        lambda: "GraderServerAway" in ringing(answers(stand.port) or {}),
        "the alarm of a server that is away",
        PATIENCE_SECONDS,
    )


def test_a_process_waits_for_a_database_that_is_away_when_it_starts(tmp_path: Path) -> None:
    away = f"postgresql://postgres@127.0.0.1:{free_port()}/ledger"
    with Service(tmp_path) as service:
        service.start("intake", "dispatch", "courier", GRADER_DATABASE_URL=away)
        for part in service.parts.values():
            part.wait_for_log("cannot work: postgresql://")

        assert all(part.running for part in service.parts.values())


def test_every_alarm_asks_for_figures_that_there_are() -> None:
    for rule in RULES:
        assert set(re.findall(r"(\w+)(?:\{[^}]*\})? (?:==|>|<)", rule["expr"])) <= {*METRICS, "up"}
