"""The service's queries take no longer in a large database: counted in SQLite's own steps."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from grader.ledger import Ledger
from grader.ledger.columns import written
from grader.ledger.queue import outbox
from grader.ledger.queue.jobs import Jobs
from grader.ledger.queue.outbox import Outbox
from grader.ledger.tables import DELIVERIES, REPORTS, SUBMISSIONS
from grader.service import answers, platforms
from grader.service.reception import Reception
from tests.service.planted import CAME, document, envelope
from tests.support.ledgers import sealed

LONG_AGO = written(CAME.replace(year=2020))


class Steps:
    """The instructions that SQLite's virtual machine has run, on all connections."""

    def __init__(self) -> None:
        self.count = 0

    def watch(self, connection: Any, _: object) -> None:  # noqa: ANN401 - a driver's
        """Count the instructions of this connection as well."""
        connection.set_progress_handler(self._step, 1)

    def of(self, work: Callable[[], object]) -> int:
        """Return the number of instructions that the work takes."""
        before = self.count
        work()
        return self.count - before

    def _step(self) -> int:
        self.count += 1
        return 0


@pytest.fixture
def steps() -> Iterator[Steps]:
    counts = Steps()
    sa.event.listen(sa.Engine, "connect", counts.watch)
    yield counts
    sa.event.remove(sa.Engine, "connect", counts.watch)


def fill(ledger: Ledger, count: int, state: str) -> None:
    """Insert this number of other students' submissions, each with a report; if graded, with delivered answers."""
    is_done = state == "graded"
    ended = LONG_AGO if is_done else None
    report = {"exercise": "e", "exercise_version": 1, "reason": "", "report": "{}", "created_at": LONG_AGO}
    row = {"platform": "local", "document": document(), "exercise": "planted-heads", "credit": 1.0, "reason": ""}
    more = {"state": state, "received_at": LONG_AGO, "tries": 1, "wake_at": LONG_AGO, "problems": "[]"}
    of = [{"digest": f"{n:064x}", "content": f"{n:064x}", "student": f"s-{n}", "report": n + 1} for n in range(count)]
    times = {"tried_at": LONG_AGO, "failed_at": None, "finished_at": ended}
    note = {"channel": "stream", "tries": 1, "reason": "", "wake_at": None, "delivered_at": LONG_AGO}
    with ledger.database.connection(write=True) as connection:
        reports = [{"submission": f"x{n}", "student": f"s-{n}", "content_hash": "h", **report} for n in range(count)]
        connection.execute(sa.insert(REPORTS), reports)
        connection.execute(
            sa.insert(SUBMISSIONS),
            [{**row, **more, **times, **one, "submission_id": f"x{one['report']}"} for one in of],
        )
        if is_done:
            connection.execute(
                sa.insert(DELIVERIES), [{**note, "submission": n + 1, "message": "m"} for n in range(count)]
            )


def taken(folder: Path, steps: Steps, count: int, state: str) -> dict[str, int]:
    """Return the steps of each operation, beside this number of submissions in this state."""
    folder.mkdir()
    with Ledger(f"sqlite:///{folder / 'ledger.sqlite3'}") as ledger:
        fill(ledger, count, state)
        jobs, box = Jobs(ledger, 60, 30), Outbox(ledger)
        reception = Reception(ledger, platforms.load(None))
        reception.accept([envelope("first", note="first")])  # it counts what waits; few of those that follow do
        counts = {"sweep": steps.of(jobs.sweep), "no answers": steps.of(lambda: box.due("stream", 10))}
        counts["accept"] = steps.of(lambda: reception.accept([envelope(f"s{n}", note=f"s{n}") for n in range(9)]))
        counts["due"] = steps.of(jobs.due)
        counts["full"] = steps.of(jobs.due)
        leases = []
        counts["lease"] = steps.of(lambda: leases.extend(jobs.lease(count + n) for n in range(2, 11)))
        one, two, *others = [lease for lease in leases if lease]
        counts["finish"] = steps.of(lambda: jobs.finish(one, sealed(1)))
        counts["fail"] = steps.of(lambda: jobs.fail(two, "no disk"))
        counts["answers"] = steps.of(lambda: box.delivered(box.due("stream", 10)))
        counts["result"] = steps.of(lambda: answers.result(ledger, "local", "s0"))
        (entry,) = ledger.entries("ada")
        with ledger.database.connection(write=True) as connection:
            counts["regraded"] = steps.of(lambda: outbox.put_again(connection, entry))
        for lease in others:
            jobs.fail(lease, "no disk")
        counts["lease while open"] = steps.of(lambda: jobs.lease(count + 2))
        return counts


@pytest.mark.parametrize("state", ["graded", "received"])
def test_nothing_takes_longer_beside_many_submissions_that_are_done_or_wait(
    tmp_path: Path, exercises: Path, steps: Steps, state: str
) -> None:
    """Ten times as many may add only the depth of an index. Only a trial reads all rows that wait."""
    few, many = (taken(tmp_path / str(count), steps, count, state) for count in (300, 3000))

    assert few.keys() == many.keys()
    assert {name: (few[name], many[name]) for name in few if many[name] > 1.3 * few[name] + 100} == {}
