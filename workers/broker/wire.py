"""The form of a task message on the wire: exactly what our own sender writes.

Celery's envelope can ask for more than a task: callbacks, stamps, limits, a time in the future, compression. Any
registered task could be run that way, with any arguments, and a message that Celery does not expect ends the worker or
comes back for ever. So unknown keys are refused, and keys that we never use must be absent or empty.
"""

import base64
import json
from typing import Annotated, Any, Literal, TypeVar

from annotated_types import Ge, Gt, Le
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StrictBool,
    StrictInt,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from grader.documents import SIZE_LIMIT

MESSAGE_BYTES = 4 * SIZE_LIMIT + 16 * 1024
"""Room for the largest submission: as ASCII JSON it may grow threefold, and in base64 by a third again."""
LONGEST_SECONDS = 3600
"""The longest time limit of any task; Celery copies a task's limits into its messages."""
PATH_STEPS = 4
"""The length of a path in a message: deeper steps are chosen by the sender."""


def _empty(value: object) -> None:
    if value:
        raise ValueError("must be empty")


WireText = Annotated[str, StringConstraints(strict=True)]
Token = Annotated[str, StringConstraints(strict=True, pattern=r"^[\x21-\x7e]{1,255}$")]
Seconds = Annotated[float, Gt(0), Le(LONGEST_SECONDS)] | None
Nothing = Annotated[object, AfterValidator(_empty)]


class Exact(BaseModel):
    """A mapping with exactly these keys."""

    model_config = ConfigDict(extra="forbid")


class Headers(Exact):
    """The keys that Celery acts on: a plain task, to run now, without limits or followers from the sender."""

    task: Token
    id: Token
    eta: None = None
    expires: None = None
    timelimit: tuple[Seconds, Seconds] | None = None
    retries: Annotated[StrictInt, Ge(0)] = 0
    shadow: None = None
    meth: None = None
    group: None = None
    group_index: None = None
    stamped_headers: Nothing = None
    stamps: Nothing = None
    replaced_task_nesting: Literal[0] = 0
    ignore_result: StrictBool | None = None
    redelivered: StrictBool = False
    root_id: Token | None = None
    parent_id: Token | None = None
    lang: WireText | None = None
    origin: WireText | None = None
    argsrepr: WireText | None = None
    kwargsrepr: WireText | None = None
    traceparent: WireText | None = None
    tracestate: WireText | None = None
    baggage: WireText | None = None


class DeliveryInfo(Exact):
    """The queue to which the message goes back: the one that it came from."""

    exchange: WireText
    routing_key: WireText
    redelivered: StrictBool = False


class Properties(Exact):
    """The keys that kombu acts on."""

    delivery_tag: Token
    delivery_info: DeliveryInfo
    body_encoding: Literal["base64"]
    priority: Annotated[StrictInt, Ge(0), Le(9)] = 0
    delivery_mode: StrictInt = 2
    correlation_id: WireText | None = None
    reply_to: WireText | None = None


class Message(Exact):
    """One item of the list."""

    body: WireText
    content_type: Literal["application/json"] = Field(alias="content-type")
    content_encoding: Literal["utf-8"] = Field(alias="content-encoding")
    headers: Headers
    properties: Properties


class Followers(Exact):
    """The tasks that Celery would call after this one."""

    callbacks: Nothing = None
    errbacks: Nothing = None
    chain: Nothing = None
    chord: None = None


MESSAGE = TypeAdapter(Message)
BODY = TypeAdapter(tuple[list[JsonValue], dict[str, JsonValue], Followers])
"""Arguments, keyword arguments and followers. A `JsonValue` is nested at most 255 deep."""
Shape = TypeVar("Shape")


class Misshapen(ValueError):
    """A text does not have the form that it should have."""


def flaw(item: bytes, queue: str) -> str | None:
    """Return what is wrong with this item of this queue; None if it is a plain task message."""
    if len(item) > MESSAGE_BYTES:
        return f"{len(item)} bytes are too many: at most {MESSAGE_BYTES} are allowed"
    try:
        message = _shaped(MESSAGE, item, "message")
        _shaped(BODY, base64.b64decode(message.body, validate=True), "body")
    except Misshapen as error:
        return str(error)
    except ValueError as error:
        return f"message.body: not base64: {error}"
    back = message.properties.delivery_info
    if back.routing_key != queue or back.exchange not in {"", queue}:
        return f"message.properties.delivery_info: for {back.exchange!r} {back.routing_key!r}, not for {queue!r}"
    return None


def _shaped(shape: TypeAdapter[Shape], text: bytes, what: str) -> Shape:
    """Return the parsed text, if it has this shape and can be written again, as kombu does with unfinished messages.

    Raises:
        Misshapen: It has another shape, or cannot be written; the message names the place, beginning with `what`.
    """
    try:
        value = json.loads(text.decode(), object_hook=_plain)
        json.dumps(value, ensure_ascii=False).encode()
        return shape.validate_python(value)
    except ValidationError as error:
        raise Misshapen("; ".join(f"{_path(what, at['loc'])}: {at['msg']}" for at in error.errors())) from None
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        raise Misshapen(f"{what}: not UTF-8: {error.reason}") from None
    except (ValueError, RecursionError) as error:
        raise Misshapen(f"{what}: not plain JSON: {error}") from None


def _plain(mapping: dict[str, Any]) -> dict[str, Any]:
    """Return the mapping itself, unless it has a `__type__`: kombu would try to build an object from it."""
    if "__type__" in mapping:
        raise ValueError("it has a __type__")
    return mapping


def _path(what: str, steps: tuple[int | str, ...]) -> str:
    return ".".join([what, *map(str, steps[:PATH_STEPS])])
