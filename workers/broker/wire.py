"""The form of a task message on the wire: exactly what our own sender writes.

Celery's envelope can ask for more than a task: callbacks, stamps, limits, a time in the future, compression. Any
registered task could be run that way, with any arguments, and a message that Celery does not expect ends the worker or
comes back for ever. So unknown keys are refused, and keys that we never use must be absent or empty. A submission comes
from a platform's own sender: it may be compressed, and may name a time before or after which it is to be run.
"""

import base64
import bz2
import json
import zlib
from datetime import UTC, datetime
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


SUBMISSION_TASK = "grader.grade"
"""The task that platforms send."""


def moment(text: str) -> datetime:
    """Return the time that a header names; one without a zone is in UTC, as in Celery.

    Raises:
        ValueError: It is no time.
    """
    when = datetime.fromisoformat(text)
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)


def _moment(text: str) -> str:
    try:
        moment(text)
    except OverflowError:
        raise ValueError("beyond the calendar") from None
    return text


def _empty(value: object) -> None:
    if value:
        raise ValueError("must be empty")


WireText = Annotated[str, StringConstraints(strict=True)]
Token = Annotated[str, StringConstraints(strict=True, pattern=r"^[\x21-\x7e]{1,255}$")]
Seconds = Annotated[float, Gt(0), Le(LONGEST_SECONDS)] | None
Moment = Annotated[str, StringConstraints(strict=True), AfterValidator(_moment)]
Nothing = Annotated[object, AfterValidator(_empty)]


class Exact(BaseModel):
    """A mapping with exactly these keys."""

    model_config = ConfigDict(extra="forbid")


class Headers(Exact):
    """The keys that Celery acts on: a plain task, to run now, without limits or followers from the sender."""

    task: Token
    id: Token
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


class PlainHeaders(Headers):
    """The headers of a task of our own."""

    eta: None = None
    expires: None = None


class SubmissionHeaders(Headers):
    """The headers of a submission, with what a platform's sender may ask for."""

    eta: Moment | None = None
    expires: Moment | None = None
    compression: Literal["application/x-gzip", "application/x-bz2"] | None = None


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


class SubmissionProperties(Properties):
    """The properties of a submission; a sender that names `expires` repeats it here, for another kind of broker."""

    expiration: WireText | None = None


class Message(Exact):
    """One item of the list."""

    body: WireText
    content_type: Literal["application/json"] = Field(alias="content-type")
    content_encoding: Literal["utf-8"] = Field(alias="content-encoding")
    headers: PlainHeaders
    properties: Properties


class SubmissionMessage(Message):
    """One item of the list that holds a submission."""

    headers: SubmissionHeaders  # type: ignore[assignment]
    properties: SubmissionProperties


class Followers(Exact):
    """The tasks that Celery would call after this one."""

    callbacks: Nothing = None
    errbacks: Nothing = None
    chain: Nothing = None
    chord: None = None


MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)
SUBMISSION: TypeAdapter[Message] = TypeAdapter(SubmissionMessage)
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
        value = _loaded(item, "message")
        message = _shaped(SUBMISSION if _is_submission(value) else MESSAGE, value, "message")
        body = base64.b64decode(message.body, validate=True)
        if isinstance(message.headers, SubmissionHeaders):
            body = _unpacked(body, message.headers.compression)
        _shaped(BODY, _loaded(body, "body"), "body")
    except Misshapen as error:
        return str(error)
    except ValueError as error:
        return f"message.body: not base64: {error}"
    back = message.properties.delivery_info
    if back.routing_key != queue or back.exchange not in {"", queue}:
        return f"message.properties.delivery_info: for {back.exchange!r} {back.routing_key!r}, not for {queue!r}"
    return None


def _is_submission(value: object) -> bool:
    headers = value.get("headers") if isinstance(value, dict) else None
    return isinstance(headers, dict) and headers.get("task") == SUBMISSION_TASK


def _unpacked(body: bytes, compression: str | None) -> bytes:
    """Return the body as it was before its sender compressed it.

    Raises:
        Misshapen: It is damaged, or would be too long.
    """
    if compression is None:
        return body
    try:
        if compression == "application/x-bz2":
            bz2_file = bz2.BZ2Decompressor()
            whole, is_over, left = bz2_file.decompress(body, MESSAGE_BYTES), bz2_file.eof, bz2_file.unused_data
        else:
            zlib_file = zlib.decompressobj()
            whole, is_over, left = zlib_file.decompress(body, MESSAGE_BYTES), zlib_file.eof, zlib_file.unused_data
    except (OSError, zlib.error, EOFError, ValueError) as error:
        raise Misshapen(f"body: not {compression}: {error}") from None
    if not is_over or left:
        raise Misshapen(f"body: not {compression} of at most {MESSAGE_BYTES} bytes")
    return whole


def _loaded(text: bytes, what: str) -> object:
    """Return the parsed text, if it can be written again, as kombu does with unfinished messages.

    Raises:
        Misshapen: It cannot be parsed or written; the message begins with `what`.
    """
    try:
        value: object = json.loads(text.decode(), object_hook=_plain)
        json.dumps(value, ensure_ascii=False).encode()
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        raise Misshapen(f"{what}: not UTF-8: {error.reason}") from None
    except (ValueError, RecursionError) as error:
        raise Misshapen(f"{what}: not plain JSON: {error}") from None
    return value


def _shaped(shape: TypeAdapter[Shape], value: object, what: str) -> Shape:
    """Return the value, if it has this shape.

    Raises:
        Misshapen: It has another one; the message names the place, beginning with `what`.
    """
    try:
        return shape.validate_python(value)
    except ValidationError as error:
        raise Misshapen("; ".join(f"{_path(what, at['loc'])}: {at['msg']}" for at in error.errors())) from None
    except RecursionError as error:
        raise Misshapen(f"{what}: {error}") from None


def _plain(mapping: dict[str, Any]) -> dict[str, Any]:
    """Return the mapping itself, unless it has a `__type__`: kombu would try to build an object from it."""
    if "__type__" in mapping:
        raise ValueError("it has a __type__")
    return mapping


def _path(what: str, steps: tuple[int | str, ...]) -> str:
    return ".".join([what, *map(str, steps[:PATH_STEPS])])
