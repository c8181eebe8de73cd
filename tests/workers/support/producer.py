"""A platform that hands in during the kills: each submission one to five times, out of order, until it is accepted."""

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
from tests.workers.support.crowd import Handed
from tests.workers.support.service import INTAKE, Service

TIMES = (1, 2, 3, 4, 5)
WEIGHTS = (12, 4, 2, 1, 1)
"""The number of times that an entry is handed in, with their weights."""
APART = 200
"""The distance by which entries may come before or after their turn."""
AHEAD = 0.25
"""The part that may be handed in and not ended: there is always work to interrupt."""
AGAIN_SECONDS = 0.1


class Producer(threading.Thread):
    """Hands in from one thread; at the end of the `with` block, everything is handed in."""

    def __init__(self, service: Service, handed: Sequence[Handed], seed: int) -> None:
        """Hand these in as fast as they are graded, if the server can be reached."""
        super().__init__(daemon=True)
        self.service, self.chance = service, random.Random(seed)  # noqa: S311
        self.turns = self._in_disorder(handed)
        self.first, self.number = handed[0], len(handed)
        self.sent = 0
        """Entries that the server accepted."""
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
                self._hand_in(client, turn)
            wait_for(self._is_in, f"{self.first.id} to be taken in")
            self._hand_in(client, taken(self.first.id))

    def _in_disorder(self, handed: Sequence[Handed]) -> list[Fields | BadEntry]:
        """Return every entry as often as it is handed in, in a disturbed order."""
        often = self.chance.choices(TIMES, WEIGHTS, k=len(handed))
        turns: list[Fields | BadEntry] = [
            dict(each.fields) for each, times in zip(handed, often, strict=True) for _ in range(times)
        ]
        for bad in BAD_ENTRIES:
            turns.insert(self.chance.randrange(len(turns)), bad)
        places = {number: number + self.chance.uniform(-APART, APART) for number in range(len(turns))}
        return [turns[number] for number in sorted(places, key=places.__getitem__)]

    def _hand_in(self, client: redis.Redis, turn: Fields | BadEntry) -> None:
        fields = turn.fields if isinstance(turn, BadEntry) else turn
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
