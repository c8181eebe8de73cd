"""Adjusting: what an instructor decides for one student takes effect, or is undone, with everything that follows.

A new deadline changes the credit of what the student handed in before. The platform gets every answer again that
changes.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from grader import exercises
from grader.base.errors import GraderError
from grader.base.language import N_
from grader.exercises.kept_versions import KeptVersions
from grader.grading.grade import credited
from grader.ledger import Ledger
from grader.ledger.people import adjustments
from grader.ledger.people.adjustments import Whose
from grader.ledger.queue.deciding import Deciding, deciding
from grader.schema import Adjustment, Exercise, Policy, Report
from grader.service import policy

OTHER_DEADLINE = N_("the deadline was moved for this student")
"""The reason of a report whose credit follows from another deadline."""


class CannotAdjust(GraderError):
    """The decision changes nothing, because the exercise has no such rule."""

    exit_code = 2


class Adjusted(NamedTuple):
    """The outcome of a decision."""

    number: int
    """The adjustment's."""
    regraded: int
    """Reports whose score changes, because they came in late and are in time now, or the other way round."""


def adjust(ledger: Ledger, whose: Whose, adjustment: Adjustment, made_by: str) -> Adjusted:
    """Let the decision count from now on.

    Raises:
        CannotAdjust: The exercise has no deadline to move, no limit to raise, or the new deadline is not later.
        ExerciseError: The exercise does not exist, or has a fault.
    """
    exercise = exercises.load(whose.exercise)
    KeptVersions(ledger).vet(exercise)
    _refuse_useless(exercise, adjustment)
    with deciding(ledger) as decision:
        number = decision.make(whose, adjustment, made_by)
        return Adjusted(number, _follow(decision, whose, adjustment, exercise))


def undo(ledger: Ledger, number: int, undone_by: str) -> Adjusted:
    """Let the adjustment count no more.

    Raises:
        CannotUndo: There is none with this number, or it was undone before.
        ExerciseError: Its exercise has a fault.
    """
    kept = adjustments.find(ledger, number)
    exercise = exercises.load(kept.whose.exercise)
    KeptVersions(ledger).vet(exercise)
    with deciding(ledger) as decision:
        decision.undo(number, undone_by)
        return Adjusted(number, _follow(decision, kept.whose, kept.adjustment, exercise))


def _follow(decision: Deciding, whose: Whose, adjustment: Adjustment, exercise: Exercise) -> int:
    """Let everything follow from a decision, and return the number of reports that change."""
    regraded = 0
    if adjustment.kind == "extension":
        rules = policy.of_student(exercise.policy, decision.counting(whose))
        regraded = decision.credit(whose, _credit(rules), _credited(exercise), OTHER_DEADLINE)
    decision.answer_again(whose)
    return regraded


def _credit(rules: Policy) -> Callable[[datetime], float]:
    return lambda when: policy.credit(rules, when)


def _credited(exercise: Exercise) -> Callable[[Report, float], Report]:
    return lambda report, credit: credited(report, exercise, credit)


def _refuse_useless(exercise: Exercise, adjustment: Adjustment) -> None:
    due, place = exercise.policy.due, f"exercise {exercise.id}"
    if adjustment.until is not None and due is None:
        raise CannotAdjust(f"{place} has no deadline (`policy.due`), so nobody needs a later one")
    if adjustment.until is not None and due is not None and adjustment.until <= due:
        raise CannotAdjust(f"{place} is due on {due.isoformat(sep=' ', timespec='minutes')}; give a later time")
    if adjustment.kind == "attempts" and exercise.policy.attempts is None:
        raise CannotAdjust(f"{place} has no limit of attempts (`policy.attempts`), so nobody needs more")
