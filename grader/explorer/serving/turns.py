"""Turns: one question after the other, where many ask; a queue that is full or slow says so."""

import asyncio
from types import TracebackType

from grader.base.errors import GraderError
from grader.base.language import _

AGAIN_SECONDS = 5
"""After which somebody may ask again who was turned away."""


class Busy(GraderError):
    """Too many are waiting, or for too long."""

    seconds = AGAIN_SECONDS


class Turnstile:
    """A lock with a queue of limited length, in which nobody waits longer than a number of seconds."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._seconds = most, seconds
        self._waiting = 0
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> None:
        """Wait for one's turn.

        Raises:
            Busy: It does not come.
        """
        if self._waiting >= self._most:
            raise _busy()
        self._waiting += 1
        try:
            async with asyncio.timeout(self._seconds):
                await self._turn.acquire()
        except TimeoutError:
            raise _busy() from None
        finally:
            self._waiting -= 1

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the next one in."""
        self._turn.release()


def _busy() -> Busy:
    return Busy(_("the server is busy with the texts of others; try again in a few seconds"))
