"""Messages and workers in any order, drawn at random: lost, doubled, late, dead. Each submission still ends once."""

import random
from collections import Counter
from collections.abc import Callable

import pytest

from grader.ledger import Ledger
from grader.schema.queue import TERMINAL
from grader.service.jobs import TRIES, Due, Jobs, Lease
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
        self.claims: list[Lease] = []
        self.finished: set[int] = set()
        self.owed: Counter[str] = Counter()
        """One result for each submission, and one for each time that it was handed in after its end."""

    def step(self) -> None:
        """Something happens."""
        happens: list[Callable[[], object]] = [
            self.hand_in, self.hand_in, self.send, self.send, self.lose, self.double, self.jobs.sweep,
            self.take, self.take, self.take, self.finish, self.finish, self.fail, self.postpone, self.die, self.wait,
        ]  # fmt: skip
        self.draw.choice(happens)()

    def hand_in(self) -> None:
        """One that is new, or that came in before."""
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
        """A worker takes any of the messages."""
        if self.messages:
            message = self.messages.pop(self.draw.randrange(len(self.messages)))
            claim = self.jobs.claim(message.job, is_probe=message.is_probe)
            assert claim is None or claim.job not in self.finished
            self.claims += [claim] if claim else []

    def any_claim(self) -> Lease | None:
        """A worker that is at it, or thinks so."""
        return self.claims.pop(self.draw.randrange(len(self.claims))) if self.claims else None

    def finish(self) -> None:
        """A worker is done; its report depends on the content alone."""
        if claim := self.any_claim():
            number = int(claim.submission_id[1:]) % CONTENTS
            if self.jobs.finish(claim, sealed(number)):
                assert claim.job not in self.finished
                self.finished.add(claim.job)

    def fail(self) -> None:
        if claim := self.any_claim():
            self.jobs.fail(claim, "no disk")

    def postpone(self) -> None:
        if claim := self.any_claim():
            self.jobs.postpone(claim, 60)

    def die(self) -> None:
        """A worker says nothing more."""
        self.any_claim()

    def wait(self) -> None:
        """All terms end that somebody waits for."""
        let_time_pass(self.ledger, *(name for name, row in rows(self.ledger).items() if row["state"] not in TERMINAL))

    def come_to_an_end(self) -> None:
        """From now on all goes well; workers that were slow come back as well."""
        for number in range(SUBMISSIONS):
            self.accept(number)
        for _ in range(SUBMISSIONS):
            self.wait()
            self.jobs.sweep()
            self.send()
            while self.messages:
                self.take()
            while self.claims:
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
