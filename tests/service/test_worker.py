"""The worker: grades one submission at a time, and gives it back if something goes wrong."""

import json
import os
from pathlib import Path

import pytest

from grader.base.errors import GraderError
from grader.ledger import Ledger
from grader.ledger.queue.jobs import TRIES, Jobs
from grader.service import answers, platforms
from grader.service.laboratories import Laboratories
from grader.service.reception import Reception
from grader.service.worker import Worker
from tests.service import planted
from tests.service.crowd import Crowd
from tests.service.planted import CAME, document, envelope, let_time_pass, owed, rows


def test_a_submission_is_graded_by_what_is_kept(reception: Reception, worker: Worker, ledger: Ledger) -> None:
    reception.accept([envelope("s1")])

    assert worker.work(1) is None
    assert worker.work(1) is None
    assert worker.work(99) is None

    (entry,) = ledger.entries()
    assert (entry.report.student, entry.report.points, entry.created_at) == ("ada", 10, CAME)
    assert (rows(ledger)["s1"]["state"], rows(ledger)["s1"]["report"]) == ("graded", entry.id)


def test_the_same_content_under_other_ids_has_one_report(reception: Reception, worker: Worker, ledger: Ledger) -> None:
    reception.accept([envelope("s1"), envelope("s2", submission=f"# again\n{document()}"), envelope("s3")])
    reception.accept([envelope("s4", student="bob")])
    for job in (1, 2, 3, 4):
        worker.work(job)

    assert [(row["state"], row["report"]) for row in rows(ledger).values()] == [("graded", 1)] * 3 + [("graded", 2)]
    assert owed(ledger) == {"s1": 1, "s2": 1, "s3": 1, "s4": 1}
    answer = answers.result(ledger, "local", "s3")
    assert answer
    assert answer.attempts_used == 1


def test_what_cannot_be_measured_is_ungradable(reception: Reception, worker: Worker, ledger: Ledger) -> None:
    reception.accept([envelope("s1", submission=document(claims="{layer: 0, head: 0, type: duplicate_token%s}"))])

    worker.work(1)

    assert rows(ledger)["s1"]["state"] == "ungradable"


def test_an_exercise_that_is_gone_is_our_fault_and_can_come_back(
    reception: Reception, worker: Worker, ledger: Ledger, exercises: Path
) -> None:
    reception.accept([envelope("s1")])
    (exercises / planted.ID).rename(exercises.parent / "away")

    worker.work(1)
    row = rows(ledger)["s1"]
    assert (row["state"], row["tries"], row["waits_for"]) == (
        "received",
        0,
        "the exercise planted-heads existed when this came in, and is missing now",
    )

    (exercises.parent / "away").rename(exercises / planted.ID)
    let_time_pass(ledger)
    worker.work(1)
    assert rows(ledger)["s1"]["state"] == "graded"


def test_what_a_changed_exercise_no_longer_takes_is_rejected_with_its_problems(
    reception: Reception, worker: Worker, ledger: Ledger, exercises: Path
) -> None:
    two = f"{document()}  - {{layer: 1, head: 0, type: induction}}\n"
    reception.accept([envelope("s1", submission=two)])
    planted.write(exercises, budget=1, version=4)

    worker.work(1)

    row = rows(ledger)["s1"]
    assert (row["state"], json.loads(row["problems"])[0]["code"]) == ("rejected", "too-many-claims")
    assert owed(ledger) == {"s1": 1}


def broken(exercises: Path) -> Path:
    """Break the exercise's file, and return it."""
    file = exercises / planted.ID / "exercise.yaml"
    file.write_text("id: [", "utf-8")
    return file


def test_an_exercise_that_is_broken_when_something_comes_in_is_our_fault_and_can_be_mended(
    reception: Reception, worker: Worker, ledger: Ledger, exercises: Path
) -> None:
    file = broken(exercises)
    assert [receipt.state for receipt in reception.accept([envelope("s1")])] == ["received"]
    assert (rows(ledger)["s1"]["exercise"], rows(ledger)["s1"]["content"]) == (None, None)

    worker.work(1)
    assert rows(ledger)["s1"]["state"] == "received"
    assert str(file) in rows(ledger)["s1"]["waits_for"]

    planted.write(exercises)
    let_time_pass(ledger)
    worker.work(1)
    row = rows(ledger)["s1"]
    assert (row["state"], row["exercise"], row["student"]) == ("graded", planted.ID, "ada")
    assert row["content"]


