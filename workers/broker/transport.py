"""A Redis transport that no message and no death of the broker can harm.

Kombu makes a message of every item on the list. An item that it does not expect ends the worker, or looks to it like a
lost connection. So each item is checked before kombu gets it: one that is not a plain task message goes on the list
`dead:celery` with the reason, and reading goes on as if nothing had come.

It relies on private parts of kombu 5.7, which `test_poison.py` and `test_redis_restarts.py` check: a channel makes its
clients from the result of `_get_client`; BRPOP's answer comes from a client's `parse_response`; a new connection calls
`_connparams`; and a transport that was given up has no `client` any more.
"""

import json
import logging
import time
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import redis
from kombu.transport import redis as stock
from kombu.transport import virtual

from grader.service.streams import DEAD_MESSAGES
from workers.broker.wire import flaw

RAW_CHARACTERS = 2000
"""The most that is kept of a dead message."""
WHY_CHARACTERS = 500

log = logging.getLogger(__name__)


class Client(redis.Redis):
    """A client that gives kombu only plain task messages from a list."""

    def __init__(self, bury: Callable[[bytes, str, str], None], separator: str, **settings: Any) -> None:  # noqa: ANN401
        """Hand every other item to `bury`, with its queue and the reason."""
        super().__init__(**settings)
        self._bury, self._separator = bury, separator

    def parse_response(self, connection: Any, command_name: str, **options: Any) -> Any:  # noqa: ANN401
        """Return the server's answer; None, as after a timeout, if BRPOP brought anything but a task message."""
        answer = super().parse_response(connection, command_name, **options)  # type: ignore[no-untyped-call]
        if command_name != "BRPOP" or not answer:
            return answer
        key, item = answer
        queue = key.decode().rsplit(self._separator, 1)[0]  # the priority follows
        if why := flaw(item, queue):
            self._bury(item, queue, why)
            return None
        return answer


class QoS(stock.QoS):
    """Keeps the messages that are not acknowledged yet."""

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge a message, and free its place even if the broker cannot be reached.

        Stock kombu does not free the place then. A worker with no free place asks the broker for nothing, so one that
        finished its tasks while the broker was away would wait for ever.
        """
        try:
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]
        finally:
            virtual.QoS.ack(self, delivery_tag)  # type: ignore[no-untyped-call]

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Reject a message, and free its place likewise."""
        try:
            super().reject(delivery_tag, requeue=requeue)  # type: ignore[no-untyped-call]
        finally:
            virtual.QoS.ack(self, delivery_tag)  # type: ignore[no-untyped-call]

    def restore_unacked(self, client: Any = None) -> Any:  # noqa: ANN401
        """Give back what is not acknowledged, if the channel still has a connection.

        When the broker dies, Celery closes a connection that kombu gave up before. Without a transport it cannot
        connect, and stock kombu then ends the worker with an AttributeError. The messages in `unacked` come back by
        themselves after the visibility timeout.
        """
        if _is_given_up(self.channel):
            self._delivered.clear()
            return None
        return super().restore_unacked(client)  # type: ignore[no-untyped-call]


class Channel(stock.Channel):
    """A channel with these clients and this QoS."""

    QoS = QoS

    def bury(self, item: bytes, queue: str, why: str) -> None:
        """Put a message that cannot become a task on the list of dead messages."""
        record = {
            "uuid": str(uuid.uuid4()),
            "at": time.time(),
            "queue": queue,
            "why": why[:WHY_CHARACTERS],
            "raw": item[: 4 * RAW_CHARACTERS].decode("utf-8", "replace")[:RAW_CHARACTERS],
            "size": len(item),
        }
        log.error("a message on queue %r is dead, record %s: %r", queue, record["uuid"], record["why"])
        with self.conn_or_acquire() as client:
            try:
                client.lpush(DEAD_MESSAGES, json.dumps(record))
            except redis.ResponseError as error:  # full, or not allowed: work goes on
                log.critical("%s takes no record (%s); it would have been %r", DEAD_MESSAGES, error, record)

    def _connparams(self, asynchronous: bool = False) -> Any:  # noqa: ANN401
        """Return the parameters of a new connection; raise a connection error if there is no transport any more.

        A task may end after its channel was given up. Its acknowledgement then fails like any other that does not reach
        the broker; stock kombu would end the worker with an AttributeError.
        """
        if _is_given_up(self):
            raise redis.ConnectionError("the connection of this channel was given up")
        return super()._connparams(asynchronous)  # type: ignore[no-untyped-call]

    def _get_client(self) -> Callable[..., redis.Redis]:
        super()._get_client()  # type: ignore[no-untyped-call]  # it checks redis-py's version
        return partial(Client, self.bury, self.sep)


class Transport(stock.Transport):
    """The Redis transport with these channels."""

    Channel = Channel


def _is_given_up(channel: stock.Channel) -> bool:
    return channel.connection is None or channel.connection.client is None
