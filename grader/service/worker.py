"""The worker: grades submissions from their lease to their answer, several together or one alone."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from time import monotonic

from grader import exercises
from grader.base.errors import ExerciseError, GraderError, InvalidInput, LedgerError
from grader.exercises.kept_versions import KeptVersions
from grader.exercises.submissions import UNKNOWN
from grader.laboratory import Laboratory
from grader.ledger import Ledger, measurements
from grader.ledger.queue.jobs import Jobs
from grader.ledger.queue.leases import Ending, Lease
from grader.schema import Report
from grader.service import reception
from grader.service.laboratories import Laboratories

log = logging.getLogger(__name__)

MEASURING_SECONDS = 2
"""The wait before a submission is tried again whose exercise is being measured."""
HELD_SECONDS = 30
"""The wait before a submission is looked at again whose exercise must be mended."""
TELL_SECONDS = 2.0
"""Between two notes of how far a measurement is."""
ASK_AGAIN_SECONDS = 10
"""The time in which a process asks only once for an exercise to be measured; another process may be doing it."""


class Worker:
    """The part of one process that grades."""

    def __init__(self, ledger: Ledger, jobs: Jobs, laboratories: Laboratories) -> None:
        self.ledger, self.jobs, self.laboratories = ledger, jobs, laboratories
        self.held: Sequence[Lease] = ()
        """The submissions that are being graded, or were graded last."""
        self.versions = KeptVersions(ledger)
        self._asked: dict[str, float] = {}

    def work(self, job: int, *, is_trial: bool = False) -> str | None:
        """Grade the row's submission if it can be leased; return the id of an exercise that must be measured first."""
        self.held = self.jobs.lease_all([job], is_trial=is_trial)
        if not self.held:
            return None
        (lease,) = self.held
        try:
            return self._grade(lease)
        except InvalidInput as error:
            if lease.exercise and any(problem.code == UNKNOWN for problem in error.problems):
                self._hold(lease, f"the exercise {lease.exercise} existed when this came in, and is missing now")
            else:
                self.jobs.reject(lease, error.problems)
        except ExerciseError as error:
            self._hold(lease, str(error))
        except GraderError as error:
            self._fail(lease, str(error))
        return None

    def work_together(self, jobs: Sequence[int]) -> None:
        """Grade those of the rows' submissions whose reports only have to be looked up.

        All others are given back, to be graded alone: what has to be measured, and whatever does not go plainly well.
        """
        leases = self.held = self.jobs.lease_all(jobs)
        if leases:
            with exercises.once():
                endings = list(self._looked_up(leases))
            done = {ending.lease for ending in endings}
            self.jobs.finish_all(endings, [lease for lease in leases if lease not in done])

    def give_up(self, reason: str) -> None:
        """Give the submissions back, after an error that nobody foresaw; only one that was alone has failed."""
        if len(self.held) == 1:
            self.jobs.fail(self.held[0], reason)
        elif self.held:
            self.jobs.release(self.held)

    def measure(self, exercise: str) -> None:
        """Measure every head of the exercise's transformer and keep the table, unless another process does.

        Raises:
            GraderError: It cannot be measured.
        """
        laboratory = self.laboratories.of(exercises.load(exercise))
        try:
            with self._telling(laboratory):
                laboratory.measure()
        except GraderError as error:
            self.cannot_measure(exercise, str(error))
            raise

    def cannot_measure(self, exercise: str, reason: str) -> None:
        """Note the failure with every submission that waits for the measurement."""
        self.jobs.fail_postponed(exercise, MEASURING_SECONDS, reason)

    @contextmanager
    def _telling(self, laboratory: Laboratory) -> Iterator[None]:
        """Note in the ledger how far the measurement is; a ledger that is away must not end it."""
        before, told = laboratory.progress, list[float]()

        def tell(done: float) -> None:
            if not told or monotonic() - told[-1] > TELL_SECONDS:
                told[:] = [monotonic()]
                with suppress(LedgerError):
                    measurements.tell(self.ledger, laboratory.exercise.id, done)
            before(done)

        laboratory.progress = tell
        try:
            yield
        finally:
            laboratory.progress = before
            if told:  # else another process measures, and tells
                with suppress(LedgerError):
                    measurements.forget(self.ledger, laboratory.exercise.id)

    def _grade(self, lease: Lease) -> str | None:
        sound = reception.read_document(lease.document, lease.student, self.versions)
        credit = lease.credit
        if lease.content is None:
            judgement = reception.judge_late(self.ledger, lease, sound)
            if judgement is None or judgement.problems:
                return None
            credit = judgement.credit
        laboratory = self.laboratories.of(sound.exercise)
        if not laboratory.is_measured:
            self.jobs.postpone(lease, MEASURING_SECONDS)
            return self._to_measure(sound.exercise.id)
        self.versions.use(sound.exercise)
        self.jobs.finish(lease, laboratory.report(sound.submission, credit))
        return None

    def _looked_up(self, leases: Sequence[Lease]) -> Iterator[Ending]:
        """Yield the reports that only have to be looked up, one of each content: its copies find it afterwards."""
        seen: set[tuple[str | None, ...]] = set()
        for lease in leases:
            content = (lease.platform, lease.student, lease.exercise, lease.content)
            if lease.content is None or content in seen:
                continue
            with suppress(GraderError):  # it is found again when it is graded alone, and told then
                if report := self._look_up(lease):
                    seen.add(content)
                    yield Ending(lease, report)

    def _look_up(self, lease: Lease) -> Report | None:
        """Return the submission's report, unless anything must be measured for it."""
        sound = reception.read_document(lease.document, lease.student, self.versions)
        laboratory = self.laboratories.of(sound.exercise)
        if not laboratory.is_measured or laboratory.measures(sound.submission):
            return None
        self.versions.use(sound.exercise)
        return laboratory.report(sound.submission, lease.credit)

    def _to_measure(self, exercise: str) -> str | None:
        """Return the exercise, unless this process asked for it a moment ago."""
        now = monotonic()
        if now - self._asked.get(exercise, float("-inf")) < ASK_AGAIN_SECONDS:
            return None
        self._asked[exercise] = now
        return exercise

    def _hold(self, lease: Lease, reason: str) -> None:
        """Let the submission wait, uncharged, for an exercise that cannot be used until somebody mends it."""
        log.warning("held: %s", reason, extra={"submission": f"{lease.platform}/{lease.submission_id}"})
        self.jobs.postpone(lease, HELD_SECONDS, reason)

    def _fail(self, lease: Lease, reason: str) -> None:
        """Note a fault of ours with the submission and in the log."""
        log.warning("grading failed: %s", reason, extra={"submission": f"{lease.platform}/{lease.submission_id}"})
        self.jobs.fail(lease, reason)
