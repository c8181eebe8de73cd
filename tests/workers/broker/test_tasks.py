"""A worker accepts our own messages as they are on a real server."""

from collections.abc import Iterator

import pytest

from grader.service.settings import settings
from tests.support.servers import Valkey
from workers import tasks
from workers.broker.app import celery_app
from workers.broker.wire import flaw

SENT = {
    tasks.work: {"job": 7, "probe": True},
    tasks.work_together: {"jobs": [7, 8, 9]},
    tasks.measure: {"exercise": "mini-heads"},
    tasks.grade: {"platform": "canvas", "id": "1", "submission": "exercise: mini-heads\n"},
}


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    with Valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.mark.parametrize("task", SENT, ids=lambda task: task.name)
def test_a_worker_takes_what_we_send_with_the_limits_of_its_task(valkey: Valkey, task: object) -> None:
    app = celery_app(settings({"GRADER_QUEUE_URL": valkey.url()}))
    with app.connection_for_write() as connection:
        task.apply_async(kwargs=SENT[task], connection=connection)  # type: ignore[attr-defined]

    with valkey.client() as client:
        message = client.lpop("celery")

    assert flaw(message.encode(), "celery") is None


def test_no_task_of_ours_is_forgotten_here() -> None:
    ours = {name for name in tasks.app.tasks if name.startswith("grader.")}

    assert {task.name for task in SENT} == ours
