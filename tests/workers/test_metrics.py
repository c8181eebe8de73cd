"""Prometheus gets the figures of the ledger and the queue, and an answer even while they are away."""

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest
import sqlalchemy as sa
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from grader.ledger import Ledger, Regrade
from grader.ledger.columns import written
from grader.ledger.tables import DEAD_LETTERS, DELIVERIES, SUBMISSIONS
from grader.service.settings import settings
from tests.service.guarded import guarded
from tests.support.ledgers import sealed
from tests.support.postgres import BACKENDS, database
from tests.support.servers import ROOT, Process, Valkey, free_port, wait_for
from tests.workers.support.owing import delivery, submission
from tests.workers.support.service import PLATFORM, Service, document, entry, induction
from workers.metrics import METRICS, Figures

PAGE = ROOT / "docs" / "operations.md"
PATIENCE_SECONDS = 10
"""Prometheus's own limit for a scrape."""
UP = ("grader_ledger_up", "grader_queue_up", "grader_broker_up")
HOUR = timedelta(hours=1)
CLOCK_SECONDS = 5.0
"""The alarm's limit for two clocks that differ."""

Found = dict[tuple[str, ...], float]
"""Samples by the metric's name, followed by the values of its labels."""


def samples(families: Iterable[Metric]) -> Found:
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def scraped(port: int) -> Found:
    """Return the samples on this port."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE_SECONDS) as answer:
        text = answer.read().decode()
    families = list(text_string_to_metric_families(text))
    assert {family.name: family.documentation for family in families} == METRICS
    assert {family.type for family in families} == {"gauge"}
    return samples(families)


def answers(port: int) -> Found | None:
    """Return the samples on this port; None while nobody listens there."""
    try:
        return scraped(port)
    except OSError:
        return None


def collected(ledger: Ledger, url: str) -> Found:
    """Return the samples for this ledger and this server."""
    return samples(Figures(settings({"GRADER_QUEUE_URL": url}), lambda: ledger).collect())


def dispatcher(folder: Path, url: str, **environment: str) -> tuple[Process, int]:
    """Start a dispatcher that answers on a port; yield both."""
    port = free_port()
    env = {"GRADER_HOME": str(folder / "home"), "GRADER_QUEUE_URL": url, "GRADER_METRICS_PORT": str(port)}
    return Process([sys.executable, "-m", "workers.dispatch"], folder / "dispatch.log", env | environment), port


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    with Valkey(tmp_path / "valkey") as running:
        yield running


@pytest.fixture(params=BACKENDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    with database(request.param, tmp_path) as url, Ledger(url) as opened:
        yield opened


def test_every_metric_is_on_the_page_with_what_it_tells() -> None:
    section = PAGE.read_text("utf-8").split("## Metrics\n", 1)[1].split("\n## ", 1)[0]
    told = re.findall(r"^\| `(grader_\w+)`(?: by `\w+`)? \| (.+) \|$", section, re.MULTILINE)

    assert dict(told) == METRICS
    assert len(told) == len(METRICS)


def test_a_working_service_tells_how_it_fares(tmp_path: Path) -> None:
    port = free_port()
    with Service(tmp_path, {"GRADER_METRICS_PORT": str(port), "GRADER_PRELOAD": "mini-heads"}) as service:
        service.start("intake", "dispatch")
        service.worker("worker")
        service.hand_in(entry("s1", document(induction())), {"id": "nonsense"})
        service.wait_for(graded=1)
        wait_for(lambda: service.client.keys("grader:worker:*"), "the worker's sign of life")
        values = wait_for(
            lambda: (got := scraped(port))["grader_intake_entries", PLATFORM] == 0 and got, "both taken in"
        )

    assert [values[(name,)] for name in UP] == [1, 1, 1]
    assert values["grader_submissions", "graded"] == values[("grader_attempts",)] == 1
    assert values["grader_undelivered_results", "stream"] == 1
    assert values[("grader_dead_letters",)] == 1
    assert values[("grader_workers",)] == 1
    loaded = [value for (name, *_), value in values.items() if name == "grader_worker_load_seconds"]
    assert len(loaded) == 1
    assert loaded[0] > 0
    assert values[("grader_recent_losses",)] == 0
    skews = [value for (name, *_), value in values.items() if name == "grader_clock_skew_seconds"]
    assert len(skews) == 3
    assert max(map(abs, skews)) < CLOCK_SECONDS


def test_a_dispatcher_may_ask_all_that_it_tells(tmp_path: Path) -> None:
    (tmp_path / "platforms.yaml").write_text("platforms: [{name: canvas}, {name: moodle}]")
    with guarded(tmp_path / "valkey") as server, ExitStack() as stack:
        server.fill()
        server.everything.delete("intake:moodle")  # nothing was ever handed in there
        server.everything.set("grader:worker:nonsense", "[1]")
        url = server.valkey.url("dispatcher", server.passwords["dispatcher"])
        process, port = dispatcher(tmp_path, url, GRADER_PLATFORMS=str(tmp_path / "platforms.yaml"))
        stack.enter_context(process)
        process.wait_for_log("started")
        values = wait_for(lambda: process.running and answers(port), "the dispatcher to answer")

        assert server.everything.acl_log() == []
    assert [values[(name,)] for name in UP] == [1, 1, 1]
    assert (values["grader_intake_entries", "canvas"], values["grader_intake_entries", "moodle"]) == (1, 0)
    assert values["grader_intake_pending_entries", "canvas"] == 1
    assert values["grader_intake_pending_entries", "moodle"] == 0
    assert (values[("grader_celery_messages",)], values[("grader_unacknowledged_messages",)]) == (1, 1)
    assert values[("grader_workers",)] == 1
    assert values["grader_clock_skew_seconds", "one"] < -1e9  # it says that it is 1970
    assert abs(values["grader_clock_skew_seconds", "queue"]) < CLOCK_SECONDS
    assert abs(values["grader_clock_skew_seconds", "database"]) < CLOCK_SECONDS


def test_while_the_queue_is_away_the_rest_is_told(tmp_path: Path, valkey: Valkey) -> None:
    process, port = dispatcher(tmp_path, valkey.url())
    with process:
        wait_for(lambda: process.running and answers(port), "the dispatcher to answer")
        valkey.pause()
        frozen = scraped(port)
        valkey.resume()
        valkey.kill()
        dead = scraped(port)
        valkey.start()
        again = scraped(port)

    for values in (frozen, dead):
        assert [values[(name,)] for name in UP] == [1, 0, 0]
        assert values["grader_submissions", "received"] == 0
        assert ("grader_celery_messages",) not in values
    assert [again[(name,)] for name in UP] == [1, 1, 1]


def test_while_the_ledger_is_away_the_rest_is_told(tmp_path: Path, valkey: Valkey) -> None:
    process, port = dispatcher(tmp_path, valkey.url())
    with process:
        wait_for(lambda: process.running and answers(port), "the dispatcher to answer")
        for file in (tmp_path / "home").glob("ledger.sqlite3*"):
            file.write_bytes(b"damaged" * 1000)
        values = wait_for(lambda: (got := scraped(port))[(UP[0],)] == 0 and got, "the damage to be told")

    assert [values[(name,)] for name in UP] == [0, 1, 1]
    assert values[("grader_celery_messages",)] == 0
    assert ("grader_attempts",) not in values


def test_submissions_are_told_by_state(ledger: Ledger, valkey: Valkey) -> None:
    now = written(datetime.now(UTC))
    with ledger.database.connection(write=True) as connection:
        rows = [
            submission(1, "received", 2 * HOUR, tries=2, failed_at=now),
            submission(2, "received", HOUR),
            submission(3, "grading", HOUR, tries=1),
            submission(4, "graded", 5 * HOUR, tries=4, failed_at=written(datetime.now(UTC) - HOUR)),
            submission(6, "graded", HOUR, tries=3, losses=2, lost_at=now),
            submission(7, "graded", HOUR, tries=3, losses=2, lost_at=written(datetime.now(UTC) - HOUR)),
            submission(5, "dead", 5 * HOUR, tries=5),
        ]
        connection.execute(sa.insert(SUBMISSIONS), rows)
        letter = {"source": "intake:canvas", "reason": "", "content": "{}", "size": 0, "came_at": now}
        connection.execute(sa.insert(DEAD_LETTERS), [letter | {"entry": str(n), "replayed_at": None} for n in range(3)])
        connection.execute(sa.insert(DEAD_LETTERS), letter | {"entry": "replayed", "replayed_at": now})
    values = collected(ledger, valkey.url())

    states = {labels[0]: value for (name, *labels), value in values.items() if name == "grader_submissions"}
    assert states == {"received": 2, "queued": 0, "grading": 1, "graded": 3, "ungradable": 0, "rejected": 0, "dead": 1}
    assert values[("grader_attempts",)] == 6
    assert values["grader_oldest_submission_age_seconds", "received"] == pytest.approx(7200, abs=60)
    assert values["grader_oldest_submission_age_seconds", "grading"] == pytest.approx(3600, abs=60)
    assert values["grader_oldest_submission_age_seconds", "queued"] == 0
    assert (values["grader_tries", "received"], values["grader_tries", "grading"]) == (2, 1)
    assert values["grader_failing_submissions", "received"] == 1
    assert values[("grader_recently_failed_submissions",)] == 1
    assert values[("grader_recent_losses",)] == 2
    assert values[("grader_breaker_open",)] == 0
    assert values[("grader_dead_letters",)] == 3


def test_an_open_breaker_is_told(ledger: Ledger, valkey: Valkey) -> None:
    now = written(datetime.now(UTC))
    with ledger.database.connection(write=True) as connection:
        rows = [submission(number, "received", HOUR, tries=1, failed_at=now) for number in range(1, 6)]
        connection.execute(sa.insert(SUBMISSIONS), rows)

    assert collected(ledger, valkey.url())["grader_breaker_open",] == 1


def test_what_is_owed_is_told_by_channel(ledger: Ledger, valkey: Valkey) -> None:
    rows = [
        delivery(2, "webhook", tries=3, reason="answered 500"),
        delivery(1, "webhook"),
        delivery(3, "webhook", wake_at=None, delivered_at=written(datetime.now(UTC))),
        delivery(3, "lti", line_item=1),
    ]
    with ledger.database.connection(write=True) as connection:
        connection.execute(sa.insert(SUBMISSIONS), [submission(n, "graded", n * HOUR) for n in (1, 2, 3)])
        connection.execute(sa.insert(DELIVERIES), rows)
    values = collected(ledger, valkey.url())

    assert (values["grader_undelivered_results", "webhook"], values["grader_undelivered_results", "stream"]) == (2, 0)
    assert values["grader_undelivered_results", "lti"] == 1
    assert values["grader_failing_deliveries", "webhook"] == 1
    assert values["grader_delivery_tries", "webhook"] == 3
    assert values["grader_oldest_undelivered_result_age_seconds", "webhook"] == pytest.approx(7200, abs=60)
    assert values["grader_oldest_undelivered_result_age_seconds", "stream"] == 0


def test_a_regraded_result_is_owed_since_its_regrade(ledger: Ledger, valkey: Valkey) -> None:
    """Its submission was answered a month ago."""
    old, new = datetime.now(UTC) - timedelta(days=30), datetime.now(UTC) - HOUR
    first = ledger.append(sealed(1), when=old)
    ledger.append(sealed(2), regrade=Regrade(first.id, "threshold 0.6 -> 0.5"), when=new)
    with ledger.database.connection(write=True) as connection:
        connection.execute(sa.insert(SUBMISSIONS), submission(1, "graded", timedelta(days=30), report=first.id))
        connection.execute(sa.insert(DELIVERIES), delivery(1, "stream"))

    age = collected(ledger, valkey.url())["grader_oldest_undelivered_result_age_seconds", "stream"]
    assert age == pytest.approx(3600, abs=60)


def test_a_port_that_is_taken_is_told_and_0_is_none(tmp_path: Path, valkey: Valkey) -> None:
    first, port = dispatcher(tmp_path, valkey.url())
    with first:
        wait_for(lambda: first.running and answers(port), "the dispatcher to answer")
        (tmp_path / "second").mkdir()
        second, _ = dispatcher(tmp_path / "second", valkey.url(), GRADER_METRICS_PORT=str(port))
        with second:
            assert second.wait() == 3
            assert f"GRADER_METRICS_PORT={port}: cannot be used (Address already in use)" in second.log
        (tmp_path / "third").mkdir()
        third, unused = dispatcher(tmp_path / "third", valkey.url(), GRADER_METRICS_PORT="0")
        with third:
            third.wait_for_log("started")
            wait_for((tmp_path / "third" / "home" / "ledger.sqlite3").exists, "its ledger")
            assert answers(unused) is None
