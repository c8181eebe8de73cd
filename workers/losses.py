"""Losses: a worker's main process sees that a child has ended or hangs, frees what it was grading, and says which.

A child may be killed at any moment: by the kernel when memory runs out, by a fault in a library, by an operator. It can
note nothing itself then. The main process does so, within seconds; without it, the row would wait for its lease's end.
"""

import logging
from typing import Any

from billiard.exceptions import Terminated, WorkerLostError  # type: ignore[import-untyped]
from celery.exceptions import Reject  # type: ignore[import-untyped]
from celery.worker import request as stock  # type: ignore[import-untyped]
from celery.worker import state

from grader.base.errors import LedgerError, SchemaChanged
from workers import logs, resources

log = logging.getLogger(__name__)


class Request(stock.Request):  # type: ignore[misc]
    """A task's run, as the worker's main process sees it."""

    def on_failure(self, exc_info: Any, *more: Any, **options: Any) -> None:  # noqa: ANN401
        """Free the row if the child has ended; end the worker if a newer grader has taken over the ledger."""
        error = getattr(exc_info.exception, "exc", exc_info.exception)  # billiard may wrap it, with its traceback
        error = error.reason if isinstance(error, Reject) else error
        super().on_failure(exc_info, *more, **options)
        if isinstance(error, WorkerLostError | SystemExit | Terminated):  # the last one when the broker was lost
            self._free(str(error) or "its process ended")
        elif isinstance(error, SchemaChanged):
            log.critical("%s", error)
            state.should_stop = error.exit_code

    def on_timeout(self, soft: bool, timeout: float) -> None:
        """Free the row at the hard limit: the child is killed next."""
        super().on_timeout(soft, timeout)
        if not soft:
            self._free(f"it took longer than {timeout:g} s")

    def _free(self, reason: str) -> None:
        """Free what the child was grading, and log it."""
        try:
            lost = resources.lost(self.worker_pid, reason)
        except LedgerError as error:  # the lease runs out by itself
            log.error("a process was lost, and what it graded is not freed yet: %s", error)
            return
        for row in lost:
            about = logs.about(row.platform, row.submission_id, job=row.job, **{"try": row.tries})
            log.error("the process that graded it was lost: %s", reason, extra=about)
        if not lost:
            log.error("a process was lost during %s: %s", self.name, reason)
