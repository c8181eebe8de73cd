"""A consumer that runs existing tasks with arguments that fit them, and buries every other message.

The transport lets only plain task messages through. This part knows which tasks exist.
"""

import inspect
import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from celery import bootsteps, signals  # type: ignore[import-untyped]
from celery.worker import consumer as stock  # type: ignore[import-untyped]
from pydantic import TypeAdapter, ValidationError

from workers.broker.wire import SUBMISSION_TASK, moment

BUILT_IN = "celery."
"""The beginning of Celery's own tasks; some, like `celery.map`, can run any other task."""

PULSE_SECONDS = 2.0
LATER = timedelta(seconds=60)
"""The longest time that Celery holds a submission for its `eta`: less than that in which another worker takes it."""
COMPLAINT = "complaint"
"""The header in which the task finds why its submission is to be refused; no message may bring it along."""

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
                return
            if message.headers["task"] == SUBMISSION_TASK:
                _heed_times(message.headers, datetime.now(UTC))
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
            for annotation, value in _annotated(inspect.signature(task.run, eval_str=True).bind(*args, **kwargs)):
                _adapter(annotation).validate_python(value, strict=True)
        except TypeError as error:
            return f"body: the arguments do not fit {name}: {error}"
        except ValidationError as error:
            return f"body: the arguments do not fit {name}: {error.errors()[0]['msg']}"
        return None

    def _bury(self, message: Any, why: str) -> None:  # noqa: ANN401
        message.channel.bury(json.dumps(message._raw).encode(), message.delivery_info["routing_key"], why)
        message.reject_log_error(log, self.connection_errors)


def _annotated(bound: inspect.BoundArguments) -> Iterator[tuple[Any, object]]:
    """Yield each argument's annotation and value, of those that have an annotation."""
    for name, value in bound.arguments.items():
        parameter = bound.signature.parameters[name]
        if parameter.annotation is parameter.empty:
            continue
        if parameter.kind is parameter.VAR_POSITIONAL:
            yield from ((parameter.annotation, each) for each in value)
        elif parameter.kind is parameter.VAR_KEYWORD:
            yield from ((parameter.annotation, each) for each in value.values())
        else:
            yield parameter.annotation, value


@cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:  # noqa: ANN401
    return TypeAdapter(annotation)


def _heed_times(headers: dict[str, Any], now: datetime) -> None:
    """Take the times out of a submission's headers, except an `eta` that is near; note why it is to be refused."""
    eta, expires = (moment(headers[name]) if headers.get(name) else None for name in ("eta", "expires"))
    begin = max(now, eta) if eta else now
    if expires and expires <= begin:
        headers[COMPLAINT] = f"`expires` was {expires.isoformat()}, before a worker was to take it"
    elif begin - now > LATER:
        headers[COMPLAINT] = f"`eta` or `countdown` is {begin.isoformat()}; {LATER.seconds} s ahead at most"
    headers["expires"] = None  # Celery drops without an answer what expires while it waits
    if COMPLAINT in headers or begin == now:
        headers["eta"] = None
