"""Webhooks: answers posted to the platforms' receivers, many at a time, so that no receiver delays the others.

One clock runs over a whole post, from the search for the address to the end of the answer: a receiver that sends single
bytes has no more time than one that is silent. Each platform has at most a few posts at a time. After a failure it has
one, and rests in between while its receiver does not answer.
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

from grader.ledger.queue.outbox import Delivery

AT_ONCE = 32
"""Posts at a time."""
EACH_AT_ONCE = 4
"""Posts at a time to one platform."""
ANSWER_BYTES = 65_536
"""The most that is read of an answer's body."""
AWAY = frozenset({429, 502, 503, 504})
"""Statuses that do not depend on what was posted: the receiver is away, or has too much to do."""

log = logging.getLogger(__name__)


class Post(NamedTuple):
    """An answer, ready to be posted."""

    delivery: Delivery
    url: str
    headers: Mapping[str, str]
    body: bytes


class PostOutcome(NamedTuple):
    """The outcome of a post."""

    reason: str = ""
    """The reason of a failure; empty if the post was accepted."""
    is_away: bool = False
    """True if the receiver did not answer, so that another post would fail as well."""


class Ended(NamedTuple):
    """A post that has ended."""

    delivery: Delivery
    outcome: PostOutcome


class Receiver:
    """One platform's receiver: the posts that have begun, and its recent failures."""

    def __init__(self, first_seconds: float, most_seconds: float) -> None:
        """Rest for `first_seconds` after it was away, each time twice as long, but at most `most_seconds`."""
        self.first, self.most = first_seconds, most_seconds
        self.busy = self.failures = 0
        self.rests_until = 0.0

    @property
    def room(self) -> int:
        """The number of posts that may begin now."""
        if monotonic() < self.rests_until:
            return 0
        return max(0, (1 if self.failures else EACH_AT_ONCE) - self.busy)

    def note(self, outcome: PostOutcome) -> None:
        """Count the end of a post."""
        self.busy -= 1
        if not outcome.reason:
            self.failures, self.rests_until = 0, 0.0
        elif monotonic() >= self.rests_until:  # a post that began before the rest says nothing new
            self.failures += 1
            if outcome.is_away:
                self.rests_until = monotonic() + min(self.most, self.first * 2 ** min(self.failures - 1, 16))


class Posting:
    """Posts, in a thread of their own."""

    def __init__(self, seconds: float) -> None:
        """Give each post this time."""
        self.seconds = seconds
        self._under_way: dict[Future[PostOutcome], Delivery] = {}
        self._over: SimpleQueue[Future[PostOutcome]] = SimpleQueue()
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(AT_ONCE))  # for searches for addresses, which may hang
        limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
        # Only posts to this machine are not encrypted, and they never use a proxy that the environment names.
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
        """The number of posts that may begin now, over all receivers."""
        return AT_ONCE - len(self._under_way)

    @property
    def is_busy(self) -> bool:
        """True if any post has not ended."""
        return bool(self._under_way)

    def begin(self, post: Post) -> None:
        """Begin to post it; `ended` returns the outcome."""
        future = asyncio.run_coroutine_threadsafe(self._outcome(post), self._loop)
        self._under_way[future] = post.delivery
        future.add_done_callback(self._over.put)

    def ended(self, seconds: float) -> list[Ended]:
        """Return the posts that have ended; if none has, the first one that ends within this time."""
        posts: list[Ended] = []
        with suppress(Empty):
            while True:
                future = self._over.get(block=not posts, timeout=seconds)
                posts.append(Ended(self._under_way.pop(future), _outcome_of(future)))
        return posts

    def close(self) -> list[Delivery]:
        """Give up the posts that have not ended, and return them."""
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
        """Return the answer's status, once the answer is whole or long enough.

        A receiver that dies while it answers may not have kept the post, whatever status it sent.
        """
        async with self._client.stream("POST", post.url, content=post.body, headers=post.headers) as answer:
            size = 0
            if answer.is_success:
                async for piece in answer.aiter_raw():
                    size += len(piece)
                    if size > ANSWER_BYTES:
                        break
            return answer.status_code


def _outcome_of(over: Future[PostOutcome]) -> PostOutcome:
    """Return the outcome of a post, even of one with an error that nobody foresaw."""
    error = over.exception()
    if error is None:
        return over.result()
    log.error("a post failed with an unforeseen error", exc_info=error)
    return PostOutcome(f"{type(error).__name__}: {error}")
