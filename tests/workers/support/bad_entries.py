"""Intake entries that cannot become a submission: 30 kinds, each with the reason that its dead letter must have."""

from typing import NamedTuple

from tests.workers.support.service import document, induction

TEXT = document(induction())
Fields = dict[str | bytes, str | bytes]


class BadEntry(NamedTuple):
    """One bad entry, with the beginning of its reason."""

    fields: Fields
    why: str


def entry(**changes: str | bytes) -> Fields:
    """Return a good entry with these other fields."""
    return {"id": "bad", "submission": TEXT, "student": "mallory", **changes}


def named(name: str) -> BadEntry:
    """Return an entry with this wrong id."""
    return BadEntry(entry(id=name), "bad-field: id")


def without(field: str) -> BadEntry:
    """Return an entry that lacks this field."""
    return BadEntry({name: value for name, value in entry().items() if name != field}, f"bad-field: {field}")


BAD_ENTRIES = [
    BadEntry({"foo": "bar"}, "unknown-field: 'foo'"),
    BadEntry({"": ""}, "unknown-field: ''"),
    without("id"),
    without("submission"),
    BadEntry({"student": "mallory"}, "bad-field: id"),
    named(""),
    named("../../etc/passwd"),
    named("/etc/passwd"),
    named(".hidden"),
    named("a..b"),
    named("two words"),
    named("two\nlines"),
    named("nul\0byte"),
    named("x" * 129),
    named("\N{PILE OF POO}"),
    named("%00"),
    BadEntry(entry(id=b"\xff\xfe"), "not-utf8"),
    BadEntry(entry(submission=b"exercise: mini-heads\nnote: caf\xe9"), "not-utf8"),
    BadEntry(entry(student=b"\x80"), "not-utf8"),
    BadEntry({**entry(), b"\xc3\x28": "x"}, "not-utf8"),
    BadEntry(entry(submission="#" * 263_000), "bad-field: submission"),
    BadEntry(entry(submission="x" * 300_000), "too-large"),
    BadEntry(entry(submission=b"\xff" * 1_000_000), "too-large"),
    BadEntry({**entry(), "x" * 300_000: "x"}, "unknown-field: 'xxx"),
    BadEntry(entry(callback="http://example.org"), "unknown-field: 'callback'"),
    BadEntry(entry(platform="other"), "unknown-field: 'platform'"),
    BadEntry(entry(student="x" * 300), "bad-field: student"),
    BadEntry(entry(course="x" * 300), "bad-field: course"),
    BadEntry(entry(timestamp="x" * 100), "bad-field: timestamp"),
]


def taken(name: str) -> BadEntry:
    """Return another submission with an id that is taken; the thirtieth kind."""
    return BadEntry(entry(id=name), "id-taken")
