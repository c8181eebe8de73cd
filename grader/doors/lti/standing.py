"""The standing of a student in one exercise of one course: the number that a gradebook gets."""

from datetime import datetime
from typing import NamedTuple

from grader import exercises
from grader.exercises.kept_versions import KeptVersions
from grader.ledger import Ledger
from grader.ledger.lti.line_items import Attempt, LaunchedItem, attempts
from grader.students.grades import Gradebook
from grader.students.selection import Selection

FULL = 100
"""The full score in gradebooks; a platform turns it into its own points."""


class CourseStanding(NamedTuple):
    """The score that counts, and its times."""

    score: float | None
    """0 to 1, with the credit for lateness in it; None if there is no grade."""
    changed_at: datetime
    """The time of the last grading or regrading that could have changed it."""
    worked_at: datetime
    """The time at which the work came in that it is for."""


def standing(ledger: Ledger, launched: LaunchedItem) -> CourseStanding | None:
    """Return the student's standing, which is the grade; None if nothing was graded or could be.

    Raises:
        ExerciseError: The exercise cannot be used at present, so that nobody knows what counts.
    """
    graded = attempts(ledger, launched)
    if not graded:
        return None
    exercise = exercises.load(launched.exercise)
    KeptVersions(ledger).vet(exercise)  # the score waits until an edit is undone, or is a new version
    book = Gradebook(ledger, exercise, Selection(course=launched.course))
    grade = book.of(launched.platform, launched.student).grade
    return CourseStanding(grade.score, max(map(_changed_at, graded)), grade.when or graded[-1].received_at)


def _changed_at(attempt: Attempt) -> datetime:
    """Return when the attempt got its present report: a regrade has its own time, a first report that of its work."""
    is_regrade = attempt.entry.replaces is not None
    return max(attempt.finished_at, attempt.entry.created_at) if is_regrade else attempt.finished_at
