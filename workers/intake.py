"""The intake: takes entries from the platforms' streams into the ledger, and off the stream once they are durable.

Whatever process dies, entries are read again, and what the ledger has already stays as it is. Entries are taken in as
fast as they come, since they would fill the memory of the queue's server; a platform's rate applies afterwards, when
its submissions go to workers.
"""

import logging
import socket
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from time import monotonic
from typing import Any

import redis

from grader.base.errors import LedgerError
from grader.ledger import Ledger
from grader.ledger.queue.jobs import Jobs
from grader.service import platforms, streams
from grader.service.dead import DeadLetters
from grader.service.intake import QueueEntry, take_in
from grader.service.reception import Reception
from grader.service.secret_files import SecretError
from grader.service.settings import Settings
from workers import dispatch
from workers.supervision.process import Process

BATCH = 100
"""Entries that are taken in at once, of all platforms together."""
BLOCK_MILLISECONDS = 1000
IDLE_MILLISECONDS = 15_000
"""The time after which entries are taken over that another intake read and did not finish."""
TAKE_OVER_SECONDS = 5.0
"""Between two searches for such entries."""

log = logging.getLogger("workers.intake")


class Intake:
    """Takes entries from the platforms' streams into the ledger."""

    def __init__(self, given: Settings) -> None:
        listed = platforms.load(given.platforms)
        for platform in listed.values():
            platform.check_signing()
        ledger = Ledger()
        self.jobs = Jobs(ledger, given.task_seconds, given.resend_seconds, platforms.rates(listed))
        self.reception, self.letters = Reception(ledger, listed), DeadLetters(ledger)
        self.queue = streams.connect(given.queue_url, given.queue_ca, given.queue_seconds)
        self.batch = max(1, BATCH // len(listed))
        self.platforms = tuple(listed)
        self.consumer = socket.gethostname()
        self.looked_at = float("-inf")

    def round(self) -> None:
        """Take in what is there, or wait a moment for it; after a round that failed, its entries come first."""
        try:
            self._take_in()
        except (LedgerError, redis.RedisError):
            self.looked_at = float("-inf")
            raise

    def _take_in(self) -> None:
        try:
            entries = [*self._left_behind(), *self._new()]
        except redis.exceptions.ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            self._join()
            return
        for source, theirs in groupby(entries, key=lambda entry: entry.source):
            self._keep(source, list(theirs))
        if entries:
            dispatch.send(self.jobs)

    def _keep(self, source: str, entries: list[QueueEntry]) -> None:
        """Take in one platform's entries; if its keys cannot be read, they stay on its stream."""
        try:
            receipts = take_in(entries, self.reception, self.letters)
        except SecretError as error:
            log.error("%s waits: %s", source, error)
            return
        self._remove(entries)
        log.info("taken in", extra={"stream": source, "entries": len(entries), "submissions": len(receipts)})

    def _join(self) -> None:
        """Create missing streams and groups: at the first start, or after the server lost them."""
        for name in self.platforms:
            try:
                self.queue.xgroup_create(streams.intake(name), streams.GROUP, id="0", mkstream=True)
            except redis.exceptions.ResponseError as error:
                if not str(error).startswith("BUSYGROUP"):
                    raise

    def _left_behind(self) -> list[QueueEntry]:
        """Return entries that were read and not finished, by an earlier run of this intake or by one that is gone."""
        if monotonic() - self.looked_at < TAKE_OVER_SECONDS:
            return []
        mine, count = (streams.GROUP, self.consumer), self.batch
        with self.queue.pipeline(transaction=False) as pipe:
            for name in self.platforms:
                pipe.xautoclaim(streams.intake(name), *mine, IDLE_MILLISECONDS, count=count, justid=True)
            pipe.execute()
        begun = dict.fromkeys(map(streams.intake, self.platforms), "0")
        entries = list(_of_streams(self.queue.xreadgroup(*mine, begun, count)))
        if not entries:
            self.looked_at = monotonic()
        return entries

    def _new(self) -> list[QueueEntry]:
        """Return entries that nobody has read yet; if there is none, the first one that comes within a second."""
        entries: list[QueueEntry] = []
        with self.queue.pipeline(transaction=False) as pipe:
            for name in self.platforms:
                pipe.xreadgroup(streams.GROUP, self.consumer, {streams.intake(name): ">"}, self.batch)
            for answer in pipe.execute():
                entries += _of_streams(answer)
        if not entries:
            waiting = dict.fromkeys(map(streams.intake, self.platforms), ">")
            entries += _of_streams(self.queue.xreadgroup(streams.GROUP, self.consumer, waiting, 1, BLOCK_MILLISECONDS))
        return entries

    def _remove(self, entries: Iterable[QueueEntry]) -> None:
        with self.queue.pipeline(transaction=False) as pipe:
            for entry in entries:
                pipe.xack(entry.source, streams.GROUP, entry.name)
                pipe.xdel(entry.source, entry.name)
            pipe.execute()


def _of_streams(answer: Any) -> Iterator[QueueEntry]:  # noqa: ANN401 - what the client returns
    for stream, entries in answer:
        yield from _entries(stream.decode().partition(":")[2], entries)


def _entries(platform: str, entries: Iterable[tuple[bytes, Mapping[bytes, bytes] | None]]) -> Iterator[QueueEntry]:
    for name, fields in entries:
        entry = name.decode()
        yield QueueEntry(streams.intake(platform), entry, streams.time_of(entry), fields or {})


def main() -> None:
    """Run until told to stop."""
    with Process("intake") as process:
        process.run(lambda: Intake(process.settings).round, 0)


if __name__ == "__main__":
    main()
