"""A platform that hands in during the kills: each submission one to five times, out of order, until it is accepted.

Each time it comes on the stream or at a web door, by chance.
"""

import random
import threading
import time
from collections.abc import Sequence
from typing import Self

import redis
import sqlalchemy as sa

from grader.ledger.tables import SUBMISSIONS
from tests.support.servers import wait_for
from tests.workers.support.bad_entries import BAD_ENTRIES, BadEntry, Fields, taken
from tests.workers.support.crowd import Handed, Launch
from tests.workers.support.doors import Doors
from tests.workers.support.service import INTAKE, Service

TIMES = (1, 2, 3, 4, 5)
WEIGHTS = (12, 4, 2, 1, 1)
"""The number of times that an entry is handed in, with their weights."""
APART = 200
"""The distance by which entries may come before or after their turn."""
AHEAD = 0.25
"""The part that may be handed in and not ended: there is always work to interrupt."""
AT_DOORS = 0.4
"""The part of the turns in which a submission comes at a web door."""
AGAIN_SECONDS = 0.1

Turn = Handed | BadEntry | Launch


class Producer(threading.Thread):
    """Hands in from one thread; at the end of the `with` block, everything is handed in."""

    def __init__(
        self, service: Service, doors: Doors, handed: Sequence[Handed], launches: Sequence[Launch], seed: int
    ) -> None:
        """Hand these in as fast as they are graded, if the server can be reached; launches come in between."""
        super().__init__(daemon=True)
        self.service, self.doors, self.chance = service, doors, random.Random(seed)  # noqa: S311
        self.turns = self._in_disorder(handed, launches)
        self.first, self.number = handed[0], len(handed)
        self.sent = 0
        """Entries that the queue's server accepted."""
        self.ambiguous = 0
        """The number of times without an answer, after which an entry was handed in again."""
        self.bad: dict[str, str] = {}
        """The reasons of the bad entries, by their id on the stream."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.join()

    def run(self) -> None:
        """Hand in everything."""
        with self.service.valkey.client() as client:
            for number, turn in enumerate(self.turns):
                while number / len(self.turns) > self.service.ended() / self.number + AHEAD:
                    time.sleep(AGAIN_SECONDS)
                if isinstance(turn, Launch) or (isinstance(turn, Handed) and self.chance.random() < AT_DOORS):
                    self.doors.bring(turn)
                else:
                    self._hand_in(client, turn)
            wait_for(self._is_in, f"{self.first.id} to be taken in")
            self._hand_in(client, taken(self.first.id))
            self.doors.bring_another(self.first)

    def _in_disorder(self, handed: Sequence[Handed], launches: Sequence[Launch]) -> list[Turn]:
        """Return every entry as often as it is handed in, in a disturbed order."""
        often = self.chance.choices(TIMES, WEIGHTS, k=len(handed))
        turns: list[Turn] = [each for each, times in zip(handed, often, strict=True) for _ in range(times)]
        for other in (*BAD_ENTRIES, *launches):
            turns.insert(self.chance.randrange(len(turns)), other)
        places = {number: number + self.chance.uniform(-APART, APART) for number in range(len(turns))}
        return [turns[number] for number in sorted(places, key=places.__getitem__)]

    def _hand_in(self, client: redis.Redis, turn: Handed | BadEntry) -> None:
        fields: Fields = dict(turn.fields)
        while True:
            try:
                name = client.xadd(INTAKE, fields)
                break
            except redis.RedisError:
                self.ambiguous += 1
                time.sleep(AGAIN_SECONDS)
        self.sent += 1
        if isinstance(turn, BadEntry):
            self.bad[name] = turn.why

    def _is_in(self) -> bool:
        query = sa.select(SUBMISSIONS.c.id).where(SUBMISSIONS.c.submission_id == self.first.id)
        with self.service.ledger.database.connection() as connection:
            return connection.scalar(query) is not None
