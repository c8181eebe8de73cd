"""A running `grade explore` as a real process, and a client that has opened its address."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import Any

import httpx
import pytest

from tests.cli.conftest import REPOSITORY, Bench, bench, cold, home

__all__ = ["bench", "cold", "home"]

HANGING = 120.0
"""Seconds after which it counts as hanging."""


@dataclass
class Server:
    """The process, its address with the token, and a client that was let in by it."""

    process: subprocess.Popen[str]
    address: str
    client: httpx.Client
    home: Path

    @property
    def origin(self) -> str:
        """The address without a path."""
        return self.address.partition("/?")[0]

    def ask(self, name: str, *, language: str = "en", **question: object) -> httpx.Response:
        """Ask as the page does."""
        headers = {"Origin": self.origin, "Accept-Language": language}
        return self.client.post(f"/api/{name}", json=question, headers=headers)

    def problems(self, name: str, **question: Any) -> list[str]:  # noqa: ANN401 - whatever a question holds
        """Return the codes of the problems with a question."""
        answer = self.ask(name, **question)
        assert answer.status_code >= 400
        return [problem["code"] for problem in answer.json()["problems"]]

    def interrupted(self) -> tuple[int, float]:
        """Press Ctrl-C, and return the exit code and the seconds until the process had ended."""
        start = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(HANGING), time.monotonic() - start


@contextmanager
def running(bench: Bench, home: Path, *words: str, **more: str) -> Iterator[Server]:
    """Run `grade explore` with these words."""
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", "explore", "--no-open", *words],
        cwd=REPOSITORY,
        env=bench.environment(home, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address, process.communicate()[1]
        with httpx.Client(base_url=address.partition("/?")[0], timeout=HANGING) as client:
            assert client.get(address).status_code == 200
            yield Server(process, address, client, home)
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def server(cold: tuple[Bench, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One on the tiny exercise, whose heads have been measured already."""
    place = tmp_path_factory.mktemp("served")
    copytree(cold[1], place / "tables")
    with running(cold[0], place, "tiny-heads") as served:
        yield served
