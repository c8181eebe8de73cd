"""Answers: the result that a platform and its student get, made from the submission's row as it is now."""

from grader import exercises
from grader.base.errors import ExerciseError
from grader.base.language import _, ngettext
from grader.grading.grade import shown
from grader.ledger import Ledger, LedgerEntry
from grader.ledger.queue.status import status
from grader.schema.queue import STATES, Result
from grader.students.regrading import ARROW, BETWEEN


def result(ledger: Ledger, platform: str, submission_id: str) -> Result | None:
    """Return the result of the platform's submission with this id; None if there is none."""
    row = status(ledger, platform, submission_id)
    if row is None:
        return None
    report = shown(row.entry.report) if row.entry else None
    is_graded = report is not None and report.gradable
    return Result(
        platform=platform,
        id=submission_id,
        revision=row.revision,
        state=row.state,
        says=_(STATES[row.state]),
        student=row.student,
        exercise=row.exercise,
        received_at=row.received_at,
        finished_at=row.finished_at,
        tries=row.tries,
        problems=row.problems,
        next_allowed=row.next_allowed,
        reason=_failed(row.tries) if row.state == "dead" else "",
        attempts_used=row.attempts_used,
        attempts=_attempts(row.exercise),
        credit=row.credit,
        score=round(report.score * row.credit, 4) if report and is_graded else None,
        passed=report.passed if report and is_graded else None,
        regraded=_reason(row.entry),
        report=report,
    )


def _failed(tries: int) -> str:
    return ngettext("grading failed {number} time", "grading failed {number} times", tries)


def _attempts(exercise: str | None) -> int | None:
    """Return the number of attempts that the exercise allows; None for any number, or if it cannot be loaded."""
    try:
        return exercises.load(exercise).policy.attempts if exercise else None
    except ExerciseError:
        return None


def _reason(entry: LedgerEntry | None) -> str:
    """Return why the report was regraded; with the thresholds that moved only if the exercise shows its numbers."""
    if entry is None or entry.replaces is None:
        return ""
    parts = entry.reason.split(BETWEEN)
    return BETWEEN.join(part for part in parts if entry.report.feedback == "all" or ARROW not in part)
