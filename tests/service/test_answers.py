"""What a platform is told of a submission: where it stands, and no more of the report than its exercise shows."""

from pathlib import Path

import pytest

from grader import exercises as catalogue
from grader.exercises.changes import changed
from grader.ledger import Ledger
from grader.schema.queue import STATES, Result
from grader.service import answers, outbox
from grader.service.desk import Desk
from grader.service.jobs import Jobs
from grader.service.reception import Reception
from grader.students.regrading import Regrading
from tests.service import planted
from tests.service.planted import CAME, document, envelope, owed
from tests.support.ledgers import sealed

TWO = f"{document()}  - {{layer: 3, head: 3, type: induction}}\n"


def told(ledger: Ledger, name: str = "s1") -> Result:
    """What the platform is told, after it went through JSON and back."""
    found = answers.result(ledger, "local", name)
    assert found
    return Result.model_validate_json(found.model_dump_json())


def test_of_what_never_came_in_nothing_is_told(ledger: Ledger, reception: Reception) -> None:
    reception.accept([envelope("s1")])

    assert answers.result(ledger, "canvas", "s1") is None
    assert answers.result(ledger, "local", "s2") is None


def test_each_state_is_told_in_words(reception: Reception, jobs: Jobs, ledger: Ledger) -> None:
    reception.accept([envelope("s1")])
    seen = [told(ledger)]
    jobs.due()
    seen.append(told(ledger))
    claim = jobs.claim(1)
    assert claim
    seen.append(told(ledger))
    jobs.finish(claim, sealed(1))
    seen.append(told(ledger))

    assert [one.state for one in seen] == ["received", "queued", "grading", "graded"]
    assert [one.says for one in seen] == [STATES[one.state] for one in seen]
    assert [one.tries for one in seen] == [0, 0, 1, 1]
    assert [one.finished_at is None for one in seen] == [True, True, True, False]
    assert {one.received_at for one in seen} == {CAME}


@pytest.mark.parametrize("feedback", ["all", "verdicts", "score"])
def test_no_more_of_the_report_is_told_than_the_exercise_shows(
    reception: Reception, desk: Desk, ledger: Ledger, exercises: Path, feedback: str
) -> None:
    planted.write(exercises, feedback=feedback)
    reception.accept([envelope("s1", submission=TWO)])

    desk.work(1)

    found = told(ledger)
    assert found.report
    assert (found.score, found.passed) == (found.report.score, found.report.passed)
    measured = [verdict.measured is not None for verdict in found.report.verdicts]
    rationales = [verdict.rationale for verdict in found.report.verdicts]
    assert measured == {"all": [True, True], "verdicts": [False, False], "score": []}[feedback]
    assert feedback != "verdicts" or rationales == ["Confirmed.", "Refuted."]
    assert ("0.9" in found.model_dump_json()) == (feedback == "all")


def test_what_could_not_be_measured_has_no_score(reception: Reception, desk: Desk, ledger: Ledger) -> None:
    reception.accept([envelope("s1", submission=document(claims="{layer: 0, head: 0, type: duplicate_token%s}"))])

    desk.work(1)

    found = told(ledger)
    assert (found.state, found.score, found.passed) == ("ungradable", None, None)
    assert found.report


def test_a_failure_of_ours_is_not_told_in_our_words(reception: Reception, jobs: Jobs, ledger: Ledger) -> None:
    reception.accept([envelope("s1")])
    claim = jobs.claim(1)
    assert claim

    jobs.fail(claim, "postgresql://grader@db: no route to host")

    assert (told(ledger).state, told(ledger).reason) == ("received", "")


def test_a_regraded_report_is_told_with_the_reason_and_owed_once_more(
    reception: Reception, desk: Desk, ledger: Ledger
) -> None:
    other = document(claims="{layer: 1, head: 0, type: induction%s}")
    reception.accept([envelope("s1"), envelope("s2"), envelope("s3", student="bob", submission=other)])
    for job in (1, 2, 3):
        desk.work(job)
    old = told(ledger).report
    harder = changed(catalogue.load(planted.ID), ["positional.share.at_least=0.95"])
    regrading = Regrading(harder, desk.laboratories.of(harder).table)

    assert len(list(regrading.apply(ledger, list(regrading.effects(ledger)), "appeal", outbox.put_again))) > 0

    found = {name: told(ledger, name).regraded for name in ("s1", "s2", "s3")}
    reason = "positional:-1 share 0.4 -> 0.95; appeal"
    assert found == {"s1": reason, "s2": reason, "s3": ""}
    new = told(ledger).report
    assert new != old
    assert owed(ledger) == {"s1": 2, "s2": 2, "s3": 1}
    reception.accept([envelope("s4")])
    desk.work(4)
    assert (told(ledger, "s4").report, told(ledger, "s4").attempts_used) == (new, 1)


def test_an_exercise_that_is_gone_takes_nothing_from_the_answer(
    reception: Reception, desk: Desk, ledger: Ledger, exercises: Path
) -> None:
    planted.write(exercises, policy={"attempts": 3})
    reception.accept([envelope("s1")])
    desk.work(1)
    before = told(ledger)
    (exercises / planted.ID / "exercise.yaml").unlink()

    assert before.attempts == 3
    assert told(ledger) == before.model_copy(update={"attempts": None})
