"""The web door for the tests: its application in this process, and a real process with a server."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import httpx
from starlette.testclient import TestClient

from grader.doors.web.application import application
from grader.doors.web.house import House
from grader.ledger import Ledger
from grader.ledger.database import FILE
from grader.ledger.queue.jobs import Jobs
from grader.service.entrance import tokens
from grader.service.laboratories import Laboratories
from grader.service.settings import settings
from grader.service.worker import Worker
from tests.service import planted
from tests.support.servers import Process, free_port, wait_for

PLATFORMS = "platforms: [{name: local}, {name: canvas, signing: [{key_id: k1, secret_file: /nowhere/key}]}]\n"
DAY = timedelta(days=1)


def token(
    ledger: Ledger,
    *scopes: str,
    platform: str = "local",
    student: str | None = None,
    life: timedelta | None = DAY,
) -> str:
    """Return a new token, by default with both scopes."""
    return tokens.issue(ledger, platform, scopes or tokens.SCOPES, tokens.Owner(student), life)


def bearer(shown: str) -> dict[str, str]:
    """Return the header that shows the token."""
    return {"Authorization": f"Bearer {shown}"}


class Door:
    """The application, asked without a server in between."""

    def __init__(self, ledger: Ledger, folder: Path, **environment: str) -> None:
        """Open it on this ledger, for the platforms `local` and `canvas`, of which the second signs on its stream."""
        listed = folder / "platforms.yaml"
        listed.write_text(PLATFORMS, "utf-8")
        self.ledger = ledger
        self.house = House(settings({"GRADER_PLATFORMS": str(listed), **environment}), ledger)
        self.client = TestClient(application(self.house), base_url=self.house.url)
        self.all = token(ledger)

    def post(
        self, content: Mapping[str, Any] | bytes, key: str | None = None, shown: str = "", **headers: str
    ) -> httpx.Response:
        """Hand in, with the token that opens everything or another one."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        named = {} if key is None else {"Idempotency-Key": key}
        sent = {"Content-Type": "application/json", **bearer(shown or self.all), **named, **headers}
        return self.client.post("/submissions", content=body, headers=sent)

    def get(self, path: str, shown: str = "", **headers: str) -> httpx.Response:
        """Ask, with the token that opens everything or another one."""
        return self.client.get(path, headers={**bearer(shown or self.all), **headers})


class RunningDoor:
    """The web process on a SQLite ledger of its own, with the planted exercise."""

    def __init__(self, folder: Path, **environment: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        planted.write(folder / "exercises")
        self.folder, self.port = folder, free_port()
        self.environment = {
            "GRADER_HOME": str(folder / "home"),
            "GRADER_EXERCISES": str(folder / "exercises"),
            "GRADER_WEB_PORT": str(self.port),
            "GRADER_HEARTBEAT": str(folder / "heartbeat"),
            **environment,
        }
        (folder / "home").mkdir(exist_ok=True)
        self.ledger = Ledger(f"sqlite:///{folder / 'home' / FILE}")
        self.token = token(self.ledger)
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stop()
        self.ledger.close()

    def start(self) -> None:
        """Start the process, and wait until it answers."""
        self.process = Process([sys.executable, "-m", "workers.web"], self.folder / "web.log", self.environment)
        wait_for(self.answers, f"the web door to be open; see {self.folder / 'web.log'}")

    def answers(self) -> bool:
        """Return whether it is ready."""
        try:
            return httpx.get(f"{self.url}/health").is_success
        except httpx.TransportError:
            return False

    def client(self, shown: str = "") -> httpx.Client:
        """Return a client that shows this token."""
        return httpx.Client(base_url=self.url, headers=bearer(shown or self.token))

    def work(self) -> None:
        """Grade everything that waits, in this process."""
        jobs, tables = Jobs(self.ledger, task_seconds=60, resend_seconds=30), self.folder / "home" / "tables"
        worker = Worker(self.ledger, jobs, Laboratories(tables))
        for row in planted.rows(self.ledger).values():
            worker.work(row["id"])

    def ids(self) -> Sequence[str]:
        """Return the ids of the submissions that are kept."""
        return list(planted.rows(self.ledger))


def posted(name: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever a body may hold
    """Return what a platform posts, by default a sound submission of ada's."""
    return {"id": name, "submission": planted.document(), "student": "ada", **more}
