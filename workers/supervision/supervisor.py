"""A supervisor: child processes that are started again when they end, and all end when it does, however it does.

Each child leads a process group of its own, so that Ctrl-C in a terminal reaches the supervisor alone, and so that
nothing that a child started outlives it. Should the supervisor be killed, the guard ends them.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from grader.base.errors import GraderError
from workers.supervision import guard

STEADY_SECONDS = 60.0
"""Whoever has run so long may fail again as if for the first time."""
FAILURES = 5
"""So many quick ends in a row, and it is given up."""
BACKOFF_SECONDS = 0.5
"""Before the first new start; each later wait is twice as long."""
PAUSE_SECONDS = 0.1
LAST_LINES = 15
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What tells us to stop: Ctrl-C, a service manager, a terminal that was closed."""


class GivenUp(GraderError):
    """A child ends again and again."""


@dataclass
class Child:
    """One process that has to run, however often it ends."""

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    patience: float
    """Seconds that it has to end once it was asked to."""
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    again_at: float | None = None
    """When it is to be started again; None while it runs."""
    failures: int = 0

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it; what it says goes to its log."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - a program of ours
                self.argv,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.started_at, self.again_at = time.monotonic(), None

    def ask(self) -> None:
        """Ask it to end."""
        if self.process and self.is_running:
            self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it, and whatever it started and left behind."""
        if self.process:
            guard.send([self.process.pid], signal.SIGKILL)
            self.process.wait()

    def end(self) -> str:
        """How it ended, in words."""
        code = self.process.returncode if self.process else 0
        return f"by signal {-code}" if code < 0 else f"with code {code}"

    def last_words(self) -> str:
        """The end of its log."""
        lines = self.log.read_text("utf-8", "replace").splitlines()[-LAST_LINES:]
        return "\n".join(f"    {line}" for line in lines)


class Supervisor:
    """Children, in the stages in which they are started and, the other way round, stopped."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """`say` is told what happens to the children."""
        self.say = say
        self.stages: list[list[Child]] = []
        self.signals = 0
        """How often it was told to stop."""

    @contextmanager
    def watch(self) -> Iterator[None]:
        """The time in which children may run; at its end none does."""
        for number in SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:  # as `nohup` has it
                signal.signal(number, self._told_to_stop)
        self._guard = self._new_guard()
        try:
            yield
        finally:
            self._stop()

    def start(self, *stage: Child) -> None:
        """Start these together."""
        self.stages.append(list(stage))
        for child in stage:
            child.start()
        self._tell_guard()

    def run(self, until: Callable[[], bool]) -> bool:
        """Keep all children running until then; False where it was told to stop before.

        Raises:
            GivenUp: One of them ends again and again.
        """
        while not self.signals:
            if until():
                return True
            for child in self._children():
                self._look_after(child)
            if self._guard.poll() is not None:
                self._guard = self._new_guard()
            time.sleep(PAUSE_SECONDS)
        return False

    def _children(self) -> list[Child]:
        return [child for stage in self.stages for child in stage]

    def _told_to_stop(self, *_: object) -> None:
        self.signals += 1

    def _look_after(self, child: Child) -> None:
        """See whether it ended, and start it again when that is due."""
        if child.is_running:
            return
        now = time.monotonic()
        if child.again_at is None:
            child.kill()
            child.failures = 1 if now - child.started_at > STEADY_SECONDS else child.failures + 1
            if child.failures >= FAILURES:
                message = f"{child.name} ended {FAILURES} times in a row, at last {child.end()}"
                raise GivenUp(f"{message}; the end of {child.log}:\n{child.last_words()}")
            child.again_at = now + BACKOFF_SECONDS * 2 ** (child.failures - 1)
            self._tell_guard()
            self.say(f"{child.name} ended {child.end()}; it is started again")
        elif now >= child.again_at:
            child.start()
            self._tell_guard()

    def _stop(self) -> None:
        """End all children, the last stage first; whoever takes too long, or is in somebody's way, is killed."""
        calm = max(1, self.signals)
        for stage in reversed(self.stages):
            for child in stage:
                child.ask()
            until = time.monotonic() + max(child.patience for child in stage)
            while any(child.is_running for child in stage) and time.monotonic() < until and self.signals <= calm:
                time.sleep(PAUSE_SECONDS)
            for child in stage:
                child.kill()
        self.stages.clear()
        self._tell_guard()
        self._guard.communicate()

    def _new_guard(self) -> "subprocess.Popen[str]":
        command = [sys.executable, "-P", "-m", "workers.supervision.guard"]
        found = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, start_new_session=True)  # noqa: S603
        self._guard = found
        self._tell_guard()
        return found

    def _tell_guard(self) -> None:
        """Tell it the process groups there are now."""
        groups = [str(child.process.pid) for child in self._children() if child.process and child.again_at is None]
        if self._guard.stdin:
            with suppress(BrokenPipeError):  # it is gone; the next one will be told
                self._guard.stdin.write(" ".join(groups) + "\n")
                self._guard.stdin.flush()
