"""Extensions, more attempts, excuses and overrides: they count for one student alone, and can be undone."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from grader.ledger import Ledger
from grader.ledger.people.adjustments import Adjustments, CannotUndo, Whose, adjustments, kept
from grader.ledger.queue.deciding import deciding
from grader.schema import Adjustment
from grader.schema.queue import Result
from grader.service import adjusting, answers
from grader.service.adjusting import Adjusted, CannotAdjust
from grader.service.reception import Reception
from grader.service.worker import Worker
from tests.service import planted
from tests.service.planted import CAME, envelope, owed
from tests.service.test_attempts import passing

DAY = timedelta(days=1)
ADA = Whose("local", "ada", planted.ID)


class Course:
    """An exercise that was due at noon, with two attempts; a day late costs a fifth."""

    def __init__(self, reception: Reception, worker: Worker, ledger: Ledger, exercises: Path) -> None:
        self.reception, self.worker, self.ledger = reception, worker, ledger
        rules = {"due": CAME.isoformat(), "late_days": 2, "late_costs": 0.2, "attempts": 2, "late_passes": False}
        planted.write(exercises, policy=rules)

    def hand_in(self, name: str, late: timedelta, student: str = "ada") -> Result:
        new = envelope(name, submission=passing(name), came_at=CAME + late, student=student)
        (receipt,) = self.reception.accept([new])
        self.worker.work(receipt.job or 0)
        return self.result(name)

    def result(self, name: str) -> Result:
        answer = answers.result(self.ledger, "local", name)
        assert answer
        return answer

    def decide(self, kind: str, whose: Whose = ADA, **values: object) -> Adjusted:
        fields = {"kind": kind, "reason": "she was ill", "made_at": self.ledger.now(), **values}
        return adjusting.adjust(self.ledger, whose, Adjustment.model_validate(fields), "teacher")


@pytest.fixture
def course(reception: Reception, worker: Worker, ledger: Ledger, exercises: Path) -> Course:
    return Course(reception, worker, ledger, exercises)


def test_an_extension_is_a_students_own_deadline(course: Course) -> None:
    course.decide("extension", until=CAME + 3 * DAY)

    assert course.hand_in("a", 2.5 * DAY).credit == 1
    assert course.hand_in("b", 3.5 * DAY).credit == 0.8
    late = course.hand_in("c", 2.5 * DAY, student="bob")
    assert (late.state, late.problems[0].code) == ("rejected", "closed")


def test_what_came_in_late_is_in_time_after_an_extension_and_late_again_when_it_is_undone(course: Course) -> None:
    before = course.hand_in("a", DAY / 2)
    done = course.decide("extension", until=CAME + DAY)
    after = course.result("a")

    assert (before.credit, done.regraded) == (0.8, 1)
    assert (after.credit, after.regraded) == (1, "the deadline was moved for this student")
    assert after.score == pytest.approx((before.score or 0) / 0.8, abs=1e-3)
    assert after.revision > before.revision
    adjusting.undo(course.ledger, done.number, "teacher")
    assert (course.result("a").credit, course.result("a").score) == (0.8, before.score)
    assert course.result("a").adjustments == ()


def test_more_attempts_are_for_one_student(course: Course) -> None:
    for name in ("a", "b"):
        course.hand_in(name, -DAY)
    assert course.hand_in("c", -DAY).problems[0].code == "attempts-used"
    course.decide("attempts", more=1)

    assert course.hand_in("d", -DAY).state == "graded"
    used = course.hand_in("e", -DAY)
    assert (used.problems[0].code, used.attempts_used, used.attempts) == ("attempts-used", 3, 3)
    assert "all 3 attempts" in used.problems[0].message


def test_a_score_that_is_set_is_the_one_that_counts_and_the_report_stays(course: Course) -> None:
    before = course.hand_in("a", -DAY)
    number = course.decide("score", score=0.125).number
    after = course.result("a")

    assert (after.score, after.passed) == (0.125, False)
    assert after.report == before.report
    assert [(made.kind, made.reason) for made in after.adjustments] == [("score", "she was ill")]
    assert owed(course.ledger)["a"] == 2
    assert course.hand_in("b", -DAY, student="bob").adjustments == ()
    adjusting.undo(course.ledger, number, "dean")
    again = course.result("a")
    assert (again.score, again.passed) == (before.score, before.passed)


def test_of_each_kind_the_newest_counts_and_nothing_is_forgotten(course: Course) -> None:
    numbers = [course.decide("score", score=score).number for score in (0.5, 0.7)]
    course.decide("excused")
    assert adjustments(course.ledger, *ADA)[:4] == (None, 0, True, 0.7)
    adjusting.undo(course.ledger, numbers[1], "dean")

    assert adjustments(course.ledger, *ADA)[:4] == (None, 0, True, 0.5)
    assert adjustments(course.ledger, "local", "bob", planted.ID) == Adjustments()
    listed = kept(course.ledger, "local", "ada")
    assert [(each.adjustment.score, each.made_by, each.undone_by) for each in listed] == [
        (0.5, "teacher", None),
        (0.7, "teacher", "dean"),
        (None, "teacher", None),
    ]
    with pytest.raises(CannotUndo, match="is undone already"):
        adjusting.undo(course.ledger, numbers[1], "dean")
    with pytest.raises(CannotUndo, match="there is no adjustment 99"):
        adjusting.undo(course.ledger, 99, "dean")


def test_a_decision_that_would_change_nothing_is_refused(course: Course, exercises: Path) -> None:
    with pytest.raises(CannotAdjust, match="is due on"):
        course.decide("extension", until=CAME)
    planted.write(exercises, version=4)
    with pytest.raises(CannotAdjust, match="no deadline"):
        course.decide("extension", until=CAME)
    with pytest.raises(CannotAdjust, match="no limit of attempts"):
        course.decide("attempts", more=1)
    assert kept(course.ledger) == []


def test_equal_content_has_the_credit_of_the_copy_that_came_first(course: Course) -> None:
    """The second copy is another row with the same report: it is not made late by the extension of the first."""
    course.hand_in("a", DAY / 2)
    course.reception.accept([envelope("b", submission=passing("a"), came_at=CAME + 1.5 * DAY)])
    with deciding(course.ledger) as decision:

        def at(when: datetime) -> float:
            return 1.0 if when < CAME + DAY else 0.6

        assert decision.credit(ADA, at, lambda report, credit: report, "a reason") == 0
    assert [course.result(name).credit for name in ("a", "b")] == [1, 1]
