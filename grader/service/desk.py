"""The desk where one submission at a time is graded: claimed, read, held against its exercise, ended."""

import logging
from time import monotonic

from grader import exercises
from grader.base.errors import GraderError, InvalidInput, Problem
from grader.ledger import Ledger
from grader.service import reception
from grader.service.jobs import Jobs, Lease
from grader.service.laboratories import Laboratories

log = logging.getLogger(__name__)

MEASURING_SECONDS = 2
"""After which a row is looked at again whose exercise is being measured."""
ASK_AGAIN_SECONDS = 10
"""After which a process asks once more for an exercise to be measured; meanwhile another one may be at it."""


class Desk:
    """One process's place to grade at."""

    def __init__(self, ledger: Ledger, jobs: Jobs, laboratories: Laboratories) -> None:
        self.ledger, self.jobs, self.laboratories = ledger, jobs, laboratories
        self.at_hand: Lease | None = None
        """What is being graded right now."""
        self._asked: dict[str, float] = {}

    def work(self, job: int, *, is_probe: bool = False) -> str | None:
        """Grade the row's submission, if it is to be graded; the id of an exercise that must be measured first."""
        claim = self.at_hand = self.jobs.claim(job, is_probe=is_probe)
        if claim is None:
            return None
        try:
            return self._grade(claim)
        except InvalidInput as error:
            if claim.exercise and any(problem.code == "unknown-exercise" for problem in error.problems):
                self._fail(claim, f"the exercise {claim.exercise} was there when this came in, and is not here")
            else:
                self.jobs.reject(claim, error.problems)
        except GraderError as error:
            self._fail(claim, str(error))
        return None

    def _fail(self, claim: Lease, reason: str) -> None:
        """Note a fault of ours with the submission, and say it in the log."""
        log.warning("grading failed: %s", reason, extra={"submission": f"{claim.platform}/{claim.submission_id}"})
        self.jobs.fail(claim, reason)

    def give_up(self, reason: str) -> None:
        """Give back what is at hand, after an error that nobody foresaw."""
        if self.at_hand is not None:
            self.jobs.fail(self.at_hand, reason)

    def measure(self, exercise: str) -> None:
        """Measure every head of the exercise's transformer and keep the table; nothing where another one does.

        Raises:
            GraderError: It cannot be measured.
        """
        try:
            self.laboratories.of(exercises.load(exercise)).measure()
        except GraderError as error:
            self.cannot_measure(exercise, str(error))
            raise

    def cannot_measure(self, exercise: str, reason: str) -> None:
        """Note the failure with every submission that waits for the measurement."""
        self.jobs.fail_postponed(exercise, MEASURING_SECONDS, reason)

    def _grade(self, claim: Lease) -> str | None:
        sound = reception.read_document(claim.document, claim.student)
        if claim.exercise is None and (refusal := reception.judge(self.ledger, claim, sound)):
            self.jobs.reject(claim, [Problem(refusal.code, refusal.message)], refusal.next_allowed)
            return None
        laboratory = self.laboratories.of(sound.exercise)
        if not laboratory.is_measured:
            self.jobs.postpone(claim, MEASURING_SECONDS)
            return self._asking_for(sound.exercise.id)
        self.jobs.finish(claim, laboratory.report(sound.submission))
        return None

    def _asking_for(self, exercise: str) -> str | None:
        """The exercise, unless this process asked for it a moment ago."""
        now = monotonic()
        if now - self._asked.get(exercise, float("-inf")) < ASK_AGAIN_SECONDS:
            return None
        self._asked[exercise] = now
        return exercise
