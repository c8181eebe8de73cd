"""The common part of the service's own processes: settings, logs, a heartbeat, and an orderly end.

If a round fails because the queue or the database is away, that is logged once and tried again. The heartbeat pauses
meanwhile, so that a supervisor sees a process that runs and cannot work.
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
from grader.base.errors import GraderError, LedgerError, SchemaChanged
from grader.service.settings import settings
from grader.service.streams import QueueError
from workers import logs

PATIENCE_SECONDS = 1.0
"""After a round that failed."""

log = logging.getLogger(__name__)


class Process:
    """One of the service's processes, from its start to its end."""

    def __init__(self, name: str) -> None:
        """Read the settings, and stop at SIGTERM or SIGINT."""
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
        """Log the end; an error of ours in one line."""
        if isinstance(error, GraderError):
            log.error("%s", error)
            sys.exit(error.exit_code)
        log.info("stopped")

    def run(self, work: Callable[[], None], pause: float) -> None:
        """Do the work again and again, with a pause in between, until told to stop.

        Raises:
            SchemaChanged: The ledger belongs to another version now, with which this process cannot work.
        """
        while not self._stop.is_set():
            try:
                work()
            except SchemaChanged:
                raise
            except (LedgerError, QueueError, redis.RedisError) as error:
                self._warn(error)
                self._stop.wait(PATIENCE_SECONDS)
                continue
            self._beat()
            self._stop.wait(pause)

    def _warn(self, error: Exception) -> None:
        """Log the error once, not at every round."""
        if str(error) != self._away:
            self._away = str(error)
            log.warning("cannot work: %s", error)

    def _beat(self) -> None:
        """Touch the heartbeat's file."""
        if self._away:
            self._away = ""
            log.info("all is well again")
        if self.settings.heartbeat:
            self.settings.heartbeat.touch()
