"""From any queue into the ledger: each entry becomes a row or a dead letter, once, whatever is wrong with it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.documents import SIZE_LIMIT
from grader.ledger import Ledger
from grader.ledger.columns import written
from grader.schema.queue import Envelope
from grader.service import streams
from grader.service.dead import DeadLetters
from grader.service.intake import QueueEntry, take_in
from grader.service.reception import Receipt, Reception
from tests.service.planted import CAME, document, rows

FIELDS = {b"id": b"s1", b"submission": document().encode(), b"student": b"ada"}


def entry(number: int, fields: dict[bytes, bytes], source: str = "intake:local") -> QueueEntry:
    return QueueEntry(source, f"{number}-0", CAME, fields)


WRONG = (
    ("bad-field: id: ", {}),
    ("bad-field: submission: ", {b"id": b"s1"}),
    ("bad-field: id: ", {**FIELDS, b"id": b""}),
    ("bad-field: id: ", {**FIELDS, b"id": b"../../etc/passwd"}),
    ("bad-field: id: ", {**FIELDS, b"id": b"x" * 129}),
    ("bad-field: id: ", {**FIELDS, b"id": b"s1\0"}),
    ("bad-field: student: ", {**FIELDS, b"student": b"x" * 257}),
    ("bad-field: signature: ", {**FIELDS, b"signature": b"f" * 129}),
    ("bad-field: submission: ", {**FIELDS, b"submission": b"x" * (SIZE_LIMIT + 1)}),
    ("not-utf8: ", {**FIELDS, b"submission": b"\xff\xfe"}),
    ("not-utf8: ", {**FIELDS, b"\xff": b""}),
    ("not-utf8: ", {**FIELDS, b"student": b"\xed\xa0\x80"}),
    ("unknown-field: 'platform'", {**FIELDS, b"platform": b"moodle"}),
    ("unknown-field: ", {**FIELDS, b"came_at": b"2020-01-01T00:00:00Z"}),
    ("too-large: ", {**FIELDS, b"submission": b"x" * (SIZE_LIMIT + 4097)}),
    ("too-large: ", {**FIELDS, b"junk": b"x" * 5_000_000}),
)


def test_whatever_is_wrong_with_an_entry_it_is_kept_and_stops_no_other(
    reception: Reception, letters: DeadLetters, ledger: Ledger
) -> None:
    entries = [entry(number, fields) for number, (_, fields) in enumerate(WRONG)]
    sound = [entry(100 + number, {**FIELDS, b"id": f"t{number}".encode()}) for number in range(len(WRONG))]
    mixed = [one for pair in zip(entries, sound, strict=True) for one in pair]

    receipts = take_in(mixed, reception, letters)

    assert receipts == [Receipt(job, "received") for job in range(1, len(WRONG) + 1)]
    reasons = [letter.reason for letter in letters.listed()]
    assert [reason.startswith(f"intake:local: {why}") for reason, (why, _) in zip(reasons, WRONG, strict=True)] == [
        True
    ] * len(WRONG)
    assert all(len(reason) < 300 for reason in reasons)


def test_what_is_read_again_changes_nothing(reception: Reception, letters: DeadLetters, ledger: Ledger) -> None:
    entries = [entry(1, FIELDS), entry(2, {}), entry(3, {**FIELDS, b"student": b"bob"}), entry(4, FIELDS, "intake:x")]

    first = take_in(entries, reception, letters)
    before = rows(ledger), letters.listed()
    again = take_in([*entries[::-1], *entries], reception, letters)

    assert first == [Receipt(1, "received")]
    assert set(again) == {Receipt(1, "received")}
    assert (rows(ledger), letters.listed()) == before
    assert [letter.reason.partition(" ")[2][:8] for letter in letters.listed()] == ["bad-fiel", "id-taken", "unknown-"]


def test_nothing_is_taken_in_of_nothing(reception: Reception, letters: DeadLetters) -> None:
    assert take_in([], reception, letters) == []


def test_sizes_are_told_in_bytes(reception: Reception, letters: DeadLetters, ledger: Ledger) -> None:
    """Each character has two bytes, so half as many characters are over the limit."""
    fits, over = b"#" + "é".encode() * (SIZE_LIMIT // 2 - 1), b"#" + "é".encode() * (SIZE_LIMIT // 2)

    take_in(
        [entry(1, {**FIELDS, b"submission": fits}), entry(2, {**FIELDS, b"id": b"s2", b"submission": over})],
        reception,
        letters,
    )

    assert ["too-large" in row["problems"] for row in rows(ledger).values()] == [False, True]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no fault
@given(
    fields=st.dictionaries(
        st.one_of(st.sampled_from([name.encode() for name in streams.FIELDS]), st.binary(max_size=12)),
        st.one_of(st.binary(max_size=40), st.text(max_size=40).map(str.encode)),
    )
)
def test_any_fields_make_an_envelope_or_are_told_why_not(fields: dict[bytes, bytes]) -> None:
    try:
        made: Envelope | str = streams.read("local", CAME, fields)
    except streams.Unreadable as error:
        made = str(error).partition(":")[0]

    assert made in {"bad-field", "not-utf8", "unknown-field"} or isinstance(made, Envelope)
    assert isinstance(made, str) or made.id.encode() == fields[b"id"]


@pytest.mark.parametrize("number", ["18446744073709551615-1", "253402300800000-0", "99999999999999-5"])
def test_an_entry_that_a_platform_numbered_into_the_future_came_now(
    reception: Reception, letters: DeadLetters, ledger: Ledger, number: str
) -> None:
    """By the ledger's clock: that of the queue's server or of this process may be wrong."""
    before = ledger.now()

    take_in([QueueEntry("intake:local", number, streams.time_of(number), FIELDS)], reception, letters)

    (row,) = rows(ledger).values()
    assert written(before) <= row["received_at"] == row["wake_at"] <= written(ledger.now())


def test_an_entrys_number_says_when_it_came() -> None:
    assert streams.time_of("1772452800000-7") == CAME
    assert streams.time_of("0-1") == datetime(1970, 1, 1, tzinfo=UTC)
    assert streams.time_of("1772452800001-0") - CAME == timedelta(milliseconds=1)
