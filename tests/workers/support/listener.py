"""A platform that listens to its results stream during the kills: it goes on after the last result that it saw."""

import threading
from collections import defaultdict
from typing import Self

import redis

from grader.schema.queue import Result
from tests.workers.support.service import RESULTS, Service

BLOCK_MILLISECONDS = 200
AGAIN_SECONDS = 0.1


class Listener(threading.Thread):
    """Listens in one thread inside the `with` block."""

    def __init__(self, service: Service) -> None:
        """Begin at the stream's beginning."""
        super().__init__(daemon=True)
        self.service = service
        self.heard: defaultdict[str, list[Result]] = defaultdict(list)
        """The results of each submission, by its id, in order."""
        self._last = "0-0"
        self._over = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        """Listen, and at the end read what is left."""
        with self.service.valkey.client() as client:
            while not self._over.is_set() or self._hear(client):
                self._hear(client)

    def _hear(self, client: redis.Redis) -> bool:
        """Read results once; return whether there were any."""
        try:
            answer = client.xread({RESULTS: self._last}, block=BLOCK_MILLISECONDS)
        except redis.RedisError:
            self._over.wait(AGAIN_SECONDS)
            return False
        for _, entries in answer:
            for self._last, fields in entries:
                self.heard[fields["id"]].append(Result.model_validate_json(fields["result"]))
        return bool(answer)
