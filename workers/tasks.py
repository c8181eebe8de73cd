"""The Celery tasks; their logic is in `grader.service`."""

import logging
import time
from contextlib import suppress
from typing import Annotated, Any

from annotated_types import Ge, Le, Len
from celery import Task  # type: ignore[import-untyped]
from celery.exceptions import (  # type: ignore[import-untyped]
    Reject,
    SoftTimeLimitExceeded,
    TimeLimitExceeded,
)

from grader.base.errors import GraderError, LedgerError, Problem, SchemaChanged
from grader.ledger.queue.leases import Lease
from grader.service.intake import QueueEntry, take_in
from grader.service.secret_files import SecretError
from grader.service.streams import FIELDS, QueueError
from workers import dispatch, logs, resources
from workers.broker.app import app
from workers.broker.consumer import COMPLAINT
from workers.broker.wire import LONGEST_SECONDS

MEASURE_SECONDS = LONGEST_SECONDS
"""The limit for measuring every head of a large transformer."""
PATIENCE_SECONDS = 1.0
"""Before a submission that the ledger could not keep goes back on the queue."""

REQUEST = "workers.losses:Request"
JobNumber = Annotated[int, Ge(1), Le(2**31 - 1)]
"""The number of a submission's row, as its column holds it."""
JobNumbers = Annotated[list[JobNumber], Len(1, dispatch.TOGETHER)]
"""The numbers of rows that are graded together."""

log = logging.getLogger(__name__)


def _about(lease: Lease) -> dict[str, object]:
    """Return the `extra` of a message about the submission of this lease."""
    return logs.about(lease.platform, lease.submission_id, job=lease.job, **{"try": lease.tries})


class Graded(Task):  # type: ignore[misc]
    """A task that gives its submission back after an unforeseen error."""

    Request = REQUEST

    def on_failure(self, exc: BaseException, *more: object) -> None:
        """Note the error with the submission, which is tried again later.

        For a task that was stopped at the hard limit, Celery calls this in its main process; `workers.losses` frees
        its submission. Nothing can be noted in a ledger of another version: the row waits for a worker of that version.
        """
        if isinstance(exc, TimeLimitExceeded | SchemaChanged):
            return
        held = resources.worker().held
        log.error("grading failed: %s: %s", type(exc).__name__, exc, extra=_about(held[0]) if len(held) == 1 else {})
        resources.worker().give_up(f"{type(exc).__name__}: {exc}")
        if isinstance(exc, SoftTimeLimitExceeded):
            raise SystemExit  # a library may be half imported, and would stay so: a new child takes over


class Measured(Task):  # type: ignore[misc]
    """A task that notes an unforeseen error with every submission that waits for the measurement."""

    Request = REQUEST

    def on_failure(self, exc: BaseException, *more: Any) -> None:  # noqa: ANN401
        """Note the error; for the hard limit, see `Graded`."""
        log.error("measuring failed: %s: %s", type(exc).__name__, exc)
        if not isinstance(exc, TimeLimitExceeded | GraderError):
            resources.worker().cannot_measure(more[2]["exercise"], f"{type(exc).__name__}: {exc}")


@app.task(name="grader.work", base=Graded)  # type: ignore[untyped-decorator]
def work(job: JobNumber, probe: bool = False) -> None:
    """Grade one submission; `probe` is the older word for a trial, which messages of any version use."""
    unmeasured = resources.worker().work(job, is_trial=probe)
    _tell()
    if unmeasured is not None:
        measure.delay(exercise=unmeasured)


@app.task(name="grader.work_together", base=Graded)  # type: ignore[untyped-decorator]
def work_together(jobs: JobNumbers) -> None:
    """Grade several submissions, as long as nothing must be measured for them."""
    resources.worker().work_together(jobs)
    _tell()


def _tell() -> None:
    """Log the submissions that this process has looked at."""
    for lease in resources.worker().held:
        log.info("looked at", extra=_about(lease))


@app.task(  # type: ignore[untyped-decorator]
    name="grader.measure",
    base=Measured,
    acks_late=False,
    time_limit=MEASURE_SECONDS,
    soft_time_limit=MEASURE_SECONDS - 60,
)
def measure(exercise: str) -> None:
    """Measure every head of an exercise's transformer.

    Its message is acknowledged at the start, because it may run longer than a message may stay unacknowledged. A
    submission that waits for the measurement asks for it again.
    """
    resources.worker().measure(exercise)


@app.task(name="grader.grade", bind=True, Request=REQUEST)  # type: ignore[untyped-decorator]
def grade(  # noqa: PLR0913 - the fields of an entry, in its order, so that they may come without names
    self: Task,
    platform: Any,  # noqa: ANN401
    id: Any = None,  # noqa: ANN401
    submission: Any = None,  # noqa: ANN401
    student: Any = None,  # noqa: ANN401
    course: Any = None,  # noqa: ANN401
    key_id: Any = None,  # noqa: ANN401
    timestamp: Any = None,  # noqa: ANN401
    signature: Any = None,  # noqa: ANN401
    **more: Any,  # noqa: ANN401
) -> None:
    """Take in a submission from a Python platform on a trusted broker; its fields are those of an intake entry."""
    fields = dict(zip(FIELDS, (id, submission, student, course, key_id, timestamp, signature), strict=True)) | more
    given = {name: str(value) for name, value in fields.items() if value is not None}
    raw = {_encoded(name): _encoded(value) for name, value in given.items()}
    complaint = self.request.get(COMPLAINT)
    try:
        entry = QueueEntry(f"celery:{platform}", self.request.id, resources.jobs().ledger.now(), raw)
        take_in([entry], resources.reception(), resources.letters(), complaint and Problem("not-in-time", complaint))
    except LedgerError as error:
        time.sleep(PATIENCE_SECONDS)
        raise Reject(error, requeue=True) from error
    except SecretError as error:
        resources.letters().keep(entry.source, entry.name, str(error), raw)
    with suppress(QueueError):  # the dispatcher sends it later
        dispatch.send(resources.jobs())


def _encoded(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
