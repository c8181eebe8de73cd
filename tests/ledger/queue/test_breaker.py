"""While grading fails for every submission, one row at a time is tried and none is buried."""

from sqlalchemy import update

from grader.ledger import Ledger
from grader.ledger.clock import now
from grader.ledger.queue.breaker import BREAKER_ROWS, is_open
from grader.ledger.queue.jobs import TRIES, Due, Jobs
from grader.ledger.tables import SUBMISSIONS
from grader.service.reception import Reception
from tests.ledger.queue.test_jobs import hand_in, leased, send
from tests.service.crowd import Crowd
from tests.service.planted import let_time_pass, owed, rows
from tests.support.ledgers import sealed


def breaker_is_open(ledger: Ledger) -> bool:
    with ledger.database.connection() as connection:
        return is_open(connection, now(connection))


def fail_all(jobs: Jobs, sent: list[int]) -> None:
    """Let every row fail, each at its own worker, all at once."""
    for lease in [leased(jobs, job) for job in sent]:
        jobs.fail(lease, "no disk")


def test_it_opens_when_different_rows_fail_and_closes_with_the_first_success(
    reception: Reception, jobs: Jobs, ledger: Ledger
) -> None:
    *sent, last = hand_in(reception, BREAKER_ROWS + 1)
    fail_all(jobs, sent[:-1])
    assert not breaker_is_open(ledger)
    fail_all(jobs, sent[-1:])
    assert breaker_is_open(ledger)

    assert jobs.lease(last) is None
    assert (rows(ledger)["s6"]["state"], rows(ledger)["s6"]["tries"]) == ("received", 0)
    assert jobs.due() == [Due(last, is_trial=True, is_alone=True)]
    assert jobs.finish(leased(jobs, last, is_trial=True), sealed(1))

    assert not breaker_is_open(ledger)
    assert rows(ledger)["s6"]["tries"] == 1
    let_time_pass(ledger)
    assert [due.is_trial for due in jobs.due()] == [False] * BREAKER_ROWS


def test_the_same_row_failing_again_and_again_does_not_open_it(
    reception: Reception, jobs: Jobs, ledger: Ledger
) -> None:
    (job,) = hand_in(reception, 1)
    for _ in range(TRIES):
        jobs.fail(leased(jobs, job), "its own fault")
        let_time_pass(ledger)

    assert not breaker_is_open(ledger)
    assert rows(ledger)["s1"]["state"] == "dead"


def test_one_trial_at_a_time_the_longest_untried_first_and_none_is_charged_or_buried(
    reception: Reception, jobs: Jobs, ledger: Ledger
) -> None:
    sent = hand_in(reception, BREAKER_ROWS + 2)
    fail_all(jobs, sent[:BREAKER_ROWS])
    let_time_pass(ledger)
    tried = []
    for _ in range(4 * len(sent)):
        (due,) = jobs.due()
        assert jobs.due() == []
        trial = leased(jobs, due.job, is_trial=due.is_trial)
        assert jobs.due() == []
        jobs.fail(trial, "still no disk")
        jobs.sweep()
        tried.append(due.job)
        let_time_pass(ledger)

    order = [*sent[BREAKER_ROWS:], *sent[:BREAKER_ROWS]]
    assert tried == order * 4
    assert [row["tries"] for row in rows(ledger).values()] == [1] * BREAKER_ROWS + [0, 0]
    assert {row["state"] for row in rows(ledger).values()} == {"received"}
    assert owed(ledger) == {}


def test_a_trial_that_kills_its_worker_is_not_charged_either(reception: Reception, jobs: Jobs, ledger: Ledger) -> None:
    sent = hand_in(reception, BREAKER_ROWS)
    fail_all(jobs, sent)
    for _ in range(TRIES * BREAKER_ROWS):
        let_time_pass(ledger)
        (due,) = jobs.due()
        leased(jobs, due.job, is_trial=True)
        let_time_pass(ledger)
        jobs.sweep()

    assert {(row["state"], row["tries"]) for row in rows(ledger).values()} == {("received", 1)}


def test_a_lost_trial_is_sent_again(reception: Reception, jobs: Jobs, ledger: Ledger) -> None:
    fail_all(jobs, hand_in(reception, BREAKER_ROWS))
    let_time_pass(ledger)

    first = jobs.due()
    jobs.sweep()
    assert jobs.due() == []
    let_time_pass(ledger)
    jobs.sweep()
    assert jobs.due() == first


def test_a_row_that_failed_for_the_last_time_while_it_was_open_gets_one_more_try(
    reception: Reception, jobs: Jobs, ledger: Ledger
) -> None:
    *others, last = hand_in(reception, BREAKER_ROWS + 1)
    with ledger.database.connection(write=True) as connection:
        connection.execute(update(SUBMISSIONS).where(SUBMISSIONS.c.id == last).values(tries=TRIES - 1))
    lease = leased(jobs, last)
    fail_all(jobs, others)
    jobs.fail(lease, "no disk")
    let_time_pass(ledger)
    assert (rows(ledger)["s6"]["state"], rows(ledger)["s6"]["tries"]) == ("received", TRIES)

    jobs.finish(leased(jobs, others[0], is_trial=True), sealed(1))
    assert Due(last, is_trial=False, is_alone=True) in jobs.due()
    jobs.fail(leased(jobs, last), "its own fault")

    assert rows(ledger)["s6"]["state"] == "dead"
    assert owed(ledger) == {"s1": 1, "s6": 1}


def test_trials_of_dispatchers_that_look_at_once_are_one(
    url: str, reception: Reception, jobs: Jobs, ledger: Ledger, crowd: Crowd
) -> None:
    sent = hand_in(reception, BREAKER_ROWS + 20)
    fail_all(jobs, sent[:BREAKER_ROWS])
    let_time_pass(ledger)

    sent_by_each = crowd.do(send, (url, 20), (url, 20), (url, 20))

    assert sum(map(len, sent_by_each)) == 1
