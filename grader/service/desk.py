"""The desk where one submission at a time is graded: claimed, read, held against its exercise, ended."""

from grader import exercises, submissions
from grader.errors import GraderError, InvalidInput
from grader.ledger import Ledger
from grader.service.jobs import Claim, Jobs
from grader.service.laboratories import Laboratories
from grader.service.reception import SOURCE

MEASURING_SECONDS = 2
"""After which a row is looked at again whose exercise is being measured."""


class Desk:
    """One process's place to grade at."""

    def __init__(self, ledger: Ledger, jobs: Jobs, laboratories: Laboratories) -> None:
        self.ledger, self.jobs, self.laboratories = ledger, jobs, laboratories
        self.at_hand: Claim | None = None
        """What is being graded right now."""

    def work(self, job: int, *, is_probe: bool = False) -> str | None:
        """Grade the row's submission, if it is to be graded; the id of an exercise that must be measured first."""
        claim = self.at_hand = self.jobs.claim(job, is_probe=is_probe)
        if claim is None:
            return None
        try:
            return self._grade(claim)
        except InvalidInput as error:
            self.jobs.reject(claim, error.problems)
        except GraderError as error:
            self.jobs.fail(claim, str(error))
        return None

    def give_up(self, reason: str) -> None:
        """Give back what is at hand, after an error that nobody foresaw."""
        if self.at_hand is not None:
            self.jobs.fail(self.at_hand, reason)

    def measure(self, exercise: str) -> None:
        """Measure every head of the exercise's transformer and keep the table; nothing where another one does.

        Raises:
            GraderError: It cannot be measured.
        """
        self.laboratories.of(exercises.load(exercise)).measure()

    def _grade(self, claim: Claim) -> str | None:
        submission, exercise = submissions.load(claim.document.encode(), SOURCE, student=claim.student)
        laboratory = self.laboratories.of(exercise)
        if not laboratory.is_measured:
            self.jobs.postpone(claim, MEASURING_SECONDS)
            return exercise.id
        self.jobs.finish(claim, laboratory.report(submission))
        return None
