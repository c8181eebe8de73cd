"""The Celery app's configuration, and the facts that a worker leaves."""

import json
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from grader.base.errors import UnknownExercise
from grader.service.settings import settings
from tests.support.servers import ROOT, Valkey, celery_worker, wait_for
from tests.workers.support.sample_worker import sample_worker
from workers.broker.app import celery_app

LIGHT = "import sys; from workers.broker import app, consumer, transport; sys.exit('torch' in sys.modules)"


def test_importing_the_app_loads_no_torch() -> None:
    assert subprocess.run([sys.executable, "-c", LIGHT], cwd=ROOT, check=False).returncode == 0


def test_secure_broker_must_show_a_certificate_that_is_checked() -> None:
    app = celery_app(settings({"GRADER_QUEUE_URL": "rediss://u:p@queue/0", "GRADER_QUEUE_CA": "/ca.pem"}))

    assert app.connection().ssl == {
        "ssl_cert_reqs": ssl.CERT_REQUIRED,
        "ssl_check_hostname": True,
        "ssl_ca_certs": "/ca.pem",
    }


@pytest.mark.parametrize("seconds", [2, 120, 3600])
def test_message_comes_back_only_after_its_task_must_be_over(seconds: int) -> None:
    app = celery_app(settings({"GRADER_TASK_SECONDS": str(seconds)}))

    assert app.conf.broker_transport_options["visibility_timeout"] > 2 * app.conf.task_time_limit
    assert app.conf.task_time_limit == seconds > app.conf.task_soft_time_limit


def test_worker_touches_its_file_and_leaves_its_facts(tmp_path: Path) -> None:
    with Valkey(tmp_path / "valkey") as server, server.client() as client:
        with sample_worker(server, tmp_path, "--hostname=one@here", env={"GRADER_HEARTBEAT": str(tmp_path / "beat")}):
            facts = json.loads(wait_for(lambda: client.get("grader:worker:one@here"), "the worker's facts"))
            wait_for((tmp_path / "beat").exists, "the heartbeat")

        assert set(facts) == {"load_seconds", "at"}
        assert 0 < client.ttl("grader:worker:one@here") <= 60


def test_worker_that_cannot_load_what_it_should_exits_and_says_why(tmp_path: Path) -> None:
    env = {"GRADER_PRELOAD": "no-such-exercise", "GRADER_HOME": str(tmp_path / "home")}
    with Valkey(tmp_path / "valkey") as server, celery_worker(server.url(), tmp_path / "log", env=env) as worker:
        assert worker.wait() == UnknownExercise.exit_code
        assert "GRADER_PRELOAD=no-such-exercise: " in worker.log
