"""Passback: scores that are sent to gradebooks, several at a time, so that no platform delays the others."""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue

from grader.base.errors import GraderError
from grader.doors.lti.passback import Passed, pass_back
from grader.doors.lti.tool import Tool
from grader.ledger.queue.outbox import Delivery
from workers.webhooks import Ended, PostOutcome

AT_ONCE = 8
"""Scores at a time, each in a thread: most of its time, it waits for the platform."""

log = logging.getLogger(__name__)


class PassingBack:
    """Sends scores, in threads of their own."""

    def __init__(self, tool: Tool) -> None:
        self.tool = tool
        self._under_way: dict[Future[Passed], Delivery] = {}
        self._over: SimpleQueue[Future[Passed]] = SimpleQueue()
        self._threads = ThreadPoolExecutor(AT_ONCE)

    @property
    def room(self) -> int:
        """The number of scores that may be sent now, over all platforms."""
        return AT_ONCE - len(self._under_way)

    def begin(self, delivery: Delivery) -> None:
        """Begin to send the score; `ended` returns the outcome."""
        future = self._threads.submit(pass_back, self.tool, delivery.line_item or 0)
        self._under_way[future] = delivery
        future.add_done_callback(self._over.put)

    def ended(self, seconds: float) -> list[Ended]:
        """Return the deliveries that have ended; if none has, the first one that ends within this time."""
        over: list[Ended] = []
        with suppress(Empty):
            while True:
                future = self._over.get(block=not over and seconds > 0, timeout=seconds or None)
                over.append(Ended(self._under_way.pop(future), _outcome_of(future)))
        return over

    @property
    def is_busy(self) -> bool:
        """True if any delivery has not ended."""
        return bool(self._under_way)

    def close(self) -> list[Delivery]:
        """Begin nothing more, and return the deliveries that have not ended.

        One that ends after all has noted with its line item what became known.
        """
        self._threads.shutdown(wait=False, cancel_futures=True)
        return list(self._under_way.values())


def _outcome_of(over: Future[Passed]) -> PostOutcome:
    """Return the outcome, even of a delivery with an error that nobody foresaw: no other may wait for it."""
    error = over.exception()
    if error is None:
        return PostOutcome(*over.result())
    if not isinstance(error, GraderError):
        log.error("a score could not be sent, with an unforeseen error", exc_info=error)
    return PostOutcome(f"{type(error).__name__}: {error}")
