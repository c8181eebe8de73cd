"""Work that is done together for all requests that wait for it: one transaction of the ledger instead of many."""

import asyncio
from asyncio import Future, Task
from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import Generic, TypeVar

from anyio import to_thread

from grader.service.reception import TOGETHER

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Batches(Generic[Asked, Answer]):
    """A function that answers many at once, for requests that each ask for one answer."""

    def __init__(self, work: Callable[[Sequence[Asked]], Sequence[Answer]]) -> None:
        """Let `work`, which runs in a thread, answer; it returns its answers in the order in which it was asked."""
        self._work = work
        self._waiting: list[tuple[Asked, Future[Answer]]] = []
        self._task: Task[None] | None = None
        self._context = copy_context()  # whatever it writes is in the service's language, not in that of one sender

    async def answer(self, asked: Asked) -> Answer:
        """Return the answer, found together with those for all who asked in the meantime.

        Raises:
            Exception: What the work raised: each of those who asked at once gets it.
        """
        answer: Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if self._task is None or self._task.done():
            # A task of its own: a sender who goes away must not take along what the others asked for.
            self._task = asyncio.get_running_loop().create_task(self._answer_all(), context=self._context)
        return await answer

    async def _answer_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
            outcomes: Sequence[Answer | Exception]
            try:
                outcomes = await to_thread.run_sync(self._work, [asked for asked, _ in batch])
            except Exception as error:  # noqa: BLE001 - each sender gets it
                outcomes = [error] * len(batch)
            for (_, answer), outcome in zip(batch, outcomes, strict=True):
                _settle(answer, outcome)


def _settle(answer: Future[Answer], outcome: Answer | Exception) -> None:
    if answer.done():  # its sender has gone
        return
    if isinstance(outcome, Exception):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)
