"""Processes whose clocks disagree, and a clock that is set: nothing is lost or doubled, and nothing waits for long."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
import sqlalchemy as sa

from grader.ledger import Ledger, clock
from grader.ledger.columns import read
from grader.ledger.queue.jobs import Jobs
from grader.ledger.queue.outbox import Outbox
from grader.service.reception import Reception
from tests.ledger.queue.test_jobs import hand_in, leased
from tests.service.planted import let_time_pass, owed, rows
from tests.support.clocks import wrong_by
from tests.support.ledgers import sealed
from tests.support.servers import ROOT

HOUR = 3600
BUSY = """
import logging, sys
from grader.ledger import Ledger
from grader.ledger.queue.jobs import Jobs
from tests.support.ledgers import sealed
logging.basicConfig()
with Ledger(sys.argv[1]) as ledger:
    jobs = Jobs(ledger, 60, 30)
    assert len(jobs.due()) == 4
    done, failed, held = (jobs.lease(job) for job in (1, 2, 3))
    jobs.finish(done, sealed(1))
    jobs.fail(failed, "no disk")
"""
"""One row is graded, one fails, one is being graded when the process ends, and one has a message on its way."""


def busy(url: str, seconds: float) -> str:
    """Let a process work whose clock is wrong by this time; return what it logged."""
    variables = wrong_by(seconds)
    path = os.pathsep.join([variables["PYTHONPATH"], str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", BUSY, url],
        env={**os.environ, **variables, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.parametrize("seconds", [HOUR, -180])
@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_times_follow_the_database_whatever_the_clocks_of_its_processes_say(
    url: str, reception: Reception, jobs: Jobs, outbox: Outbox, ledger: Ledger, seconds: float
) -> None:
    hand_in(reception, 4)

    said = busy(url, seconds)

    jobs.sweep()
    now = ledger.now()
    states = {name: (row["state"], row["tries"]) for name, row in rows(ledger).items()}
    assert states == {"s1": ("graded", 1), "s2": ("received", 1), "s3": ("grading", 1), "s4": ("queued", 0)}
    waits = {name: read(row["wake_at"]) - now for name, row in rows(ledger).items() if name != "s1"}
    assert timedelta(0) < waits["s3"] <= jobs.lease_time
    assert waits["s2"] <= timedelta(seconds=5)
    assert waits["s4"] <= jobs.resend_time
    assert [each.submission_id for each in outbox.due("stream", 9)] == ["s1"]
    assert f"clock is {abs(seconds)} s {'ahead of' if seconds > 0 else 'behind'} the database's" in said
    assert said.count("synchronise both with NTP") == 1


@pytest.mark.parametrize("seconds", [HOUR, -HOUR], ids=["back", "ahead"])
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_clock_that_is_set_loses_nothing_and_doubles_nothing(
    url: str, reception: Reception, jobs: Jobs, outbox: Outbox, ledger: Ledger, seconds: float
) -> None:
    """What was written before it was set was written by a process whose clock is wrong now."""
    hand_in(reception, 4)
    if seconds < 0:  # the rows came in before that as well
        let_time_pass(ledger)
    busy(url, seconds)

    jobs.sweep()

    now = ledger.now()
    waits = [read(row["wake_at"]) - now for row in rows(ledger).values() if row["state"] != "graded"]
    assert max(waits) <= jobs.lease_time
    assert [each.submission_id for each in outbox.due("stream", 9)] == ["s1"]
    for number in (2, 3, 4):
        let_time_pass(ledger)
        jobs.sweep()
        let_time_pass(ledger, f"s{number}")
        assert jobs.finish(leased(jobs, number), sealed(number))
    assert {row["state"] for row in rows(ledger).values()} == {"graded"}
    assert [entry.report for entry in ledger.entries()] == [sealed(number) for number in (1, 2, 3, 4)]
    assert owed(ledger) == {f"s{number}": 1 for number in (1, 2, 3, 4)}


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_the_time_costs_no_request_right_after_a_transaction(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    sa.event.listen(ledger.database._engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    monkeypatch.setattr(clock, "RECENT_SECONDS", HOUR)
    ledger.check()
    asked.clear()

    goes_on = ledger.now()
    assert asked == []

    monkeypatch.setattr(clock, "RECENT_SECONDS", 0.0)
    server = ledger.now()
    assert len(asked) == 1
    assert timedelta(0) <= server - goes_on < timedelta(minutes=1)
