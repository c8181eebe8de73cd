"""Rows on their way through grading, with messages and workers that are lost, doubled, late or dead."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from grader.base.errors import Problem
from grader.ledger import Ledger
from grader.ledger.columns import written
from grader.ledger.queue.jobs import TRIES, WINDOW, Due, Jobs, backoff
from grader.ledger.queue.leases import Lease
from grader.ledger.tables import SUBMISSIONS
from grader.service.reception import Reception
from tests.service.crowd import Crowd
from tests.service.planted import CAME, envelope, let_time_pass, owed, rows
from tests.support.ledgers import sealed
from tests.workers.support.owing import submission


def hand_in(reception: Reception, count: int) -> list[int]:
    """Hand in this number of different submissions, `s1` and so on; return their rows."""
    names = [f"s{number}" for number in range(1, count + 1)]
    return [receipt.job or 0 for receipt in reception.accept([envelope(name, note=name) for name in names])]


def leased(jobs: Jobs, job: int, *, is_trial: bool = False) -> Lease:
    """Lease the row, which must be free."""
    lease = jobs.lease(job, is_trial=is_trial)
    assert lease
    return lease


def test_a_row_is_graded_once_and_its_answer_owed_once(reception: Reception, jobs: Jobs, ledger: Ledger) -> None:
    (job,) = hand_in(reception, 1)

    lease = leased(jobs, job)
    assert jobs.lease(job) is None
    assert jobs.finish(lease, sealed(1))
    assert not jobs.finish(lease, sealed(2))
    assert jobs.lease(job) is None

    row = rows(ledger)["s1"]
    assert (row["state"], row["tries"], row["lease"], row["report"]) == ("graded", 1, None, 1)
    assert [(entry.report, entry.created_at) for entry in ledger.entries()] == [(sealed(1), CAME)]
    assert owed(ledger) == {"s1": 1}


def test_a_lease_says_what_to_grade(reception: Reception, jobs: Jobs) -> None:
    (job,) = hand_in(reception, 1)

    lease = leased(jobs, job)

    assert (lease.job, lease.tries, lease.is_trial, lease.platform, lease.submission_id) == (1, 1, False, "local", "s1")
    assert (lease.student, lease.exercise, lease.received_at) == ("ada", "planted-heads", CAME)
    assert lease.document == envelope("s1", note="s1").submission


def test_who_lost_the_lease_changes_nothing(reception: Reception, jobs: Jobs, ledger: Ledger) -> None:
    (job,) = hand_in(reception, 1)
    slow = leased(jobs, job)
    jobs.sweep()
    assert rows(ledger)["s1"]["state"] == "grading"
    let_time_pass(ledger)
    jobs.sweep()
    before = rows(ledger)["s1"]

    assert (before["state"], before["tries"], before["reason"]) == (
        "received",
        1,
        "the worker stopped before it was done",
    )
    let_time_pass(ledger)
    other = leased(jobs, job)
    held = rows(ledger)
    assert not jobs.finish(slow, sealed(1))
    jobs.fail(slow, "late")
    jobs.reject(slow, [])
    jobs.postpone(slow, 0)
    assert rows(ledger) == held
    assert owed(ledger) == {}
    assert jobs.finish(other, sealed(2))
    assert [entry.report for entry in ledger.entries()] == [sealed(2)]


def test_a_failed_row_rests_longer_each_time_and_is_buried_at_last(
    reception: Reception, jobs: Jobs, ledger: Ledger
) -> None:
    (job,) = hand_in(reception, 1)
    rests = []
    for number in range(1, TRIES + 1):
        jobs.fail(leased(jobs, job), f"disk \0 full \ud800 {number}")
        row = rows(ledger)["s1"]
        rests.append(datetime.fromisoformat(row["wake_at"]) - datetime.fromisoformat(row["failed_at"]))
        assert jobs.lease(job) is None
        assert row["tries"] == number
        let_time_pass(ledger)

    assert rests[:-1] == [timedelta(seconds=seconds) for seconds in (5, 20, 80, 320)] == [*map(backoff, (1, 2, 3, 4))]
    assert (row["state"], row["reason"]) == ("dead", r"disk \x00 full \ud800 5")
    assert owed(ledger) == {"s1": 1}
    assert (jobs.due(), jobs.lease(job)) == ([], None)


def test_a_submission_that_kills_its_worker_is_buried_as_well(reception: Reception, jobs: Jobs, ledger: Ledger) -> None:
    (job,) = hand_in(reception, 1)
    for _ in range(TRIES):
        assert rows(ledger)["s1"]["state"] == "received"
        leased(jobs, job)
        let_time_pass(ledger)
        jobs.sweep()
        let_time_pass(ledger)

    assert rows(ledger)["s1"]["state"] == "dead"
    assert owed(ledger) == {"s1": 1}


def test_what_is_postponed_is_not_charged(reception: Reception, jobs: Jobs, ledger: Ledger) -> None:
    (job,) = hand_in(reception, 1)
    for _ in range(TRIES + 1):
        jobs.postpone(leased(jobs, job), 60)
        assert jobs.lease(job) is None
        let_time_pass(ledger)

    assert (rows(ledger)["s1"]["tries"], rows(ledger)["s1"]["failed_at"]) == (0, None)


def test_what_waits_for_something_that_cannot_be_had_fails_and_is_buried_at_last(
    reception: Reception, jobs: Jobs, ledger: Ledger
) -> None:
    first, _second = hand_in(reception, 2)
    for _ in range(TRIES):
        jobs.postpone(leased(jobs, first), 2)
        jobs.fail_postponed("another-exercise", 2, "no weights")
        jobs.fail_postponed("planted-heads", 2, "no weights")
        jobs.fail_postponed("planted-heads", 2, "told twice")
        let_time_pass(ledger)

    assert [(row["state"], row["tries"], row["reason"]) for row in rows(ledger).values()] == [
        ("dead", TRIES, "no weights"),
        ("received", 0, ""),
    ]
    assert owed(ledger) == {"s1": 1}


def test_a_message_is_sent_for_each_row_in_order_and_not_again_while_it_is_on_its_way(
    reception: Reception, jobs: Jobs, ledger: Ledger
) -> None:
    sent = hand_in(reception, WINDOW + 5)

    assert jobs.due() == [Due(job, is_trial=False) for job in sent[:WINDOW]]
    assert jobs.due() == []
    for job in sent[:2]:
        leased(jobs, job)
    assert jobs.due() == [Due(job, is_trial=False) for job in sent[WINDOW : WINDOW + 2]]


def test_a_lost_message_is_sent_again_and_costs_no_try(reception: Reception, jobs: Jobs, ledger: Ledger) -> None:
    (job,) = hand_in(reception, 1)
    for _ in range(TRIES + 1):
        assert jobs.due() == [Due(job, is_trial=False)]
        jobs.sweep()
        assert rows(ledger)["s1"]["state"] == "queued"
        let_time_pass(ledger)
        jobs.sweep()

    assert (rows(ledger)["s1"]["state"], rows(ledger)["s1"]["tries"]) == ("received", 0)


def test_a_rejected_row_keeps_its_problems(reception: Reception, jobs: Jobs, ledger: Ledger) -> None:
    (job,) = hand_in(reception, 1)

    jobs.reject(leased(jobs, job), [], CAME)

    row = rows(ledger)["s1"]
    assert (row["state"], row["problems"], row["next_allowed"]) == ("rejected", "[]", row["received_at"])
    assert owed(ledger) == {"s1": 1}


def test_what_cannot_be_measured_is_no_failure(reception: Reception, jobs: Jobs, ledger: Ledger) -> None:
    (job,) = hand_in(reception, 1)

    assert jobs.finish(leased(jobs, job), sealed(1, gradable=False))
    assert rows(ledger)["s1"]["state"] == "ungradable"


def lease_all(url: str, numbers: list[int]) -> list[int]:
    """Return those of the rows that one process could lease."""
    with Ledger(url) as ledger:
        jobs = Jobs(ledger, 60, 30)
        return [job for job in numbers if jobs.lease(job)]


def send(url: str, looks: int) -> list[int]:
    """Return the rows for which one dispatcher sends a message."""
    with Ledger(url) as ledger:
        jobs = Jobs(ledger, 60, 30)
        return [due.job for _ in range(looks) for due in jobs.due()]


def finish_same(url: str, job: int) -> bool:
    """Return whether one process could finish its row, with the report that all of them have."""
    with Ledger(url) as ledger:
        jobs = Jobs(ledger, 60, 30)
        return jobs.finish(leased(jobs, job), sealed(1))


@pytest.mark.parametrize("reverse", [False, True])
def test_processes_that_lease_at_once_share_the_rows(
    url: str, reception: Reception, crowd: Crowd, reverse: bool
) -> None:
    sent = hand_in(reception, 30)

    by_each = crowd.do(lease_all, (url, sent), (url, sent[::-1] if reverse else sent), (url, sent))

    assert Counter(job for each in by_each for job in each) == dict.fromkeys(sent, 1)


def test_dispatchers_that_send_at_once_send_each_row_once(url: str, reception: Reception, crowd: Crowd) -> None:
    sent = hand_in(reception, WINDOW + 20)

    by_each = crowd.do(send, (url, 5), (url, 5), (url, 5))

    assert Counter(job for each in by_each for job in each) == dict.fromkeys(sent[:WINDOW], 1)


def test_processes_that_keep_the_same_report_at_once_keep_one(
    url: str, reception: Reception, ledger: Ledger, crowd: Crowd
) -> None:
    sent = hand_in(reception, 3)

    assert crowd.do(finish_same, *[(url, job) for job in sent]) == [True] * 3
    assert [entry.report for entry in ledger.entries()] == [sealed(1)]
    assert {(row["state"], row["report"]) for row in rows(ledger).values()} == {("graded", 1)}
    assert owed(ledger) == {"s1": 1, "s2": 1, "s3": 1}


def test_a_platform_with_very_many_leaves_room_for_the_others_and_keeps_to_its_rate(ledger: Ledger) -> None:
    jobs = Jobs(ledger, 60, 30, {"canvas": 3, "moodle": None})
    with ledger.database.connection(write=True) as connection:
        rows = [submission(n, "received", timedelta(hours=1), platform="canvas") for n in range(1, 301)]
        rows += [submission(n, "received", timedelta(0), platform="moodle") for n in range(301, 401)]
        connection.execute(sa.insert(SUBMISSIONS), rows)

    first = [due.job for due in jobs.due()]
    assert first == [1, 2, 3, *range(301, 351)]  # its rate, and half of the window
    for job in first[:2]:
        lease = jobs.lease(job)
        assert lease
        jobs.reject(lease, [Problem("a", "b")])
    assert jobs.due() == []  # three were begun in this minute

    with ledger.database.connection(write=True) as connection:
        earlier = written(datetime.now(UTC) - timedelta(seconds=61))
        change = sa.update(SUBMISSIONS).where(SUBMISSIONS.c.state == "rejected")
        connection.execute(change.values(finished_at=earlier, tried_at=earlier))
    assert [due.job for due in jobs.due()] == [4, 5]
