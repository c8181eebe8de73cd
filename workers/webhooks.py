"""Webhooks: answers posted to the platforms' receivers, many at a time, and no receiver can hold up the others.

One clock runs over a whole post, from the search for the address to the end of the answer, so that a receiver which
drips bytes has no more time than one that is silent. Each platform has a few posts under way at most; one that failed
has one, and rests in between as long as nobody answers there.
"""

import asyncio
import logging
import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import NamedTuple

import httpx

from grader.service.outbox import Delivery

AT_ONCE = 32
"""Posts under way."""
EACH_AT_ONCE = 4
"""Posts under way to one platform."""
ANSWER_BYTES = 65_536
"""Of an answer's body; what follows is not read."""
AWAY = frozenset({429, 502, 503, 504})
"""Statuses that say nothing about what was posted: the receiver is away, or has too much to do."""

log = logging.getLogger(__name__)


class Post(NamedTuple):
    """An answer, ready to be posted."""

    delivery: Delivery
    url: str
    headers: Mapping[str, str]
    body: bytes


class PostOutcome(NamedTuple):
    """What became of a post."""

    reason: str = ""
    """Why it failed; empty where it was taken."""
    is_away: bool = False
    """Whether nobody was there to take it, so that another post would fare no better."""


class Ended(NamedTuple):
    """A post that is over."""

    delivery: Delivery
    outcome: PostOutcome


class Receiver:
    """One platform's receiver: how many posts are under way to it, and how it fared lately."""

    def __init__(self, first_seconds: float, most_seconds: float) -> None:
        """Rest so long after it was away, twice as long each time it still is, and no longer than `most_seconds`."""
        self.first, self.most = first_seconds, most_seconds
        self.busy = self.failures = 0
        self.rests_until = 0.0

    @property
    def room(self) -> int:
        """How many more may be posted now."""
        if monotonic() < self.rests_until:
            return 0
        return max(0, (1 if self.failures else EACH_AT_ONCE) - self.busy)

    def note(self, outcome: PostOutcome) -> None:
        """One that was under way is over."""
        self.busy -= 1
        if not outcome.reason:
            self.failures, self.rests_until = 0, 0.0
        elif monotonic() >= self.rests_until:  # what was begun before the rest says nothing new
            self.failures += 1
            if outcome.is_away:
                self.rests_until = monotonic() + min(self.most, self.first * 2 ** min(self.failures - 1, 16))


class Posting:
    """Posts under way, in a thread of their own."""

    def __init__(self, seconds: float) -> None:
        """Give each post so many seconds."""
        self.seconds = seconds
        self._under_way: dict[Future[PostOutcome], Delivery] = {}
        self._over: SimpleQueue[Future[PostOutcome]] = SimpleQueue()
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(AT_ONCE))  # searches for addresses, some of which may hang
        limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
        # What is not encrypted goes to this machine, and so never by a proxy that the environment names.
        plain = httpx.AsyncHTTPTransport(limits=limits)
        self._client = httpx.AsyncClient(
            follow_redirects=False,
            limits=limits,
            mounts={"http://": plain},
            timeout=None,  # noqa: S113 - the one clock is in `_outcome`
        )
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    @property
    def room(self) -> int:
        """How many more posts may be begun now."""
        return AT_ONCE - len(self._under_way)

    @property
    def is_busy(self) -> bool:
        """Whether any post is under way."""
        return bool(self._under_way)

    def begin(self, post: Post) -> None:
        """Post it; how that ended is told by `ended`."""
        future = asyncio.run_coroutine_threadsafe(self._outcome(post), self._loop)
        self._under_way[future] = post.delivery
        future.add_done_callback(self._over.put)

    def ended(self, seconds: float) -> list[Ended]:
        """What is over by now; if nothing is, the first that ends within so many seconds."""
        found: list[Ended] = []
        with suppress(Empty):
            while True:
                future = self._over.get(block=not found, timeout=seconds)
                found.append(Ended(self._under_way.pop(future), _told(future)))
        return found

    def close(self) -> list[Delivery]:
        """What was still under way, and is given up."""
        given_up = list(self._under_way.values())
        asyncio.run_coroutine_threadsafe(self._give_up(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        return given_up

    async def _give_up(self) -> None:
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await self._client.aclose()

    async def _outcome(self, post: Post) -> PostOutcome:
        try:
            async with asyncio.timeout(self.seconds):
                status = await self._status(post)
        except TimeoutError:
            return PostOutcome(f"no whole answer within {self.seconds:g} s", is_away=True)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            return PostOutcome(f"no answer: {type(error).__name__}: {error}", is_away=True)
        if httpx.codes.is_success(status):
            return PostOutcome()
        advice = ", which is not followed; give the URL where it leads" if httpx.codes.is_redirect(status) else ""
        return PostOutcome(f"answered {status}{advice}", is_away=status in AWAY)

    async def _status(self, post: Post) -> int:
        """The answer's status, once the answer is whole or long enough.

        A receiver that dies while it answers may not have kept what it got, whatever it began to say.
        """
        async with self._client.stream("POST", post.url, content=post.body, headers=post.headers) as answer:
            size = 0
            if answer.is_success:
                async for piece in answer.aiter_raw():
                    size += len(piece)
                    if size > ANSWER_BYTES:
                        break
            return answer.status_code


def _told(over: Future[PostOutcome]) -> PostOutcome:
    """How a post ended, even in a way that nobody foresaw."""
    error = over.exception()
    if error is None:
        return over.result()
    log.error("a post failed in a way that was not foreseen", exc_info=error)
    return PostOutcome(f"{type(error).__name__}: {error}")
