"""The tasks: each one says what is to be done and leaves the doing to `grader.service`."""

import logging
import time
from datetime import UTC, datetime
from typing import Any

from celery import Task  # type: ignore[import-untyped]
from celery.exceptions import (  # type: ignore[import-untyped]
    Reject,
    SoftTimeLimitExceeded,
    TimeLimitExceeded,
)

from grader.base.errors import GraderError, LedgerError
from grader.service.intake import QueueEntry, take_in
from grader.service.secret_files import SecretError
from workers import dispatch, logs, resources
from workers.broker.app import app
from workers.broker.wire import LONGEST_SECONDS

MEASURE_SECONDS = LONGEST_SECONDS
"""For measuring every head of a large transformer."""
PATIENCE_SECONDS = 1.0
"""Before a submission that the ledger could not keep goes back on the queue."""

log = logging.getLogger(__name__)


def _at_hand() -> dict[str, object]:
    """What is said beside a message on the submission that this process has at hand."""
    claim = resources.desk().at_hand
    return logs.about(claim.platform, claim.submission_id, job=claim.job, attempt=claim.tries) if claim else {}


class Graded(Task):  # type: ignore[misc]
    """A task whose unforeseen errors give its submission back."""

    def on_failure(self, exc: BaseException, *more: object) -> None:
        """Note the error with the submission, which is tried again later.

        Of a task that was cut off at the hard limit, Celery tells its main process. Nothing is opened there, since
        children would inherit it: the submission's lease runs out by itself.
        """
        message = "grading failed: %s: %s", type(exc).__name__, exc
        if isinstance(exc, TimeLimitExceeded):
            log.error(*message, extra={"arguments": more[2]})
            return
        log.error(*message, extra=_at_hand())
        resources.desk().give_up(f"{type(exc).__name__}: {exc}")
        if isinstance(exc, SoftTimeLimitExceeded):
            raise SystemExit  # a library may have been half imported, and would stay so: a new child takes over


class Measured(Task):  # type: ignore[misc]
    """A task whose unforeseen errors are noted with every submission that waits for the measurement."""

    def on_failure(self, exc: BaseException, *more: Any) -> None:  # noqa: ANN401
        """Note the error; of the hard limit, see `Graded`."""
        log.error("measuring failed: %s: %s", type(exc).__name__, exc)
        if not isinstance(exc, TimeLimitExceeded | GraderError):
            resources.desk().cannot_measure(more[2]["exercise"], f"{type(exc).__name__}: {exc}")


@app.task(name="grader.work", base=Graded)  # type: ignore[untyped-decorator]
def work(job: int, probe: bool = False) -> None:
    """Grade one submission."""
    unmeasured = resources.desk().work(job, is_probe=probe)
    if resources.desk().at_hand is not None:
        log.info("looked at", extra=_at_hand())
    if unmeasured is not None:
        measure.delay(exercise=unmeasured)


@app.task(  # type: ignore[untyped-decorator]
    name="grader.measure",
    base=Measured,
    acks_late=False,
    time_limit=MEASURE_SECONDS,
    soft_time_limit=MEASURE_SECONDS - 60,
)
def measure(exercise: str) -> None:
    """Measure every head of an exercise's transformer.

    Its message is done when it begins: it may run longer than a message may stay unacknowledged, and whoever waits for
    the measurement asks for it again.
    """
    resources.desk().measure(exercise)


@app.task(name="grader.grade", bind=True)  # type: ignore[untyped-decorator]
def grade(self: Task, platform: str, **fields: str | None) -> None:
    """Take in a submission from a Python platform on a trusted broker; the fields are those of an intake entry."""
    given = {name: str(value) for name, value in fields.items() if value is not None}
    raw = {name.encode(): value.encode(errors="surrogatepass") for name, value in given.items()}
    entry = QueueEntry(f"celery:{platform}", self.request.id, datetime.now(UTC), raw)
    try:
        take_in([entry], resources.reception(), resources.letters())
    except LedgerError as error:
        time.sleep(PATIENCE_SECONDS)
        raise Reject(str(error), requeue=True) from error
    except SecretError as error:
        resources.letters().keep(entry.source, entry.name, str(error), raw)
    dispatch.send(resources.jobs())
