"""Messages that cannot become a task: each harms a stock worker, or asks for more than a task."""

import base64
import gzip
import json
from typing import Any, NamedTuple

from workers.broker.wire import MESSAGE_BYTES

QUEUE = "celery"
CALL = {"task": "sample.note", "args": ["called back"], "kwargs": {}, "options": {}, "subtask_type": None}
"""A callback."""


class Poison(NamedTuple):
    """One bad message, with a part of its record's text."""

    name: str
    item: bytes
    why: str


def body(*parts: object) -> str:
    """Return the body of a message: three parts, if it is a good one."""
    return encoded(json.dumps(parts).encode())


def encoded(raw: bytes) -> str:
    """Return the bytes in the form that a message has."""
    return base64.b64encode(raw).decode()


def good(note: str = "good", **headers: object) -> dict[str, Any]:
    """Return the smallest good message, as a sender in another language might write it."""
    return {
        "body": body([note], {}, {}),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"task": "sample.note", "id": f"id-of-{note}", **headers},
        "properties": properties(note),
    }


def properties(note: str, **delivery: object) -> dict[str, Any]:
    """Return the properties that kombu needs to take a message, and perhaps to give it back."""
    return {
        "body_encoding": "base64",
        "delivery_info": {"exchange": "", "routing_key": QUEUE, **delivery},
        "delivery_tag": f"tag-of-{note}",
    }


def changed(**changes: object) -> bytes:
    """Return a good message with other top-level keys; an underscore stands for a hyphen."""
    return json.dumps(good() | {key.replace("_", "-"): value for key, value in changes.items()}).encode()


def without(key: str) -> bytes:
    """Return a good message without this key."""
    return json.dumps({name: value for name, value in good().items() if name != key}).encode()


def headed(**headers: object) -> bytes:
    """Return a good message with these headers as well."""
    return json.dumps(good(**headers)).encode()


def owned(**properties: object) -> bytes:
    """Return a good message with other properties; None removes one."""
    mixed = good()["properties"] | properties
    return changed(properties={key: value for key, value in mixed.items() if value is not None})


def nested(depth: int) -> bytes:
    """Return a list in a list in a list, this deep."""
    return b"[" * depth + b"]" * depth


