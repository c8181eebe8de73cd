"""Rows that are leased and ended together: what goes well ends at once, and all else is graded alone."""

from datetime import timedelta

from grader.ledger import Ledger
from grader.ledger.clock import now
from grader.ledger.columns import read
from grader.ledger.queue.breaker import BREAKER_ROWS, is_open
from grader.ledger.queue.figures import figures
from grader.ledger.queue.jobs import Jobs, backoff
from grader.ledger.queue.leases import Ending, Lease
from grader.service.reception import Reception
from tests.ledger.queue.test_jobs import hand_in, leased
from tests.service.crowd import Crowd
from tests.service.planted import envelope, let_time_pass, owed, rows
from tests.support.ledgers import sealed

COUNT = BREAKER_ROWS + 3
CONTENTS = 5


def graded(leases: list[Lease], first: int = 1) -> list[Ending]:
    """Return a report for each of the leases, each another one."""
    return [Ending(lease, sealed(number)) for number, lease in enumerate(leases, first)]


def told(ledger: Ledger) -> list[tuple[str, int, str | None, int]]:
    """Return state, tries, lease and losses of every row, in order."""
    return [(row["state"], row["tries"], row["lease"], row["losses"]) for row in rows(ledger).values()]


def test_rows_that_are_leased_together_end_together(reception: Reception, jobs: Jobs, ledger: Ledger) -> None:
    sent = hand_in(reception, COUNT)

    leases = jobs.lease_all([*sent, 99])
    assert [lease.job for lease in leases] == sent
    assert len({lease.token for lease in leases}) == 1
    assert jobs.lease_all(sent) == []
    assert jobs.finish_all(graded(leases)) == sent
    assert jobs.finish_all(graded(leases)) == []

    assert told(ledger) == [("graded", 1, None, 0)] * COUNT
    assert [row["report"] for row in rows(ledger).values()] == [*range(1, COUNT + 1)]
    assert [entry.report for entry in ledger.entries()] == [sealed(number) for number in range(1, COUNT + 1)]
    assert owed(ledger) == {f"s{number}": 1 for number in sent}
    assert {row["revision"] for row in rows(ledger).values()} == {1}


def test_what_is_left_was_not_tried_and_goes_alone(reception: Reception, jobs: Jobs, ledger: Ledger) -> None:
    first, second, third = hand_in(reception, 3)
    assert [due.is_alone for due in jobs.due()] == [False] * 3
    one, *others = jobs.lease_all([first, second, third])

    assert jobs.finish_all(graded([one]), others) == [first]

    assert told(ledger) == [("graded", 1, None, 0)] + [("received", 0, None, 0)] * 2
    assert [(due.job, due.is_alone) for due in jobs.due()] == [(second, True), (third, True)]
    assert jobs.lease_all([first, second, third]) == []  # an old message about all of them
    assert jobs.finish(leased(jobs, second), sealed(2))
    assert rows(ledger)["s2"]["tries"] == 1


def test_whose_lease_ran_out_does_not_keep_the_others(reception: Reception, jobs: Jobs, ledger: Ledger) -> None:
    sent = hand_in(reception, 3)
    leases = jobs.lease_all(sent)
    let_time_pass(ledger, "s2")
    jobs.sweep()
    let_time_pass(ledger, "s2")
    other = leased(jobs, sent[1])

    assert jobs.finish_all(graded(leases)) == [sent[0], sent[2]]
    assert jobs.finish(other, sealed(4))
    assert {entry.report.content_hash for entry in ledger.entries()} == {
        sealed(number).content_hash for number in (1, 3, 4)
    }
    assert owed(ledger) == {"s1": 1, "s2": 1, "s3": 1}


def test_a_process_that_is_lost_with_several_rows_charges_none_of_them(reception: Reception, ledger: Ledger) -> None:
    jobs = Jobs(ledger, 60, 30, holder="family.7")
    sent = hand_in(reception, COUNT)
    jobs.lease_all(sent)

    lost = jobs.lost("family.7", "signal 9")

    assert [row.job for row in lost] == sent
    assert told(ledger) == [("received", 0, None, 1)] + [("received", 0, None, 0)] * (COUNT - 1)
    assert (figures(ledger).recent_losses, figures(ledger).recently_failed) == (1, 0)
    assert not breaker(ledger)
    assert all(row["wake_at"] <= ledger.now().isoformat() for row in rows(ledger).values())
    assert [(due.job, due.is_alone) for due in jobs.due()] == [(job, True) for job in sent]
    jobs.lease(sent[0])
    jobs.lost("family.7", "signal 9")
    assert told(ledger)[0] == ("received", 1, None, 2)
    row = rows(ledger)["s1"]
    assert row["reason"] == "signal 9"
    assert read(row["wake_at"]) - read(row["failed_at"]) == backoff(1) == timedelta(seconds=5)


def test_leases_that_run_out_together_charge_nobody_either(reception: Reception, jobs: Jobs, ledger: Ledger) -> None:
    sent = hand_in(reception, COUNT)
    jobs.lease_all(sent)
    let_time_pass(ledger)

    jobs.sweep()

    assert {row["state"] for row in rows(ledger).values()} == {"received"}
    assert {row["tries"] for row in rows(ledger).values()} == {0}
    assert not breaker(ledger)


def test_while_the_breaker_is_open_nothing_is_leased_together(reception: Reception, jobs: Jobs, ledger: Ledger) -> None:
    *sent, one, two = hand_in(reception, BREAKER_ROWS + 2)
    for lease in [leased(jobs, job) for job in sent]:
        jobs.fail(lease, "no disk")

    assert jobs.lease_all([one, two]) == []

    assert {row["state"] for row in rows(ledger).values()} == {"received"}
    assert [rows(ledger)[name]["tries"] for name in ("s6", "s7")] == [0, 0]


def finish_in_order(url: str, numbers: list[int], reverse: bool) -> list[int]:
    """Return the rows that one process could end, whose reports other processes have as well."""
    with Ledger(url) as ledger:
        jobs = Jobs(ledger, 60, 30)
        done = [Ending(lease, sealed(lease.job % CONTENTS)) for lease in jobs.lease_all(numbers)]
        return jobs.finish_all(done[::-1] if reverse else done)


def test_processes_that_keep_the_same_reports_at_once_keep_each_once(
    url: str, reception: Reception, ledger: Ledger, crowd: Crowd
) -> None:
    envelopes = [envelope(f"s{number}", note=f"n{number % CONTENTS}") for number in range(1, 3 * CONTENTS + 1)]
    sent = [receipt.job or 0 for receipt in reception.accept(envelopes)]
    parts = [sent[start : start + CONTENTS] for start in range(0, len(sent), CONTENTS)]

    done = crowd.do(finish_in_order, *[(url, part, number == 1) for number, part in enumerate(parts)])

    assert done == parts
    assert len(list(ledger.entries())) == CONTENTS
    assert len({(row["id"] % CONTENTS, row["report"]) for row in rows(ledger).values()}) == CONTENTS
    assert set(owed(ledger).values()) == {1}


def breaker(ledger: Ledger) -> bool:
    """Return whether the breaker is open."""
    with ledger.database.connection() as connection:
        return is_open(connection, now(connection))
