"""The clerk: takes in submissions that come at the same time together, in one transaction of the ledger."""

import asyncio
from asyncio import Future, Task

from anyio import to_thread

from grader.schema.queue import Envelope
from grader.service.reception import TOGETHER, Receipt, Reception


class Clerk:
    """Hands envelopes to the reception, those that came in the meantime all at once."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._waiting: list[tuple[Envelope, Future[Receipt]]] = []
        self._work: Task[None] | None = None

    async def take(self, envelope: Envelope) -> Receipt:
        """Return the receipt of this envelope; its row is durable then.

        Raises:
            LedgerError: The database refuses.
        """
        receipt: Future[Receipt] = asyncio.get_running_loop().create_future()
        self._waiting.append((envelope, receipt))
        if self._work is None or self._work.done():
            # A task of its own: a sender who goes away must not take the others' submissions along.
            self._work = asyncio.create_task(self._take_in())
        return await receipt

    async def _take_in(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
            try:
                receipts = await to_thread.run_sync(self._reception.accept, [envelope for envelope, _ in batch])
            except BaseException as error:
                for _, receipt in batch:
                    if not receipt.done():
                        receipt.set_exception(error)
                if not isinstance(error, Exception):
                    raise
            else:
                for (_, receipt), given in zip(batch, receipts, strict=True):
                    if not receipt.done():
                        receipt.set_result(given)
