"""Answers: the result that a platform and its student get, made from the submission's row as it is now."""

from grader import exercises
from grader.base.errors import ExerciseError
from grader.base.language import _, ngettext
from grader.grading.grade import shown
from grader.ledger import Ledger, LedgerEntry
from grader.ledger.people.adjustments import Adjustments
from grader.ledger.queue.status import SubmissionStatus, status
from grader.schema import Exercise, Report
from grader.schema.queue import HELD, MEASURED_FIRST, STATES, Result, State
from grader.service import policy
from grader.students.grades import counted
from grader.students.regrading import ARROW, BETWEEN


def result(ledger: Ledger, platform: str, submission_id: str) -> Result | None:
    """Return the result of the platform's submission with this id; None if there is none."""
    row = status(ledger, platform, submission_id)
    return None if row is None else told(platform, submission_id, row)


def told(platform: str, submission_id: str, row: SubmissionStatus) -> Result:
    """Return the result of the submission with this status."""
    exercise = _exercise(row.exercise)
    report = shown(counted(row.entry.report, exercise, row.credit)) if row.entry else None
    is_graded = report is not None and report.gradable
    counts = not row.adjustments.excused and (is_graded or row.adjustments.score is not None)
    rules = policy.of_student(exercise.policy, row.adjustments) if exercise else None
    state: State = row.state if report is None else "graded" if is_graded else "ungradable"
    return Result(
        platform=platform,
        id=submission_id,
        revision=row.revision,
        state=state,
        says=_says(row, state),
        student=row.student,
        exercise=row.exercise,
        received_at=row.received_at,
        finished_at=row.finished_at,
        tries=row.tries,
        problems=row.problems,
        next_allowed=row.next_allowed,
        reason=_failed(row.tries) if row.state == "dead" else "",
        attempts_used=row.attempts_used,
        attempts=rules.attempts if rules else None,
        credit=row.credit,
        score=_score(report, row.adjustments) if report and counts else None,
        passed=_passed(report, row.adjustments, exercise) if report and counts else None,
        regraded=_reason(row.entry),
        adjustments=row.adjustments.made,
        report=report,
    )


def _says(row: SubmissionStatus, state: State) -> str:
    """Return the state in words, with what the submission waits for."""
    if row.waits_for:
        return _(HELD)
    if row.measured is not None:
        return _(MEASURED_FIRST, percent=f"{100 * row.measured:.0f} %")
    return _(STATES[state])


def _failed(tries: int) -> str:
    return ngettext("grading failed {number} time", "grading failed {number} times", tries)


def _exercise(name: str | None) -> Exercise | None:
    """Return the exercise as it is now; None if it cannot be loaded."""
    try:
        return exercises.load(name) if name else None
    except ExerciseError:
        return None


def _score(report: Report, decided: Adjustments) -> float:
    """Return the score that counts: the one that an instructor set, if any."""
    return report.score if decided.score is None else decided.score


def _passed(report: Report, decided: Adjustments, exercise: Exercise | None) -> bool:
    """Return whether the submission passes; a score that an instructor set is compared with what the exercise needs."""
    if decided.score is None or exercise is None:
        return report.passed
    return decided.score >= exercise.pass_at


def _reason(entry: LedgerEntry | None) -> str:
    """Return why the report was regraded; with the thresholds that moved only if the exercise shows its numbers."""
    if entry is None or entry.replaces is None:
        return ""
    parts = entry.reason.split(BETWEEN)
    return BETWEEN.join(part for part in parts if entry.report.feedback == "all" or ARROW not in part)
