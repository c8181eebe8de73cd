"""What the service's own processes have in common: settings, logs, a heartbeat, and an orderly end.

A round that fails because the queue or the database is away is told once and tried again; the heartbeat rests
meanwhile, so that a supervisor sees a process that is up and cannot work.
"""

import logging
import signal
import sys
import threading
import types
from collections.abc import Callable
from typing import Self

import redis

from grader.base import language
from grader.base.errors import GraderError, LedgerError
from grader.service.settings import settings
from grader.service.streams import QueueError
from workers import logs

PATIENCE_SECONDS = 1.0
"""After a round that failed."""

log = logging.getLogger(__name__)


class Process:
    """One of the service's processes, from its start to its end."""

    def __init__(self, name: str) -> None:
        """Read the settings and be ready to be told to stop."""
        logs.configure(name)
        try:
            self.settings = settings()
            language.speak(language.of_service())
        except GraderError as error:
            log.error("%s", error)
            sys.exit(error.exit_code)
        self._stop = threading.Event()
        self._away = ""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())

    def __enter__(self) -> Self:
        log.info("started")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        """Say how it ended; an error of ours in a line."""
        if isinstance(error, GraderError):
            log.error("%s", error)
            sys.exit(error.exit_code)
        log.info("stopped")

    def run(self, work: Callable[[], None], pause: float) -> None:
        """Do the work again and again until told to stop, with a pause in between."""
        while not self._stop.is_set():
            try:
                work()
            except (LedgerError, QueueError, redis.RedisError) as error:
                self._tell(error)
                self._stop.wait(PATIENCE_SECONDS)
                continue
            self._beat()
            self._stop.wait(pause)

    def _tell(self, error: Exception) -> None:
        """Say once, not at every round, what is away."""
        if str(error) != self._away:
            self._away = str(error)
            log.warning("cannot work: %s", error)

    def _beat(self) -> None:
        """Show that all is well."""
        if self._away:
            self._away = ""
            log.info("all is well again")
        if self.settings.heartbeat:
            self.settings.heartbeat.touch()
