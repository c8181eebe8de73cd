"""`grade up` as a real process, stopped with all its parts at the end."""

import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from tests.support.servers import DEADLINE, POLL, ROOT, Process, free_port, wait_for

READY = "Ctrl-C stops it"
PARTS = {
    "valkey": "valkey-server",
    "intake": "workers.intake",
    "dispatcher": "workers.dispatch",
    "courier": "workers.courier",
    "worker": "celery",
    "guard": "workers.supervision.guard",
}
"""Words in the command line of each part."""


class Up(Process):
    """One `grade up` in its own home."""

    def __init__(self, home: Path, environment: Mapping[str, str], *options: str) -> None:
        """Start it with a person's environment."""
        self.home = home
        self.environment = {"GRADER_METRICS_PORT": "0", "GRADER_WEB_PORT": "0", **environment, "GRADER_HOME": str(home)}
        home.mkdir(exist_ok=True)
        (home / "up.log").unlink(missing_ok=True)  # else the run before in this home says that this one is ready
        more = options if "--port" in options else (*options, "--port", str(free_port()))
        argv = [sys.executable, "-m", "grader.cli", "up", *more]
        super().__init__(argv, home / "up.log", self.environment)

    def __exit__(self, *_: object) -> None:
        """Stop it as a service manager does; if that fails, kill everything and raise an error."""
        everything = self.everything()
        self.send(signal.SIGTERM)
        try:
            self.wait()
        finally:
            for process in everything:
                if process.is_running():
                    process.kill()
            self.stop()

    def ready(self) -> "Up":
        """Wait until it is ready, and return it; if it ends before, raise an error with its output."""
        wait_for(lambda: READY in self.log or not self.running, f"{READY!r} in {self.home / 'up.log'}")
        assert self.running, self.log
        return self

    def url(self, user: str = "local") -> str:
        """Return the queue's URL for this user, with the password."""
        return (self.home / "service" / "urls" / user).read_text().strip()

    def everything(self) -> list[psutil.Process]:
        """Return its process, its children, and theirs."""
        return [psutil.Process(self.pid), *self.children] if self.running else []

    def part(self, name: str) -> psutil.Process:
        """Wait for the main process of this part, and return it."""
        return wait_for(
            lambda: next((each for each in psutil.Process(self.pid).children() if _is(each, name)), None), name
        )

    def grade(self, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        """Run a command on the machine where this runs."""
        return grade(self.environment, *arguments)


def grade(environment: Mapping[str, str], *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run a command with this as its whole environment."""
    argv = [sys.executable, "-m", "grader.cli", *map(str, arguments)]
    return subprocess.run(
        argv,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * DEADLINE,
        stdin=subprocess.DEVNULL,
    )


def wait_until_gone(processes: list[psutil.Process]) -> None:
    """Wait until none of them runs; a zombie counts as not running."""
    end = time.monotonic() + DEADLINE
    while left := [each for each in processes if _runs(each)]:
        assert time.monotonic() < end, f"still there: {left}"
        time.sleep(POLL)


def _is(process: psutil.Process, name: str) -> bool:
    try:
        return PARTS[name] in " ".join(process.cmdline())
    except psutil.NoSuchProcess:  # or a zombie
        return False


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
