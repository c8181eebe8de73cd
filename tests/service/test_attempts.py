"""The exercise's policy, as students meet it: attempts, refusals, and repeats that are never refused."""

import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from grader.ledger import Ledger, Regrade
from grader.ledger.queue import dead_letters
from grader.ledger.queue.jobs import TRIES, Jobs
from grader.ledger.queue.outbox import Outbox
from grader.ledger.tables import SUBMISSIONS
from grader.schema.queue import Result
from grader.service import answers, platforms
from grader.service.reception import Reception, judge_late, read_document
from grader.service.worker import Worker
from tests.service import planted
from tests.service.crowd import Crowd
from tests.service.planted import CAME, document, envelope, let_time_pass, rows

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TWO_HEADS = "{layer: 0, head: 0, type: positional, offset: -1%s}\n  - {layer: 0, head: 1, type: positional}"
"""Claims that are right, and more than luck: two thirds of the points."""


def passing(note: str = "") -> str:
    """Return a submission that passes if it is in time."""
    return document(note, TWO_HEADS)


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
    planted.write(exercises, policy={"opens": opens, "due": due, "late_days": 2, "late_costs": 0.3}, pass_at=0.5)

    early = hand_in("s1")
    assert (codes(early), early.next_allowed) == (["not-open-yet"], datetime(2026, 3, 2, 13, tzinfo=UTC))
    in_time = hand_in("s2", after=HOUR, submission=passing("in time"))
    assert (in_time.credit, in_time.score, in_time.passed) == (1.0, 0.6667, True)
    late = hand_in("s3", after=3 * DAY, submission=passing())
    assert late.report
    assert (late.credit, late.score, late.passed) == (0.4, 0.2667, False)
    assert (late.report.credit, late.report.score, late.report.passed) == (0.4, 0.2667, False)
    assert codes(hand_in("s4", after=4 * DAY)) == ["closed"]


def test_an_exercise_may_let_late_work_pass_by_its_score_before_lateness(hand_in: HandIn, exercises: Path) -> None:
    rules = {"due": "2026-03-02T00:00:00+00:00", "late_days": 2, "late_costs": 1.0}
    planted.write(exercises, policy=rules)
    worthless = hand_in("s1", submission=passing())
    planted.write(exercises, policy={**rules, "late_passes": True})
    lenient = hand_in("s2", submission=passing("again"))

    assert (worthless.score, worthless.passed) == (0.0, False)
    assert (lenient.score, lenient.passed) == (0.0, True)
    assert lenient.report
    assert lenient.report.xp == 20


def test_the_same_file_after_a_new_version_is_no_new_attempt(
    hand_in: HandIn, exercises: Path, tables: Path, ledger: Ledger
) -> None:
    planted.write(exercises, policy={"attempts": 1})
    hand_in("s1", "one")
    planted.write(exercises, policy={"attempts": 1}, version=4, pass_at=0.5)

    again, refused = hand_in("s2", "one"), hand_in("s3", "two")
    assert (again.state, again.attempts_used, again.passed) == ("graded", 1, False)
    assert again.report
    assert again.report.exercise_version == 4
    assert (codes(refused), refused.attempts_used) == (["attempts-used"], 1)


def test_attempts_that_an_older_grader_counted_are_known_by_their_older_digest(
    hand_in: HandIn, ledger: Ledger, exercises: Path
) -> None:
    planted.write(exercises, policy={"attempts": 1})
    hand_in("s1", "one")
    sound = read_document(document("one"), "ada", hand_in.worker.versions)
    with ledger.database.connection(write=True) as connection:  # as if it had been written before the upgrade
        connection.execute(sa.update(SUBMISSIONS).values(content=sound.content.older[-1]))

    assert (hand_in("s2", "one").state, hand_in("s2", "one").attempts_used) == ("graded", 1)
    assert codes(hand_in("s3", "two")) == ["attempts-used"]


def test_a_copy_that_was_in_time_raises_the_credit_of_a_late_one_that_was_judged_first(
    hand_in: HandIn, exercises: Path
) -> None:
    rules = {"due": "2026-03-03T00:00:00+00:00", "late_days": 2, "late_costs": 0.5}
    planted.write(exercises, policy=rules, pass_at=0.5)
    late = hand_in("s1", after=DAY, submission=passing())
    in_time = hand_in("s2", submission=passing())

    assert (late.score, late.passed) == (0.3333, False)
    assert (in_time.credit, in_time.score, in_time.passed) == (1.0, 0.6667, True)
    assert (hand_in.result("s1").score, hand_in.result("s1").passed) == (0.6667, True)


def test_a_worker_that_dies_after_it_judged_leaves_no_way_around_the_limit(
    hand_in: HandIn, reception: Reception, jobs: Jobs, ledger: Ledger, exercises: Path
) -> None:
    (exercises / planted.ID / "exercise.yaml").write_text("id: [", "utf-8")  # nothing can be read while they come in
    for name in ("s1", "s2"):
        reception.accept([envelope(name, name)])
    planted.write(exercises, policy={"attempts": 1})
    let_time_pass(ledger)
    hand_in.worker.work(1)
    lease = jobs.lease(2)
    assert lease

    sound = read_document(lease.document, lease.student, hand_in.worker.versions)
    judge_late(ledger, lease, sound)  # and nothing after it
    let_time_pass(ledger)
    jobs.sweep()
    hand_in.worker.work(2)
    assert [codes(hand_in.result(name)) for name in ("s1", "s2")] == [[], ["attempts-used"]]
    assert planted.owed(ledger) == {"s1": 1, "s2": 1}


def test_a_dead_submission_that_is_replayed_is_judged_again(
    hand_in: HandIn, reception: Reception, jobs: Jobs, ledger: Ledger, exercises: Path
) -> None:
    planted.write(exercises, policy={"attempts": 1})
    reception.accept([envelope("s1", "one")])
    for _ in range(TRIES):
        let_time_pass(ledger)
        lease = jobs.lease(1)
        assert lease
        jobs.fail(lease, "no disk")
    assert hand_in("s2", "two").state == "graded"

    assert dead_letters.revive(ledger, "local", "s1")
    hand_in.worker.work(1)
    assert codes(hand_in.result("s1")) == ["attempts-used"]
    assert hand_in.result("s2").attempts_used == 1


def test_a_regrade_may_give_an_attempt_back_but_costs_none(
    hand_in: HandIn, ledger: Ledger, outbox: Outbox, exercises: Path
) -> None:
    planted.write(exercises, policy={"attempts": 2})
    unasked = document(claims="{layer: 0, head: 0, type: duplicate_token%s}")
    decided, undecided = hand_in("s1", "one").report, hand_in("s2", submission=unasked).report
    assert decided
    assert undecided
    first, second = ledger.entries()
    outbox.regrade(undecided.model_copy(update={"content_hash": "1" * 64}), "local", Regrade(first.id, "mended"))
    outbox.regrade(decided.model_copy(update={"content_hash": "2" * 64}), "local", Regrade(second.id, "mended"))

    results = [hand_in.result(name) for name in ("s1", "s2")]
    assert [(result.state, result.attempts_used) for result in results] == [("ungradable", 0), ("graded", 0)]


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
