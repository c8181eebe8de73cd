"""Messages and workers in random order: lost, doubled, late, dead. Each submission still ends once."""

import random
from collections import Counter
from collections.abc import Callable

import pytest

from grader.ledger import Ledger
from grader.ledger.queue.jobs import TRIES, Due, Jobs
from grader.ledger.queue.leases import Lease
from grader.schema.queue import TERMINAL
from grader.service.reception import Reception
from tests.service.planted import envelope, let_time_pass, owed, rows
from tests.support.ledgers import sealed

SUBMISSIONS, CONTENTS, STEPS = 24, 8, 250


class World:
    """Platforms that repeat themselves, a queue that loses and doubles, workers that die."""

    def __init__(self, reception: Reception, jobs: Jobs, seed: int) -> None:
        self.reception, self.jobs, self.ledger = reception, jobs, jobs.ledger
        self.draw = random.Random(seed)  # noqa: S311 - no secret
        self.messages: list[Due] = []
        self.leases: list[Lease] = []
        self.finished: set[int] = set()
        self.owed: Counter[str] = Counter()
        """One answer for each submission, and one for each time that it was handed in after its end."""

    def step(self) -> None:
        """Let one random thing happen."""
        happens: list[Callable[[], object]] = [
            self.hand_in, self.hand_in, self.send, self.send, self.lose, self.double, self.jobs.sweep,
            self.take, self.take, self.take_together, self.finish, self.finish, self.fail, self.postpone, self.die,
            self.wait,
        ]  # fmt: skip
        self.draw.choice(happens)()

    def hand_in(self) -> None:
        """Hand in a submission that is new, or that came in before."""
        self.accept(self.draw.randrange(SUBMISSIONS))

    def accept(self, number: int) -> None:
        name = f"s{number}"
        (receipt,) = self.reception.accept([envelope(name, note=f"n{number % CONTENTS}")])
        self.owed[name] = max(1, self.owed[name]) + (receipt.state in TERMINAL)

    def send(self) -> None:
        self.messages += self.jobs.due()

    def lose(self) -> None:
        if self.messages:
            self.messages.pop(self.draw.randrange(len(self.messages)))

    def double(self) -> None:
        if self.messages:
            self.messages.insert(self.draw.randrange(len(self.messages)), self.draw.choice(self.messages))

    def take(self) -> None:
        """Let a worker take any of the messages."""
        if self.messages:
            message = self.messages.pop(self.draw.randrange(len(self.messages)))
            lease = self.jobs.lease(message.job, is_trial=message.is_trial)
            assert lease is None or lease.job not in self.finished
            self.leases += [lease] if lease else []

    def take_together(self) -> None:
        """Let a worker take several messages as one, of rows that were never tried."""
        together = [message for message in self.messages if not message.is_alone][: self.draw.randint(2, 5)]
        self.messages = [message for message in self.messages if message not in together]
        leases = self.jobs.lease_all([message.job for message in together])
        assert not {lease.job for lease in leases} & self.finished
        self.leases += leases

    def any_lease(self) -> Lease | None:
        """Take any of the leases, even one that has run out."""
        return self.leases.pop(self.draw.randrange(len(self.leases))) if self.leases else None

    def finish(self) -> None:
        """Let a worker finish; its report depends only on the content."""
        if lease := self.any_lease():
            number = int(lease.submission_id[1:]) % CONTENTS
            if self.jobs.finish(lease, sealed(number)):
                assert lease.job not in self.finished
                self.finished.add(lease.job)

    def fail(self) -> None:
        if lease := self.any_lease():
            self.jobs.fail(lease, "no disk")

    def postpone(self) -> None:
        if lease := self.any_lease():
            self.jobs.postpone(lease, 60)

    def die(self) -> None:
        """Let a worker die."""
        self.any_lease()

    def wait(self) -> None:
        """End every wait."""
        let_time_pass(self.ledger, *(name for name, row in rows(self.ledger).items() if row["state"] not in TERMINAL))

    def come_to_an_end(self) -> None:
        """Let everything go well from now on; slow workers come back as well."""
        for number in range(SUBMISSIONS):
            self.accept(number)
        for _ in range(SUBMISSIONS):
            self.wait()
            self.jobs.sweep()
            self.send()
            while self.messages:
                self.take()
            while self.leases:
                self.finish()


@pytest.mark.parametrize("seed", range(4))
def test_every_submission_ends_once_with_one_report_for_each_content(
    reception: Reception, jobs: Jobs, ledger: Ledger, seed: int
) -> None:
    world = World(reception, jobs, seed)
    for _ in range(STEPS):
        world.step()
    world.come_to_an_end()

    ended = rows(ledger)
    assert len(ended) == SUBMISSIONS
    assert {row["state"] for row in ended.values()} <= {"graded", "dead"}
    assert {row["id"] for row in ended.values() if row["state"] == "graded"} == world.finished
    assert owed(ledger) == world.owed
    assert all(row["tries"] >= TRIES for row in ended.values() if row["state"] == "dead")
    assert all(row["lease"] is None for row in ended.values())
    kept = {entry.id: int(entry.report.content_hash, 16) for entry in ledger.entries()}
    assert len(set(kept.values())) == len(kept)
    graded = {(int(name[1:]) % CONTENTS, row["report"]) for name, row in ended.items() if row["state"] == "graded"}
    assert graded == {(content, entry) for entry, content in kept.items()}
