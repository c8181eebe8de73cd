"""The standing of a student in one exercise of one course: the number that a gradebook gets."""

from datetime import datetime
from typing import NamedTuple

from grader import exercises
from grader.base.errors import ExerciseError
from grader.grading.grade import credited
from grader.ledger import Ledger
from grader.ledger.lti.line_items import Attempt, LaunchedItem, attempts
from grader.schema import Exercise, Report


class CourseStanding(NamedTuple):
    """The score that counts, and its times."""

    score: float | None
    """0 to 1, with the credit for lateness in it; None if there is no grade."""
    changed_at: datetime
    """The time of the last grading or regrading that could have changed it."""
    worked_at: datetime
    """The time at which the work came in that it is for."""


def standing(ledger: Ledger, launched: LaunchedItem) -> CourseStanding | None:
    """Return the student's standing, by the best of the submissions; None if none was graded or could not be."""
    graded = attempts(ledger, launched)
    if not graded:
        return None
    exercise = _exercise(launched.exercise)
    scores = [_score(each, exercise) for each in graded]
    best = max(range(len(graded)), key=lambda number: (scores[number] is not None, scores[number] or 0.0))
    return CourseStanding(scores[best], max(map(_changed_at, graded)), graded[best].received_at)


def _score(attempt: Attempt, exercise: Exercise | None) -> float | None:
    report: Report = attempt.entry.report
    if not report.gradable:
        return None
    return (credited(report, exercise, attempt.credit) if exercise else report).score


def _changed_at(attempt: Attempt) -> datetime:
    """Return when the attempt got its present report: a regrade has its own time, a first report that of its work."""
    is_regrade = attempt.entry.replaces is not None
    return max(attempt.finished_at, attempt.entry.created_at) if is_regrade else attempt.finished_at


def _exercise(name: str) -> Exercise | None:
    try:
        return exercises.load(name)
    except ExerciseError:
        return None
