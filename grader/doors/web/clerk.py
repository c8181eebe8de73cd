"""The clerk: takes in submissions that come at the same time together, in one transaction of the ledger."""

import asyncio
from asyncio import Future, Task
from collections.abc import Sequence
from contextvars import copy_context

from anyio import to_thread

from grader.schema.queue import Envelope
from grader.service.reception import TOGETHER, Receipt, Reception


class Clerk:
    """Hands envelopes to the reception, those that came in the meantime all at once."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._waiting: list[tuple[Envelope, Future[Receipt]]] = []
        self._work: Task[None] | None = None
        self._context = copy_context()  # problems are kept in the service's language, not in that of one sender

    async def take(self, envelope: Envelope) -> Receipt:
        """Return the receipt of this envelope; its row is durable then.

        Raises:
            LedgerError: The database refuses.
        """
        receipt: Future[Receipt] = asyncio.get_running_loop().create_future()
        self._waiting.append((envelope, receipt))
        if self._work is None or self._work.done():
            # A task of its own: a sender who goes away must not take the others' submissions along.
            self._work = asyncio.get_running_loop().create_task(self._take_in(), context=self._context)
        return await receipt

    async def _take_in(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
            outcomes: Sequence[Receipt | Exception]
            try:
                outcomes = await to_thread.run_sync(self._reception.accept, [envelope for envelope, _ in batch])
            except Exception as error:  # noqa: BLE001 - each sender gets it
                outcomes = [error] * len(batch)
            for (_, receipt), outcome in zip(batch, outcomes, strict=True):
                _settle(receipt, outcome)


def _settle(receipt: Future[Receipt], outcome: Receipt | Exception) -> None:
    if receipt.done():  # its sender has gone
        return
    if isinstance(outcome, Exception):
        receipt.set_exception(outcome)
    else:
        receipt.set_result(outcome)
