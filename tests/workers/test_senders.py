"""What a platform's own Celery may ask of a submission: it is honoured, or the platform is told that it is not."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import Celery

from grader.service.streams import DEAD_MESSAGES
from tests.support.servers import wait_for
from tests.workers.support.service import RESULTS, Service, document, entry, induction
from workers.broker.consumer import _heed_times
from workers.dispatch import TOGETHER

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
HONOURED: dict[str, dict[str, Any]] = {
    "plain": {},
    "zlib": {"compression": "gzip"},
    "bz2": {"compression": "bzip2"},
    "soon": {"countdown": 1},
    "long-ago": {"eta": NOW - HOUR},
    "in-time": {"expires": 3600},
}
REFUSED: dict[str, dict[str, Any]] = {"later": {"countdown": 3600}, "expired": {"expires": NOW - HOUR}}
POSITIONAL = "without-names"
JOBS = (0, -1, 2**31, 2**63, 10**30, "7", 1.5, True, None)
"""Numbers that no job has."""
GROUPS: tuple[object, ...] = ([], [1, 0], 7, [[1]], list(range(1, TOGETHER + 2)))
"""Lists of numbers that no message of ours has."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service to which all of this was sent, and which is done with it."""
    with Service(tmp_path_factory.mktemp("senders")) as running, Celery(broker=running.valkey.url()) as app:
        app.conf.task_ignore_result = True
        running.start("courier")
        running.worker("worker")
        text = document(induction())
        for name, options in (HONOURED | REFUSED).items():
            app.send_task("grader.grade", kwargs={"platform": "local", **entry(name, text, name)}, **options)
        app.send_task("grader.grade", ["local", POSITIONAL, text, POSITIONAL])
        for job in JOBS:
            app.send_task("grader.work", kwargs={"job": job})
        for jobs in GROUPS:
            app.send_task("grader.work_together", kwargs={"jobs": jobs})
        running.wait_for(graded=len(HONOURED) + 1, rejected=len(REFUSED))
        wait_for(lambda: running.client.xlen(RESULTS) == len(running.rows()), "every answer")
        wait_for(lambda: running.client.llen(DEAD_MESSAGES) >= len(JOBS + GROUPS), "every wrong number")
        yield running


def results(service: Service) -> dict[str, Mapping[str, Any]]:
    """Return the platform's answers by the submission's id."""
    return {fields["id"]: json.loads(fields["result"]) for _, fields in service.client.xrange(RESULTS)}


def test_what_is_honoured_is_graded(service: Service) -> None:
    states = {name: result["state"] for name, result in results(service).items()}

    assert states == dict.fromkeys([*HONOURED, POSITIONAL], "graded") | dict.fromkeys(REFUSED, "rejected")


def test_what_is_not_honoured_is_answered_with_what_is_wrong(service: Service) -> None:
    told = {name: results(service)[name]["problems"][0] for name in REFUSED}

    assert {problem["code"] for problem in told.values()} == {"not-in-time"}
    assert "60 s ahead at most" in told["later"]["message"]
    assert "`expires` was " in told["expired"]["message"]


def test_numbers_that_no_job_has_are_dead_messages_and_no_fault_of_ours(service: Service) -> None:
    records = [json.loads(raw) for raw in service.client.lrange(DEAD_MESSAGES, 0, -1)]

    assert len(records) == len(JOBS + GROUPS)
    assert all("the arguments do not fit grader.work" in record["why"] for record in records)
    assert "Traceback" not in service.parts["worker"].log


def test_no_message_holds_up_what_came_before_its_time() -> None:
    headers = {"eta": (NOW + timedelta(seconds=9)).isoformat(), "expires": (NOW + timedelta(seconds=5)).isoformat()}
    _heed_times(headers, NOW)

    assert headers["eta"] is headers["expires"] is None
    assert "`expires` was" in str(headers["complaint"])
