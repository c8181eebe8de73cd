"""A real worker that runs the sample tasks, and a sender of them."""

from collections.abc import Mapping
from pathlib import Path

from celery import Celery

from grader.service.settings import settings
from tests.support.servers import Process, Valkey, celery_worker
from tests.workers.support.sample_tasks import LOG
from workers.broker.app import celery_app


def sample_worker(
    server: Valkey, folder: Path, *more: str, env: Mapping[str, str] | None = None, supervised: bool = False
) -> Process:
    """Start a worker on this server, with its log and its notes in the folder."""
    (folder / "notes").touch()
    worker = celery_worker(
        server.url(),
        folder / "worker.log",
        *("--include", "tests.workers.support.sample_tasks", *more),
        env={LOG: str(folder / "notes"), **(env or {})},
        supervised=supervised,
    )
    worker.wait_for_log(" ready.")
    return worker


def notes(folder: Path) -> list[str]:
    """Return the notes of the sample tasks so far."""
    return (folder / "notes").read_text().split()


def sender(server: Valkey) -> Celery:
    """Return an app that sends as our own processes do."""
    return celery_app(settings({"GRADER_QUEUE_URL": server.url()}))
