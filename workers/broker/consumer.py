"""A consumer that runs existing tasks with arguments that fit them, and buries every other message.

The transport lets only plain task messages through. This part knows which tasks exist.
"""

import inspect
import json
import logging
from collections.abc import Callable
from typing import Any

from celery import bootsteps, signals  # type: ignore[import-untyped]
from celery.worker import consumer as stock  # type: ignore[import-untyped]

BUILT_IN = "celery."
"""The beginning of Celery's own tasks; some, like `celery.map`, can run any other task."""

PULSE_SECONDS = 2.0

log = logging.getLogger(__name__)


class Pulse(bootsteps.StartStopStep):  # type: ignore[misc]
    """Sends a signal every two seconds, only inside this process, while the worker takes messages."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, parent: Any) -> None:  # noqa: ANN401
        """Begin, now that messages are taken."""
        self.beat = parent.timer.call_repeatedly(PULSE_SECONDS, signals.heartbeat_sent.send, (parent,))

    def stop(self, parent: Any) -> None:  # noqa: ANN401
        """End, because the connection is lost or the worker ends."""
        self.beat.cancel()


class Consumer(stock.Consumer):  # type: ignore[misc]
    """Celery's consumer, without messages to other workers."""

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        """Leave out gossip and mingle: nobody needs them, and anybody who can publish could end a worker that listens.

        Leave out its heartbeat too: it is published with unlimited retries, in the loop that also handles signals and
        time limits, so a worker could not end while its broker is frozen. `Pulse` is in its place.
        """
        super().__init__(*args, **options, without_gossip=True, without_mingle=True, without_heartbeat=True)

    def create_task_handler(self, *args: Any) -> Callable[[Any], None]:  # noqa: ANN401
        """Return the function that handles each message."""
        run = super().create_task_handler(*args)

        def handle(message: Any) -> None:  # noqa: ANN401
            if why := self._unfit(message):
                self._bury(message, why)
            else:
                run(message)

        return handle

    def on_decode_error(self, message: Any, exc: Exception) -> None:  # noqa: ANN401
        """Bury a message that cannot be read."""
        self._bury(message, f"cannot be read: {exc!r}")

    def on_unknown_message(self, body: Any, message: Any) -> None:  # noqa: ANN401
        """Bury a message that names no task."""
        self._bury(message, "names no task")

    def on_unknown_task(self, body: Any, message: Any, exc: Exception) -> None:  # noqa: ANN401
        """Bury a message that names an unknown task."""
        self._bury(message, f"no such task: {exc!r}")

    def on_invalid_task(self, body: Any, message: Any, exc: Exception) -> None:  # noqa: ANN401
        """Bury a message that Celery cannot make a task of."""
        self._bury(message, f"not a task: {exc!r}")

    def _unfit(self, message: Any) -> str | None:  # noqa: ANN401
        """Return why this message cannot be run; None if it can."""
        name = message.headers["task"]
        task = self.app.tasks.get(name)
        if task is None or name.startswith(BUILT_IN):
            return f"headers.task: there is no task {name!r}"
        args, kwargs, _ = message.payload
        try:
            inspect.signature(task.run).bind(*args, **kwargs)
        except TypeError as error:
            return f"body: the arguments do not fit {name}: {error}"
        return None

    def _bury(self, message: Any, why: str) -> None:  # noqa: ANN401
        message.channel.bury(json.dumps(message._raw).encode(), message.delivery_info["routing_key"], why)
        message.reject_log_error(log, self.connection_errors)
