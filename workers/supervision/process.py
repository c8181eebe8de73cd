"""The common part of the service's own processes: settings, logs, a heartbeat, and an orderly end.

If a round fails because the queue or the database is away, that is logged once and tried again. The heartbeat pauses
meanwhile, so that a supervisor sees a process that runs and cannot work. A round that does not come to its end, for
whatever reason, ends the process, and its supervisor starts it again.
"""

import logging
import os
import signal
import sys
import threading
import types
from collections.abc import Callable
from contextlib import suppress
from time import monotonic, time
from typing import Self

import redis

from grader.base import language
from grader.base.errors import GraderError, LedgerError, LedgerUnavailable, SchemaChanged
from grader.service import streams
from grader.service.settings import settings
from grader.service.streams import QueueError
from workers import logs

PATIENCE_SECONDS = 1.0
"""After a round that failed."""
TELL_SECONDS = 5.0
"""Between two notes on the queue that all is well."""
STALLED = 75
"""The exit code of a process whose round does not end: "a temporary failure", by `sysexits.h`."""

log = logging.getLogger(__name__)


class Process:
    """One of the service's processes, from its start to its end."""

    def __init__(self, name: str, *, has_queue: bool = True) -> None:
        """Read the settings, and stop at SIGTERM or SIGINT; without a queue, the heartbeat's file is the only sign."""
        self.name = name
        logs.configure(name)
        try:
            self.settings = settings()
            language.speak(language.of_service())
        except GraderError as error:
            log.error("%s", error)
            sys.exit(error.exit_code)
        self._stop = threading.Event()
        self._away = ""
        given = self.settings
        self._queue = streams.connect(given.queue_url, given.queue_ca, given.queue_seconds) if has_queue else None
        self._ended_at, self._told_at = monotonic(), float("-inf")
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

    def run(self, begin: Callable[[], Callable[[], None]], pause: float) -> None:
        """Do the work again and again, with a pause in between, until told to stop.

        `begin` returns the function that does it once. While what it needs is away, it is called again.

        Raises:
            SchemaChanged: The ledger belongs to another version now, with which this process cannot work.
        """
        threading.Thread(target=self._watch, daemon=True).start()
        work: Callable[[], None] | None = None
        while not self._stop.is_set():
            self._ended_at = monotonic()
            try:
                work = work or begin()
                work()
                self._beat()
            except SchemaChanged:
                raise
            except (LedgerError, QueueError, redis.RedisError, OSError) as error:
                if work is None and isinstance(error, LedgerError) and not isinstance(error, LedgerUnavailable):
                    raise  # it is no ledger of ours: somebody has to do something
                self._warn(error)
                self._stop.wait(PATIENCE_SECONDS)
            else:
                self._stop.wait(pause)

    def _watch(self) -> None:
        """End the process when a round does not end; in a thread of its own."""
        while not self._stop.wait(1):
            if monotonic() - self._ended_at > self.settings.stall_seconds:
                log.critical("a round has not ended within %d s; the process ends", self.settings.stall_seconds)
                os._exit(STALLED)

    def _warn(self, error: Exception) -> None:
        """Log the error once, not at every round."""
        if str(error) != self._away:
            self._away = str(error)
            log.warning("cannot work: %s", error)

    def _beat(self) -> None:
        """Note a round that succeeded: in the heartbeat's file, and on the queue for the metrics."""
        if self._away:
            self._away = ""
            log.info("all is well again")
        if self.settings.heartbeat:
            self.settings.heartbeat.touch()
        if self._queue is not None and monotonic() - self._told_at > TELL_SECONDS:
            self._told_at = monotonic()
            with suppress(redis.RedisError):  # the next round notices it too; until then the metrics show its age
                self._queue.set(streams.last_round(self.name), time())
