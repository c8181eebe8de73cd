"""The service's processes need no more than their users' rights, and a changed password holds at once."""

import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from grader.service.access import acl_lines, new_passwords
from tests.service.guarded import EVERYONE, PLATFORMS, Client, Server, guarded, raw_answer
from tests.support.servers import ROOT, Process, wait_for

POST = "import sys; from workers.broker.app import app; app.send_task('sample.note', [sys.argv[1]])"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with guarded(tmp_path / "valkey") as running:
        yield running


def refused(everything: Client) -> list[tuple[str, str, str]]:
    """Return the refusals since the server started."""
    return [(entry["username"], entry["reason"], entry["object"]) for entry in everything.acl_log()]


def post(server: Server, folder: Path, what: str) -> None:
    """Post a task in a process of its own, as the dispatcher's user."""
    url = server.valkey.url("dispatcher", server.passwords["dispatcher"])
    with Process([sys.executable, "-c", POST, what], folder / "post.log", {"GRADER_QUEUE_URL": url}) as posting:
        assert posting.wait() == 0, posting.log


def leave_behind(everything: Client) -> None:
    """Change the one message on the queue as if a worker had been killed with it, long ago."""
    message = json.loads(everything.rpop("celery"))
    everything.hset("unacked", "tag", json.dumps([message, "", "celery"]))
    everything.zadd("unacked_index", {"tag": 0})


def test_a_worker_lives_with_its_rights(server: Server, tmp_path: Path) -> None:
    done = tmp_path / "done"
    env = {
        "GRADER_QUEUE_URL": server.valkey.url("worker", server.passwords["worker"]),
        "SAMPLE_TASKS_LOG": str(done),
    }
    argv = [sys.executable, "-m", "celery", "-A", "workers.broker.app", "worker", "--concurrency=1"]
    post(server, tmp_path, "left-behind")
    leave_behind(server.everything)

    with Process([*argv, "--include=tests.workers.support.sample_tasks"], tmp_path / "worker.log", env) as worker:
        wait_for(lambda: done.exists() and done.read_text() == "left-behind\n", "a dead worker's task runs")
        post(server, tmp_path, "posted")
        wait_for(lambda: done.read_text() == "left-behind\nposted\n", "a posted task runs")
        server.everything.lpush("celery", "hello")
        wait_for(lambda: server.everything.llen("dead:celery") == 1, "the poison is put away")
        wait_for(lambda: server.everything.keys("grader:worker:*"), "the worker leaves its facts")
        worker.send(signal.SIGTERM)
        assert worker.wait() == 0

    assert refused(server.everything) == []
    assert server.everything.keys("unacked*") == []
    assert not any(password in worker.log for password in server.passwords.values())


def test_an_intake_lives_with_its_rights(server: Server, tmp_path: Path) -> None:
    listed = tmp_path / "platforms.yaml"
    listed.write_text("platforms: [{name: canvas}, {name: moodle}]")
    env = {
        "GRADER_HOME": str(tmp_path / "home"),
        "GRADER_PLATFORMS": str(listed),
        "GRADER_QUEUE_URL": server.valkey.url("intake", server.passwords["intake"]),
    }
    submission = (ROOT / "exercises" / "mini-heads" / "my_heads.yaml").read_text()
    with server.valkey.client("canvas", server.passwords["canvas"]) as canvas:
        canvas.xadd("intake:canvas", {"id": "1", "submission": submission, "student": "ada"})
        canvas.xadd("intake:canvas", {"id": "2", "nonsense": "x"})

    with Process([sys.executable, "-m", "workers.intake"], tmp_path / "intake.log", env) as intake:
        wait_for(lambda: server.everything.llen("celery") == 1, "the submission is posted as a task")
        wait_for(lambda: server.everything.xlen("intake:canvas") == 0, "both entries are off the stream")
        intake.send(signal.SIGTERM)
        assert intake.wait() == 0

    assert refused(server.everything) == []
    assert not any(password in intake.log for password in server.passwords.values())


def test_an_operator_changes_a_password_and_ends_who_came_in_with_the_old_one(server: Server) -> None:
    fresh = {**server.passwords, **new_passwords(["canvas"])}
    file = server.valkey.folder / "users.acl"
    ours = [line for line in file.read_text().splitlines() if line.startswith("user everything ")]

    with (
        server.valkey.client("canvas", server.passwords["canvas"]) as old,
        server.valkey.client("moodle", server.passwords["moodle"]) as other,
        server.valkey.client("operator", server.passwords["operator"]) as operator,
    ):
        before = old.client_id(), other.client_id()
        file.write_text("".join(f"{line}\n" for line in [*acl_lines(PLATFORMS, fresh), *ours]))
        raw_answer(operator, "ACL", "LOAD")

        assert (old.client_id(), other.client_id()) == before  # loading ends no connection
        assert raw_answer(operator, "CLIENT", "KILL", "USER", "canvas") == 1
        with pytest.raises(redis.AuthenticationError):
            old.ping()
        assert other.client_id() == before[1]
    with server.valkey.client("canvas", fresh["canvas"]) as again:
        assert again.ping()


def test_nobody_is_left_out_when_the_list_is_read_again(server: Server) -> None:
    raw_answer(server.everything, "ACL", "LOAD")

    assert sorted(server.everything.acl_users()) == sorted({*EVERYONE, "default", "everything"})
