"""The tasks: each one says what is to be done and leaves the doing to `grader.service`."""

import logging
import time
from datetime import UTC, datetime

from celery import Task  # type: ignore[import-untyped]
from celery.exceptions import (  # type: ignore[import-untyped]
    Reject,
    SoftTimeLimitExceeded,
    TimeLimitExceeded,
)

from grader.errors import LedgerError
from grader.service.intake import Entry, take_in
from grader.service.secret_files import SecretError
from workers import bench, dispatch
from workers.app import app
from workers.wire import LONGEST_SECONDS

MEASURE_SECONDS = LONGEST_SECONDS
"""For measuring every head of a large transformer."""
PATIENCE_SECONDS = 1.0
"""Before a submission that the ledger could not keep goes back on the queue."""

log = logging.getLogger(__name__)


class Graded(Task):  # type: ignore[misc]
    """A task whose unforeseen errors give its submission back."""

    def on_failure(self, exc: BaseException, *_: object) -> None:
        """Note the error with the submission, which is tried again later.

        Of a task that was cut off at the hard limit, Celery tells its main process. Nothing is opened there, since
        children would inherit it: the submission's lease runs out by itself.
        """
        log.error("grading failed: %s: %s", type(exc).__name__, exc)
        if isinstance(exc, TimeLimitExceeded):
            return
        bench.desk().give_up(f"{type(exc).__name__}: {exc}")
        if isinstance(exc, SoftTimeLimitExceeded):
            raise SystemExit  # a library may have been half imported, and would stay so: a new child takes over


@app.task(name="grader.work", base=Graded)  # type: ignore[untyped-decorator]
def work(job: int, probe: bool = False) -> None:
    """Grade one submission."""
    unmeasured = bench.desk().work(job, is_probe=probe)
    if unmeasured is not None:
        measure.delay(unmeasured)


@app.task(name="grader.measure", acks_late=False, time_limit=MEASURE_SECONDS, soft_time_limit=MEASURE_SECONDS - 60)  # type: ignore[untyped-decorator]
def measure(exercise: str) -> None:
    """Measure every head of an exercise's transformer.

    Its message is done when it begins: it may run longer than a message may stay unacknowledged, and whoever waits for
    the measurement asks for it again.
    """
    bench.desk().measure(exercise)


@app.task(name="grader.grade", bind=True)  # type: ignore[untyped-decorator]
def grade(self: Task, platform: str, **fields: str) -> None:
    """Take in a submission from a Python platform on a trusted broker; the fields are those of an intake entry."""
    raw = {name.encode(): str(value).encode() for name, value in fields.items()}
    entry = Entry(f"celery:{platform}", self.request.id, datetime.now(UTC), raw)
    try:
        take_in([entry], bench.reception(), bench.letters())
    except LedgerError as error:
        time.sleep(PATIENCE_SECONDS)
        raise Reject(str(error), requeue=True) from error
    except SecretError as error:
        bench.letters().keep(entry.source, entry.name, str(error), raw)
    dispatch.send(bench.jobs())
