"""The messages that pass as plain tasks, each of which can be handled."""

import json
import pickle

from celery.worker.request import Request
from hypothesis import given, settings
from hypothesis import strategies as st
from kombu.transport import virtual
from kombu.utils.json import dumps

from tests.workers.support.poison import QUEUE, body, good
from tests.workers.support.sample_tasks import anything
from workers.broker.transport import Channel
from workers.broker.wire import MESSAGE_BYTES, flaw

FULL = good(
    **dict.fromkeys(("eta", "expires", "group", "group_index", "parent_id", "shadow", "stamped_headers")),
    argsrepr="()",
    kwargsrepr="{}",
    lang="py",
    origin="gen1@host",
    replaced_task_nesting=0,
    retries=0,
    root_id="root",
    stamps={},
    timelimit=[None, None],
)
"""A message with everything that our own sender writes."""
fuzz = settings(deadline=None, derandomize=True, database=None, max_examples=500)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
PLACES = [
    *((key,) for key in (*FULL, "unknown")),
    *(("headers", key) for key in (*FULL["headers"], "callbacks", "redelivered", "ignore_result")),
    *(("properties", key) for key in (*FULL["properties"], "priority", "reply_to", "delivery_mode")),
    *(("properties", "delivery_info", key) for key in ("exchange", "routing_key", "redelivered")),
]
"""The places at which a message is changed."""


def with_change(place: tuple[str, ...], value: object) -> bytes:
    """Return the full message with another value in one place."""
    message = json.loads(json.dumps(FULL))
    inner = message
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return json.dumps(message).encode()


def handle(item: bytes) -> None:
    """Handle the message as kombu and Celery do, until a child gets it."""
    message = virtual.Message(json.loads(item), channel=object.__new__(Channel))
    assert not message.errors
    dumps([message._raw, message.delivery_info["exchange"], message.delivery_info["routing_key"]])
    request = Request(message, app=anything.app, task=anything, headers=message.headers, body=message.body)
    pickle.dumps((request.request_dict, *request.time_limits))
    hash(request.id)
    assert (request.eta, request.expires, request.errbacks, request.chord) == (None, None, None, None)
    assert not request.stamps


def test_smallest_and_fullest_message_pass() -> None:
    assert flaw(json.dumps(good()).encode(), QUEUE) is None
    assert flaw(json.dumps(FULL).encode(), QUEUE) is None


def test_largest_submission_passes_whatever_its_characters() -> None:
    submission = "é" * (128 * 1024)
    message = FULL | {"body": body(["moodle"], {"id": "1", "submission": submission}, {})}

    assert flaw(json.dumps(message).encode(), QUEUE) is None


def test_message_of_a_byte_too_many_does_not_pass() -> None:
    item = json.dumps(FULL).encode()

    assert flaw(item.ljust(MESSAGE_BYTES), QUEUE) is None
    assert (
        flaw(item.ljust(MESSAGE_BYTES + 1), QUEUE)
        == f"{MESSAGE_BYTES + 1} bytes are too many: at most {MESSAGE_BYTES} are allowed"
    )


@fuzz
@given(st.sampled_from(PLACES), JSON)
def test_whatever_passes_can_be_handled(place: tuple[str, ...], value: object) -> None:
    item = with_change(place, value)

    if flaw(item, QUEUE) is None:
        handle(item)


@fuzz
@given(st.tuples(JSON | st.lists(JSON, max_size=3), JSON | st.just({}), JSON | st.just({})))
def test_whatever_body_passes_can_be_handled(parts: tuple[object, ...]) -> None:
    item = json.dumps(FULL | {"body": body(*parts)}).encode()

    if flaw(item, QUEUE) is None:
        handle(item)


@fuzz
@given(st.binary())
def test_no_bytes_are_too_strange(item: bytes) -> None:
    assert flaw(item, QUEUE)