def test_what_came_in_unread_is_judged_late_by_when_it_came(
    reception: Reception, worker: Worker, ledger: Ledger, exercises: Path
) -> None:
    rules = {"due": "2026-03-02T00:00:00+00:00", "late_days": 3, "late_costs": 0.25, "attempts": 1}
    broken(exercises)
    late = [envelope("s1"), envelope("s2", note="another"), envelope("s3", student=None)]
    reception.accept(
        [*late, envelope("s4", submission="exercise: nowhere\nclaims: [{layer: 0, head: 0, type: induction}]")]
    )
    planted.write(exercises, policy=rules)
    for job in (1, 2, 3, 4):
        worker.work(job)

    answer = rows(ledger)
    assert [row["state"] for row in answer.values()] == ["graded", "rejected", "rejected", "rejected"]
    assert answer["s1"]["credit"] == 0.75
    codes = [json.loads(answer[name]["problems"])[0]["code"] for name in ("s2", "s3", "s4")]
    assert codes == ["attempts-used", "missing-key", "unknown-exercise"]


def test_an_exercise_that_is_not_measured_yet_is_asked_for_and_waits_uncharged(
    reception: Reception, worker: Worker, ledger: Ledger, tables: Path
) -> None:
    for table in tables.iterdir():
        table.unlink()
    reception.accept([envelope("s1"), envelope("s2", note="another")])

    assert [worker.work(1), worker.work(2)] == [planted.ID, None]
    assert {(row["state"], row["tries"]) for row in rows(ledger).values()} == {("received", 0)}

    planted.measure(tables, planted.planted())
    let_time_pass(ledger)
    assert [worker.work(1), worker.work(2)] == [None, None]
    assert {row["state"] for row in rows(ledger).values()} == {"graded"}


def test_an_exercise_that_cannot_be_measured_is_a_failure_of_all_that_wait_for_it(
    reception: Reception, worker: Worker, ledger: Ledger, exercises: Path, tables: Path
) -> None:
    for table in tables.iterdir():
        table.unlink()
    reception.accept([envelope("s1")])
    for _ in range(TRIES):
        worker.work(1)
        with pytest.raises(GraderError):
            worker.measure(planted.ID)
        let_time_pass(ledger)

    assert (rows(ledger)["s1"]["state"], rows(ledger)["s1"]["tries"]) == ("dead", TRIES)
    assert "planted" in rows(ledger)["s1"]["reason"]


def test_a_fault_in_the_file_of_an_exercise_that_is_to_be_measured_kills_nothing(
    reception: Reception, worker: Worker, ledger: Ledger, exercises: Path, tables: Path
) -> None:
    for table in tables.iterdir():
        table.unlink()
    reception.accept([envelope("s1")])
    for _ in range(TRIES + 1):
        worker.work(1)
        broken(exercises)
        with pytest.raises(GraderError):
            worker.measure(planted.ID)
        worker.work(1)
        planted.write(exercises)
        let_time_pass(ledger)

    assert (rows(ledger)["s1"]["state"], rows(ledger)["s1"]["tries"]) == ("received", 0)


def test_a_damaged_table_is_measured_again(reception: Reception, worker: Worker, ledger: Ledger, tables: Path) -> None:
    for table in tables.iterdir():
        table.write_text("{}")
    reception.accept([envelope("s1")])

    assert worker.work(1) == planted.ID
    assert (rows(ledger)["s1"]["state"], rows(ledger)["s1"]["reason"]) == ("received", "")


def test_a_table_that_cannot_be_read_is_a_failure_that_says_so(
    reception: Reception, worker: Worker, ledger: Ledger, tables: Path
) -> None:
    for table in tables.glob("*.json"):
        table.unlink()
        table.mkdir()
    reception.accept([envelope("s1")])

    worker.work(1)

    assert "cannot be read (Is a directory); move it away" in rows(ledger)["s1"]["reason"]


def test_an_error_that_nobody_foresaw_gives_back_what_is_current(
    reception: Reception, worker: Worker, ledger: Ledger, tables: Path
) -> None:
    for table in tables.iterdir():
        table.unlink()
        table.mkdir()
    reception.accept([envelope("s1")])
    worker.give_up("nothing is at hand yet")
    worker.work(1)
    assert rows(ledger)["s1"]["state"] == "received"
    let_time_pass(ledger)

    worker.held = worker.jobs.lease_all([1])
    worker.give_up("ValueError: who knows")
    worker.give_up("told twice")

    assert (rows(ledger)["s1"]["state"], rows(ledger)["s1"]["tries"]) == ("received", 2)
    assert rows(ledger)["s1"]["reason"] == "ValueError: who knows"