NO_JSON = [
    Poison("a word", b"hello", "not plain JSON"),
    Poison("nothing", b"", "not plain JSON"),
    Poison("not UTF-8", b"\xff\xfe{}", "not UTF-8"),
    Poison("a number", b"5", "valid dictionary"),
    Poison("an empty list", b"[]", "valid dictionary"),
    Poison("200 000 brackets", b"[" * 200_000, "recursion"),
    Poison("an integer of 5 000 digits", b"1" * 5000, "not plain JSON"),
    Poison("an object of a class", b'{"__type__": "datetime", "__value__": 5}', "__type__"),
]
NO_ENVELOPE = [
    Poison("an empty mapping", b"{}", "properties: Field required"),
    Poison("no body", without("body"), "body: Field required"),
    Poison("no headers", without("headers"), "headers: Field required"),
    Poison("null headers", changed(headers=None), "headers: "),
    Poison("no task", changed(headers={"id": "x"}), "headers.task: Field required"),
    Poison("a task that is a mapping", headed(task={}), "headers.task"),
    Poison("no id", changed(headers={"task": "sample.note"}), "headers.id: Field required"),
    Poison("an id that is a mapping", headed(id={}), "headers.id"),
    Poison("an id of two lines", headed(id="1\n2"), "headers.id"),
    Poison("an unknown key", changed(more=1), "more: Extra"),
    Poison("no delivery tag", owned(delivery_tag=None), "delivery_tag: Field required"),
    Poison("no delivery info", owned(delivery_info=None), "delivery_info: Field required"),
    Poison(
        "another queue",
        owned(delivery_info={"exchange": "", "routing_key": "other"}),
        "for '' 'other', not for 'celery'",
    ),
    Poison("an infinite priority", owned(priority=float("inf")), "priority"),
    Poison("an unknown body encoding", owned(body_encoding="rot13"), "body_encoding"),
    Poison("two megabytes", changed(body="A" * 2 * 1024 * 1024), f"at most {MESSAGE_BYTES} are allowed"),
]
NO_BODY = [
    Poison("a body that is a number", changed(body=5), "message.body: "),
    Poison("an empty body", changed(body=""), "not plain JSON"),
    Poison("a body that is not base64", changed(body="*"), "not base64"),
    Poison("a body that is not UTF-8", changed(body=encoded(b"\xff")), "not UTF-8"),
    Poison("a body that is not JSON", changed(body=encoded(b"hello")), "not plain JSON"),
    Poison("a body with half a character", changed(body=encoded(b'[["\\ud800"], {}, {}]')), "not UTF-8"),
    Poison("a mapping as body", changed(body=encoded(b'{"a": 1}')), "valid tuple"),
    Poison("null as body", changed(body=encoded(b"null")), "valid tuple"),
    Poison("a body of four", changed(body=body([], {}, {}, 4)), "at most 3 items"),
    Poison("a body of two", changed(body=body([], {})), "body.2: Field required"),
    Poison("no followers", changed(body=body([], {}, None)), "body.2: "),
    Poison("arguments in a mapping", changed(body=body({}, {}, {})), "body.0: "),
    Poison("keyword arguments in a list", changed(body=body([], [], {})), "body.1: "),
    Poison("an argument 300 deep", changed(body=encoded(b"[[" + nested(300) + b"], {}, {}]")), "depth"),
    Poison("a body 100 000 deep", changed(body=encoded(nested(100_000))), "recursion"),
    Poison("an object as argument", changed(body=body([{"__type__": "x", "__value__": 1}], {}, {})), "__type__"),
    Poison("a pickle", changed(content_type="application/x-python-serialize"), "content-type"),
    Poison("plain text", changed(content_type="text/plain"), "content-type"),
    Poison("an unknown encoding", changed(content_encoding="rot13"), "content-encoding"),
    Poison("a broken gzip", headed(compression="application/x-gzip"), "headers.compression"),
    Poison(
        "a gzip that grows",
        changed(
            headers={"task": "sample.note", "id": "x", "compression": "application/x-gzip"},
            body=encoded(gzip.compress(bytes(100 * 1024 * 1024))),
        ),
        "headers.compression",
    ),
]
TOO_MUCH = [
    Poison("a time in the future", headed(eta="2099-01-01T00:00:00+00:00"), "headers.eta"),
    Poison("a time that is none", headed(eta={"a": 1}), "headers.eta"),
    Poison("an expiry", headed(expires="2001-01-01T00:00:00+00:00"), "headers.expires"),
    Poison("limits of its own", headed(timelimit=[36000, 36000]), "headers.timelimit"),
    Poison("limits that are a word", headed(timelimit="x"), "headers.timelimit"),
    Poison("one limit", headed(timelimit=[None]), "headers.timelimit"),
    Poison("stamps", headed(stamped_headers=["a"], stamps={"a": 1}), "headers.stamp"),
    Poison("stamps that are a number", headed(stamped_headers=5), "headers.stamped_headers"),
    Poison("a group", headed(group="g"), "headers.group"),
    Poison("another name in the log", headed(shadow="sample.other"), "headers.shadow"),
    Poison("a callback in a header", headed(callbacks=[CALL]), "headers.callbacks"),
    *(
        Poison(f"{kind} in the body", changed(body=body(["x"], {}, {kind: [CALL]})), f"body.2.{kind}")
        for kind in ("callbacks", "errbacks", "chain", "chord")
    ),
    Poison("an option in the body", changed(body=body(["x"], {}, {"is_eager": True})), "body.2.is_eager"),
]
NO_TASK = [
    Poison("an unknown task", headed(task="sample.unknown"), "no task 'sample.unknown'"),
    Poison("a task of Celery's own", headed(task="celery.starmap"), "no task 'celery.starmap'"),
    Poison("too many arguments", changed(body=body([1, 2, 3, 4], {}, {})), "do not fit sample.note"),
    Poison("too few arguments", changed(body=body([], {}, {})), "do not fit sample.note"),
    Poison("an unknown keyword", changed(body=body(["x"], {"more": 1}, {})), "do not fit sample.note"),
]
POISON = [*NO_JSON, *NO_ENVELOPE, *NO_BODY, *TOO_MUCH, *NO_TASK]
