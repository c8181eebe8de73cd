"""The canonical bytes of a report: the same report has the same bytes, and so the same hash, on every machine.

`canonical` defines them, and is the only way for a report from elsewhere. A report just made is hashed from the texts
of its parts, most of which are the same in report after report and are kept: `form` and `filled`.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from types import NoneType
from typing import Any

from grader.schema import Record, Report

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)
_WRITERS: dict[type, Callable[[Any], str]] = {
    NoneType: lambda nothing: "null",
    bool: ("false", "true").__getitem__,
    int: int.__repr__,
    float: float.__repr__,
    str: json.encoder.encode_basestring_ascii,
}
"""What the encoder would do with a single value, without its preparations; records hold no NaN."""
_HOLE = "\0"
"""Nothing in a text reads so: inside a string, it is escaped."""


def canonical(report: Report) -> bytes:
    """The report without its content hash as JSON: keys sorted, no spaces, ASCII only.

    It is read back once before it is written, so that a report just made (where a float may still be the
    integer it was given as) and the same report read from a file have the same bytes.
    """
    return text(_content(report)).encode("ascii")


def content_hash(report: Report) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal."""
    return hashlib.sha256(canonical(report)).hexdigest()


def text(content: object) -> str:
    """The canonical text of what JSON can hold."""
    return _WRITERS.get(type(content), _ENCODER.encode)(content)


def form(record: Record, *left_open: str) -> tuple[str, ...]:
    """The record's canonical text, cut where the texts of the fields go that are left open, in order of their names."""
    content = sorted(_content(record).items())
    fields = (f"{text(key)}:{_HOLE if key in left_open else text(value)}" for key, value in content)
    return tuple(f"{{{','.join(fields)}}}".split(_HOLE))


def filled(cut: tuple[str, ...], texts: Iterable[str]) -> str:
    """A form's whole text, with these in its open places."""
    parts = [""] * (2 * len(cut) - 1)
    parts[::2], parts[1::2] = cut, texts
    return "".join(parts)


def _content(record: Record) -> dict[str, object]:
    """The record as it is when it is read back; what is hashed of it."""
    settled = type(record).model_validate_json(record.model_dump_json())
    return settled.model_dump(mode="json", exclude={"content_hash"})
