"""A supervisor: starts child processes again when they end, and ends them all when it ends itself.

Each child leads a process group of its own. So Ctrl-C in a terminal reaches only the supervisor, and the processes that
a child started end with it. If the supervisor is killed, the guard ends them.
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
"""A child that has run for this time has no failures behind it."""
FAILURES = 5
"""The number of quick ends in a row after which a child that has never worked is given up."""
BACKOFF_SECONDS = 0.5
"""Before the first new start; each later wait is twice as long, up to `MOST_SECONDS`."""
MOST_SECONDS = 60.0
PAUSE_SECONDS = 0.1
LAST_LINES = 15
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The signals to stop: from Ctrl-C, a service manager, a terminal that is closed."""


class GivenUp(GraderError):
    """A child ends again and again."""


@dataclass
class Child:
    """One process that must keep running."""

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    patience: float
    """Seconds that it has to end after it was asked to."""
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    again_at: float | None = None
    """The time at which it is started again; None while it runs."""
    failures: int = 0
    has_worked: bool = False
    """True once everything was ready together with it: from then on it ends only for reasons that pass."""

    @property
    def is_running(self) -> bool:
        """True if it has started and not ended."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it; its output goes to its log."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own program
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
        """Kill it with all processes that it started."""
        if self.process:
            guard.send([self.process.pid], signal.SIGKILL)
            self.process.wait()

    def end(self) -> str:
        """Return how it ended, in words."""
        code = self.process.returncode if self.process else 0
        return f"by signal {-code}" if code < 0 else f"with code {code}"

    def last_words(self) -> str:
        """Return the end of its log."""
        lines = self.log.read_text("utf-8", "replace").splitlines()[-LAST_LINES:]
        return "\n".join(f"    {line}" for line in lines)


class Supervisor:
    """Children in stages: they are started in this order, and stopped in the opposite one."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """`say` gets a message when something happens to a child."""
        self.say = say
        self.stages: list[list[Child]] = []
        self.signals = 0
        """The number of signals to stop."""

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Let children run inside the `with` block; at its end, all of them have ended."""
        for number in SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:  # `nohup` ignores some
                signal.signal(number, self._told_to_stop)
        self._guard = self._new_guard()
        try:
            yield
        finally:
            self._stop()

    def start(self, *stage: Child) -> None:
        """Start these children together, as the next stage."""
        self.stages.append(list(stage))
        for child in stage:
            child.start()
        self._tell_guard()

    def run(self, until: Callable[[], bool]) -> bool:
        """Keep all children running until the condition is true; return False if told to stop before.

        Raises:
            GivenUp: One of them ends again and again, and the condition has not been true since its start.
        """
        while not self.signals:
            if until():
                for child in self._children():
                    child.has_worked = True
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
        """Start the child again if it has ended and its wait is over."""
        if child.is_running:
            return
        now = time.monotonic()
        if child.again_at is None:
            child.kill()
            child.failures = 1 if now - child.started_at > STEADY_SECONDS else child.failures + 1
            if child.failures >= FAILURES and not child.has_worked:
                message = f"{child.name} ended {FAILURES} times in a row, at last {child.end()}"
                raise GivenUp(f"{message}; the end of {child.log}:\n{child.last_words()}")
            wait = min(MOST_SECONDS, BACKOFF_SECONDS * 2 ** min(child.failures - 1, 16))
            child.again_at = now + wait
            self._tell_guard()
            self.say(f"{child.name} ended {child.end()}; it is started again in {wait:.1f} s")
        elif now >= child.again_at:
            child.start()
            self._tell_guard()

    def _stop(self) -> None:
        """End all children, the last stage first; kill those that take too long, or all after a second signal."""
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
        self._guard = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, start_new_session=True)  # noqa: S603
        self._tell_guard()
        return self._guard

    def _tell_guard(self) -> None:
        """Send the guard all present process groups."""
        groups = [str(child.process.pid) for child in self._children() if child.process and child.again_at is None]
        if self._guard.stdin:
            with suppress(BrokenPipeError):  # it is gone; the next one gets them
                self._guard.stdin.write(" ".join(groups) + "\n")
                self._guard.stdin.flush()
