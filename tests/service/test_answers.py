"""Answers: a submission's state, and only the part of the report that its exercise shows."""

from pathlib import Path

import pytest

from grader import exercises as catalogue
from grader.exercises.changes import changed
from grader.ledger import Ledger
from grader.ledger.queue.jobs import Jobs
from grader.schema.queue import STATES, Result
from grader.service import answers
from grader.service.reception import Reception
from grader.service.worker import Worker
from grader.students.regrading import Regrading
from tests.service import planted
from tests.service.planted import CAME, document, envelope, owed
from tests.support.ledgers import sealed

TWO = f"{document()}  - {{layer: 3, head: 3, type: induction}}\n"


def told(ledger: Ledger, name: str = "s1") -> Result:
    """Return the platform's answer, after it went through JSON and back."""
    answer = answers.result(ledger, "local", name)
    assert answer
    return Result.model_validate_json(answer.model_dump_json())


def test_of_what_never_came_in_nothing_is_told(ledger: Ledger, reception: Reception) -> None:
    reception.accept([envelope("s1")])

    assert answers.result(ledger, "canvas", "s1") is None
    assert answers.result(ledger, "local", "s2") is None


def test_each_state_is_told_in_words(reception: Reception, jobs: Jobs, ledger: Ledger) -> None:
    reception.accept([envelope("s1")])
    seen = [told(ledger)]
    jobs.due()
    seen.append(told(ledger))
    lease = jobs.lease(1)
    assert lease
    seen.append(told(ledger))
    jobs.finish(lease, sealed(1))
    seen.append(told(ledger))

    assert [one.state for one in seen] == ["received", "queued", "grading", "graded"]
    assert [one.says for one in seen] == [STATES[one.state] for one in seen]
    assert [one.tries for one in seen] == [0, 0, 1, 1]
    assert [one.finished_at is None for one in seen] == [True, True, True, False]
    assert {one.received_at for one in seen} == {CAME}


@pytest.mark.parametrize("feedback", ["all", "verdicts", "score"])
def test_no_more_of_the_report_is_told_than_the_exercise_shows(
    reception: Reception, worker: Worker, ledger: Ledger, exercises: Path, feedback: str
) -> None:
    planted.write(exercises, feedback=feedback)
    reception.accept([envelope("s1", submission=TWO)])

    worker.work(1)

    answer = told(ledger)
    assert answer.report
    assert (answer.score, answer.passed) == (answer.report.score, answer.report.passed)
    measured = [verdict.measured is not None for verdict in answer.report.verdicts]
    rationales = [verdict.rationale for verdict in answer.report.verdicts]
    assert measured == {"all": [True, True], "verdicts": [False, False], "score": []}[feedback]
    assert feedback != "verdicts" or rationales == ["Confirmed.", "Refuted."]
    without_times = answer.model_dump_json(exclude={"received_at", "finished_at", "next_allowed"})  # any digits
    assert ("0.9" in without_times) == (feedback == "all")


def test_what_could_not_be_measured_has_no_score(reception: Reception, worker: Worker, ledger: Ledger) -> None:
    reception.accept([envelope("s1", submission=document(claims="{layer: 0, head: 0, type: duplicate_token%s}"))])

    worker.work(1)

    answer = told(ledger)
    assert (answer.state, answer.score, answer.passed) == ("ungradable", None, None)
    assert answer.report


def test_a_failure_of_ours_is_not_told_in_our_words(reception: Reception, jobs: Jobs, ledger: Ledger) -> None:
    reception.accept([envelope("s1")])
    lease = jobs.lease(1)
    assert lease

    jobs.fail(lease, "postgresql://grader@db: no route to host")

    assert (told(ledger).state, told(ledger).reason) == ("received", "")


def test_a_regraded_report_is_told_with_the_reason_and_owed_once_more(
    reception: Reception, worker: Worker, ledger: Ledger
) -> None:
    other = document(claims="{layer: 1, head: 0, type: induction%s}")
    reception.accept([envelope("s1"), envelope("s2"), envelope("s3", student="bob", submission=other)])
    for job in (1, 2, 3):
        worker.work(job)
    old = told(ledger).report
    harder = changed(catalogue.load(planted.ID), ["positional.share.at_least=0.95"])
    regrading = Regrading(harder, worker.laboratories.of(harder).table)

    assert len(list(regrading.apply(ledger, list(regrading.effects(ledger)), "appeal"))) > 0

    answer = {name: told(ledger, name).regraded for name in ("s1", "s2", "s3")}
    reason = "positional:-1 share 0.4 -> 0.95; appeal"
    assert answer == {"s1": reason, "s2": reason, "s3": ""}
    new = told(ledger).report
    assert new != old
    assert owed(ledger) == {"s1": 2, "s2": 2, "s3": 1}
    reception.accept([envelope("s4")])
    worker.work(4)
    assert (told(ledger, "s4").report, told(ledger, "s4").attempts_used) == (new, 1)


def test_an_exercise_that_is_gone_takes_nothing_from_the_answer(
    reception: Reception, worker: Worker, ledger: Ledger, exercises: Path
) -> None:
    planted.write(exercises, policy={"attempts": 3})
    reception.accept([envelope("s1")])
    worker.work(1)
    before = told(ledger)
    (exercises / planted.ID / "exercise.yaml").unlink()

    assert before.attempts == 3
    assert told(ledger) == before.model_copy(update={"attempts": None})
