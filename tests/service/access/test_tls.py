"""TLS: a server is believed for its certificate alone, by our own clients and by Celery.

The embedded Valkey speaks no TLS, so a TLS listener stands in front of it.
"""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import trustme

from grader.service import streams
from tests.service.guarded import Server, guarded
from tests.support.servers import Process, free_port, wait_for

POST = "from workers.broker.app import app; app.send_task('sample.note', ['by TLS'])"
UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
OTHER_HOST = "certificate is not valid for '127.0.0.1'"
PLAIN = "Connection closed by server"


class Front(NamedTuple):
    """A server behind TLS, with a certificate for `localhost`."""

    server: Server
    port: int
    authority: Path
    """The file of the authority that issued the certificate."""
    stranger: Path
    """The file of another authority."""

    def url(self, user: str, host: str = "localhost", scheme: str = "rediss") -> str:
        """Return the server's URL for this user."""
        return f"{scheme}://{user}:{self.server.passwords[user]}@{host}:{self.port}/0"


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    folder, port = tmp_path_factory.mktemp("tls"), free_port()
    authority, stranger = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    stranger.cert_pem.write_to_path(folder / "stranger.pem")
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    with guarded(folder / "valkey") as server:
        argv = [sys.executable, "-m", "tests.service.access.tls_front", str(port), str(server.valkey.port)]
        with Process([*argv, folder / "server.pem"], folder / "front.log") as listener:
            listener.wait_for_log("listening")
            yield Front(server, port, folder / "authority.pem", folder / "stranger.pem")


def refusal(url: str, authority: Path | None) -> str:
    """Return the message of our own client, which cannot connect."""
    with pytest.raises(streams.QueueError) as caught, streams.explained(url), streams.connect(url, authority) as client:
        client.ping()
    return str(caught.value)


def test_our_client_works_through_tls(front: Front) -> None:
    with streams.connect(front.url("canvas"), front.authority) as client:
        posted = streams.post(client, "canvas", {"id": "7", "submission": "{}"})

    assert posted.id == "7"
    assert front.server.everything.xlen("intake:canvas") == 1


def test_celery_posts_and_works_through_tls(front: Front, tmp_path: Path) -> None:
    done = tmp_path / "done"
    env = {"GRADER_QUEUE_CA": str(front.authority), "SAMPLE_TASKS_LOG": str(done)}
    posting = {**env, "GRADER_QUEUE_URL": front.url("dispatcher")}
    working = {**env, "GRADER_QUEUE_URL": front.url("worker")}
    argv = [sys.executable, "-m", "celery", "-A", "workers.broker.app", "worker", "--concurrency=1"]

    with Process([sys.executable, "-c", POST], tmp_path / "post.log", posting) as post:
        assert post.wait() == 0, post.log
    with Process([*argv, "--include=tests.workers.support.sample_tasks"], tmp_path / "worker.log", working) as worker:
        wait_for(lambda: done.exists() and done.read_text() == "by TLS\n", "the task runs")
        wait_for(lambda: front.server.everything.keys("grader:worker:*"), "the worker leaves its facts")
        worker.send(signal.SIGTERM)
        assert worker.wait() == 0


def test_a_certificate_of_another_authority_is_refused(front: Front) -> None:
    assert UNTRUSTED in refusal(front.url("canvas"), front.stranger)
    assert UNTRUSTED in refusal(front.url("canvas"), None)


def test_a_certificate_for_another_host_is_refused(front: Front) -> None:
    assert OTHER_HOST in refusal(front.url("canvas", host="127.0.0.1"), front.authority)


def test_plain_text_is_refused(front: Front) -> None:
    assert PLAIN in refusal(front.url("canvas", scheme="redis"), None)


@pytest.mark.parametrize(
    ("host", "trusted", "why"), [("localhost", "stranger", UNTRUSTED), ("127.0.0.1", "authority", OTHER_HOST)]
)
def test_a_worker_that_cannot_trust_the_server_says_why_and_takes_nothing(
    front: Front, tmp_path: Path, host: str, trusted: str, why: str
) -> None:
    env = {"GRADER_QUEUE_URL": front.url("worker", host), "GRADER_QUEUE_CA": str(getattr(front, trusted))}
    argv = [sys.executable, "-m", "celery", "-A", "workers.broker.app", "worker", "--concurrency=1"]
    front.server.everything.lpush("celery", "hello")

    with Process(argv, tmp_path / "worker.log", env) as worker:
        worker.wait_for_log(why)

    assert front.server.everything.rpop("celery") == "hello"
    assert front.server.passwords["worker"] not in worker.log


def test_no_refusal_shows_the_password(front: Front) -> None:
    message = refusal(front.url("canvas"), front.stranger)

    assert message.startswith(f"rediss://canvas@localhost:{front.port}/0: ")
    assert front.server.passwords["canvas"] not in message
