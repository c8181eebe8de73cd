"""The exercise's policy, as students meet it: attempts, refusals, and repeats that are never refused."""

import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from grader.ledger import Ledger
from grader.ledger.queue.jobs import TRIES, Jobs
from grader.schema.queue import Result
from grader.service import answers, platforms
from grader.service.reception import Reception
from grader.service.worker import Worker
from tests.service import planted
from tests.service.crowd import Crowd
from tests.service.planted import CAME, document, envelope, let_time_pass, rows

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def hand_in(reception: Reception, worker: Worker, ledger: Ledger) -> "HandIn":
    return HandIn(reception, worker, ledger)


class HandIn:
    """A student who hands in and looks at the result."""

    def __init__(self, reception: Reception, worker: Worker, ledger: Ledger) -> None:
        self.reception, self.worker, self.ledger = reception, worker, ledger

    def __call__(self, name: str, note: str = "", after: timedelta = timedelta(0), **more: str) -> Result:
        """Return the result of a submission that came in this time after noon, graded if it was taken."""
        (receipt,) = self.reception.accept([envelope(name, note or name, came_at=CAME + after, **more)])
        self.worker.work(receipt.job or 0)
        return self.result(name)

    def result(self, name: str) -> Result:
        answer = answers.result(self.ledger, "local", name)
        assert answer
        return answer


def codes(result: Result) -> list[str]:
    return [problem.code for problem in result.problems]


def test_only_different_submissions_that_are_graded_or_on_their_way_cost_an_attempt(
    hand_in: HandIn, exercises: Path
) -> None:
    planted.write(exercises, policy={"attempts": 2})
    wrong = document(claims="{layer: 99, head: 0, type: induction%s}")
    unasked = document(claims="{layer: 0, head: 0, type: duplicate_token%s}")

    assert hand_in("s1", submission=wrong).attempts_used == 0
    assert hand_in("s2", submission=unasked).attempts_used == 0
    assert [hand_in(name, "one").attempts_used for name in ("s3", "s4")] == [1, 1]
    assert hand_in("s5", "two").attempts_used == 2
    refused = hand_in("s6", "three")
    assert (refused.state, codes(refused), refused.next_allowed) == ("rejected", ["attempts-used"], None)
    assert (refused.attempts_used, refused.attempts) == (2, 2)
    assert hand_in("s7", "one").report == hand_in("s3", "one").report
    assert hand_in("s8", "three", student="bob").attempts_used == 1


def test_a_submission_that_we_could_not_grade_gives_its_attempt_back(
    hand_in: HandIn, reception: Reception, jobs: Jobs, ledger: Ledger, exercises: Path
) -> None:
    planted.write(exercises, policy={"attempts": 1})
    reception.accept([envelope("s1", "one"), envelope("s2", "two")])
    assert hand_in.result("s1").attempts_used == 1
    assert codes(hand_in.result("s2")) == ["attempts-used"]
    for _ in range(TRIES):
        let_time_pass(ledger)
        lease = jobs.lease(1)
        assert lease
        jobs.fail(lease, "no disk")

    dead = hand_in.result("s1")
    assert (dead.state, dead.attempts_used) == ("dead", 0)
    assert dead.reason == "grading failed 5 times"
    assert hand_in("s3", "two").state == "graded"


def test_the_same_submission_again_is_never_refused_and_costs_nothing(hand_in: HandIn, exercises: Path) -> None:
    rules = {"attempts": 1, "rate": {"burst": 1, "per_hour": 1}, "due": "2026-03-03T00:00:00+00:00"}
    planted.write(exercises, policy=rules)
    first = hand_in("s1", "one")

    for number in range(2, 6):
        again = hand_in(f"s{number}", "one", after=number * DAY)
        assert (again.state, again.attempts_used, again.credit, again.score) == ("graded", 1, 1.0, first.score)
        assert again.report == first.report
    assert codes(hand_in("s9", "two", after=2 * DAY)) == ["closed"]


def test_repeats_do_not_slow_a_student_down(hand_in: HandIn, exercises: Path) -> None:
    planted.write(exercises, policy={"rate": {"burst": 2, "per_hour": 1}})
    for number in range(10):
        hand_in(f"s{number}", "one")

    assert hand_in("t1", "two").state == "graded"
    refused = hand_in("t2", "three", after=HOUR / 2)
    assert (codes(refused), refused.next_allowed) == (["too-soon"], CAME + HOUR)
    assert "the next one from 2026-03-02 13:00:00+00:00 on" in refused.problems[0].message
    assert hand_in("t3", "three", after=HOUR).state == "graded"


def test_before_it_opens_and_after_it_closed_nothing_new_is_taken(hand_in: HandIn, exercises: Path) -> None:
    opens, due = "2026-03-02T14:00:00+01:00", "2026-03-04T12:00:00+00:00"
    planted.write(exercises, policy={"opens": opens, "due": due, "late_days": 2, "late_costs": 0.3})

    early = hand_in("s1")
    assert (codes(early), early.next_allowed) == (["not-open-yet"], datetime(2026, 3, 2, 13, tzinfo=UTC))
    assert hand_in("s2", after=HOUR).credit == 1.0
    late = hand_in("s3", after=3 * DAY)
    assert late.report
    assert (late.credit, late.score) == (0.4, round(0.4 * late.report.score, 4))
    assert codes(hand_in("s4", after=4 * DAY)) == ["closed"]


def accept(url: str, exercises: str, names: list[str]) -> None:
    """Take these in with one process, each in its own batch."""
    os.environ["GRADER_EXERCISES"] = exercises
    with Ledger(url) as ledger:
        reception = Reception(ledger, platforms.load(None))
        for name in names:
            reception.accept([envelope(name, name)])


def test_attempts_are_counted_right_when_processes_take_in_at_once(
    url: str, ledger: Ledger, exercises: Path, crowd: Crowd
) -> None:
    planted.write(exercises, policy={"attempts": 5})
    names = [[f"{process}-{number}" for number in range(10)] for process in "abc"]

    crowd.do(accept, *[(url, str(exercises), each) for each in names])

    assert Counter(row["state"] for row in rows(ledger).values()) == {"received": 5, "rejected": 25}


def test_who_only_wishes_something_else_of_the_gallery_is_heard_even_after_the_last_attempt(
    hand_in: HandIn, ledger: Ledger, exercises: Path
) -> None:
    planted.write(exercises, policy={"attempts": 1})
    shown = hand_in("s1", "one", submission=document("one") + "gallery: true\n")
    back = hand_in("s2", "one")

    assert [(each.state, each.attempts_used) for each in (shown, back)] == [("graded", 1)] * 2
    assert [entry.report.gallery for entry in ledger.entries()] == [True, False]