def test_what_only_has_to_be_looked_up_is_graded_together(reception: Reception, worker: Worker, ledger: Ledger) -> None:
    sent = [envelope("s1"), envelope("s2", note="another"), envelope("s3", student="bob")]
    reception.accept(sent)

    worker.work_together([1, 2, 3, 99])
    worker.work_together([1, 2, 3])

    assert {(row["state"], row["tries"]) for row in rows(ledger).values()} == {("graded", 1)}
    assert owed(ledger) == {"s1": 1, "s2": 1, "s3": 1}
    points = {(entry.report.student, entry.report.points) for entry in ledger.entries()}
    assert points == {("ada", 10), ("bob", 10)}


def test_what_does_not_go_plainly_well_is_left_for_later_and_alone(
    reception: Reception, worker: Worker, ledger: Ledger, exercises: Path
) -> None:
    """A sentence to look at, a copy, one that is refused by now, a document that could not be read at first."""
    sentence = '{layer: 0, head: 0, type: positional, offset: -1, evidence: "Emma waved"%s}'
    two = f"{document()}  - {{layer: 1, head: 0, type: induction}}\n"
    reception.accept([envelope("s1", submission=document(claims=sentence)), envelope("s2"), envelope("s3")])
    reception.accept([envelope("s4", submission=two)])
    broken(exercises)
    reception.accept([envelope("s5", note="unread")])
    planted.write(exercises, budget=1, version=4)
    left = (1, 3, 4, 5)

    worker.work_together([1, 2, 3, 4, 5])

    assert {name: row["state"] for name, row in rows(ledger).items() if row["tries"]} == {"s2": "graded"}
    assert [(due.job, due.is_alone) for due in worker.jobs.due()] == [(job, True) for job in left]
    for job in left:
        worker.work(job)
    ended = [(rows(ledger)[name]["state"], rows(ledger)[name]["tries"]) for name in ("s3", "s4", "s5")]
    assert ended == [("graded", 1), ("rejected", 1), ("graded", 1)]
    assert rows(ledger)["s3"]["report"] == rows(ledger)["s2"]["report"]


def test_an_error_that_nobody_foresaw_charges_none_of_those_that_were_graded_together(
    reception: Reception, worker: Worker, ledger: Ledger
) -> None:
    reception.accept([envelope("s1"), envelope("s2", note="another")])
    worker.held = worker.jobs.lease_all([1, 2])

    worker.give_up("ValueError: who knows")

    assert {(row["state"], row["tries"], row["reason"]) for row in rows(ledger).values()} == {("received", 0, "")}
    assert [due.is_alone for due in worker.jobs.due()] == [True, True]


def work(url: str, exercises: str, tables: str, numbers: list[int]) -> None:
    """Grade these with one process, one after the other."""
    os.environ["GRADER_EXERCISES"] = exercises
    with Ledger(url) as ledger:
        worker = Worker(ledger, Jobs(ledger, 60, 30), Laboratories(Path(tables)))
        for start in range(0, len(numbers), 4):
            worker.work_together(numbers[start : start + 4])
        for number in numbers:
            worker.work(number)


def test_processes_that_grade_the_same_content_at_once_share_one_report_and_one_attempt(
    url: str, ledger: Ledger, exercises: Path, tables: Path, crowd: Crowd
) -> None:
    planted.write(exercises, policy={"attempts": 4})
    reception = Reception(ledger, platforms.load(None))
    reception.accept([envelope(f"s{number}", note=f"n{number % 4}") for number in range(24)])
    numbers = list(range(1, 25))

    crowd.do(work, *[(url, str(exercises), str(tables), order) for order in (numbers, numbers[::-1], numbers)])

    assert {row["state"] for row in rows(ledger).values()} == {"graded"}
    assert len(list(ledger.entries())) == 4
    by_content = {(row["content"], row["report"]) for row in rows(ledger).values()}
    assert len(by_content) == 4
    assert set(owed(ledger).values()) == {1}
    answer = answers.result(ledger, "local", "s0")
    assert answer
    assert (answer.attempts_used, answer.attempts) == (4, 4)
