"""Answers: the result that a platform and its student get, made from the submission's row as it is now."""

from grader import exercises
from grader.base.errors import ExerciseError
from grader.base.language import _, ngettext
from grader.grading.grade import shown
from grader.ledger import Ledger, LedgerEntry
from grader.ledger.queue.status import status
from grader.schema import Exercise
from grader.schema.queue import HELD, STATES, Result, State
from grader.students.grades import counted
from grader.students.regrading import ARROW, BETWEEN


def result(ledger: Ledger, platform: str, submission_id: str) -> Result | None:
    """Return the result of the platform's submission with this id; None if there is none."""
    row = status(ledger, platform, submission_id)
    if row is None:
        return None
    exercise = _exercise(row.exercise)
    report = shown(counted(row.entry.report, exercise, row.credit)) if row.entry else None
    is_graded = report is not None and report.gradable
    state: State = row.state if report is None else "graded" if is_graded else "ungradable"
    return Result(
        platform=platform,
        id=submission_id,
        revision=row.revision,
        state=state,
        says=_(HELD if row.waits_for else STATES[state]),
        student=row.student,
        exercise=row.exercise,
        received_at=row.received_at,
        finished_at=row.finished_at,
        tries=row.tries,
        problems=row.problems,
        next_allowed=row.next_allowed,
        reason=_failed(row.tries) if row.state == "dead" else "",
        attempts_used=row.attempts_used,
        attempts=exercise.policy.attempts if exercise else None,
        credit=row.credit,
        score=report.score if report and is_graded else None,
        passed=report.passed if report and is_graded else None,
        regraded=_reason(row.entry),
        report=report,
    )


def _failed(tries: int) -> str:
    return ngettext("grading failed {number} time", "grading failed {number} times", tries)


def _exercise(name: str | None) -> Exercise | None:
    """Return the exercise as it is now; None if it cannot be loaded."""
    try:
        return exercises.load(name) if name else None
    except ExerciseError:
        return None


def _reason(entry: LedgerEntry | None) -> str:
    """Return why the report was regraded; with the thresholds that moved only if the exercise shows its numbers."""
    if entry is None or entry.replaces is None:
        return ""
    parts = entry.reason.split(BETWEEN)
    return BETWEEN.join(part for part in parts if entry.report.feedback == "all" or ARROW not in part)
