"""Dead letters are kept with their reasons, whatever they hold, and can be tried again."""

import json
from datetime import UTC, datetime

import pytest

from grader.ledger import Ledger
from grader.ledger.queue.jobs import TRIES, Jobs
from grader.service import platforms, streams
from grader.service.dead import KEPT_BYTES, CannotReplay, DeadLetters
from grader.service.intake import QueueEntry, take_in
from grader.service.reception import Reception
from grader.service.worker import Worker
from tests.service.planted import document, envelope, let_time_pass, owed, rows

ENTRY = "1772452800000-3"
"""Of a stream, added at 2026-03-02T12:00:00."""
FIELDS = {b"id": b"s1", b"submission": document().encode(), b"student": b"ada"}


def keep(letters: DeadLetters, fields: dict[bytes, bytes], source: str = "intake:local", entry: str = ENTRY) -> None:
    letters.keep(source, entry, "we were wrong", fields)


def test_a_letter_is_kept_once_and_listed_with_its_reason(letters: DeadLetters, ledger: Ledger) -> None:
    keep(letters, {b"id": b"s1", b"junk": b"\xff\x00"})
    letters.keep("intake:local", ENTRY, "read again", {})
    letters.keep("intake:canvas", ENTRY, "of another platform", {})

    first, second = letters.listed()
    assert (first.name, first.reason, first.size) == ("letter:1", "intake:local: we were wrong", 10)
    assert second.reason == "intake:canvas: of another platform"
    assert datetime.fromisoformat(first.when).tzinfo is UTC


def test_letters_of_any_length_and_with_any_bytes_are_kept(letters: DeadLetters) -> None:
    for number in range(3):
        letters.keep(
            "celery:" + "x" * 300 + str(number), "y" * 300, "why \0 \ud800 " + "z" * 9000, {b"\0" * 9: b"\0\xff"}
        )
        letters.keep("intake:local", f"1-{number}", "large", {b"submission": b'"' * 3_000_000, b"x" * 500_000: b""})

    assert [letter.size for letter in letters.listed()] == [11, 3_500_010] * 3
    assert len({letter.reason.partition(": why")[0] for letter in letters.listed()}) == 4
    assert all(len(letter.reason) < 2200 for letter in letters.listed())


def test_a_workers_record_is_kept_whatever_it_is(letters: DeadLetters) -> None:
    record = {"uuid": "u1", "at": 1.0, "queue": "celery", "why": "no task \0 \ud800", "raw": "\0", "size": 7}
    wrong = [
        b"hello",
        b"\xff",
        b"[]",
        b"{}",
        b"5",
        b"[" * 100_000,
        json.dumps(record | {"size": float("inf")}).encode(),
    ]
    long = json.dumps(record | {"uuid": "v" * 999, "queue": "q" * 999, "size": 10**20}).encode()

    for raw in (json.dumps(record).encode(), *wrong, long) * 2:
        letters.keep_message(raw)

    listed = letters.listed()
    assert len(listed) == 9
    assert (listed[0].reason, listed[0].size) == (r"dead:celery/celery: no task \x00 \ud800", 7)
    assert {letter.reason for letter in listed[1:8]} == {"dead:celery: not a worker's record"}


def test_a_letter_that_is_replayed_comes_in_as_if_it_had_just_been_read(
    letters: DeadLetters, reception: Reception, ledger: Ledger
) -> None:
    keep(letters, FIELDS)

    assert letters.replay("letter:1", reception) == "letter:1 was taken in: received"
    assert rows(ledger)["s1"]["received_at"] == "2026-03-02T12:00:00.000000+00:00"
    assert letters.listed() == []
    with pytest.raises(CannotReplay, match="letter:1: there is no such dead letter"):
        letters.replay("letter:1", reception)


def test_a_letter_from_a_python_platform_can_be_replayed_as_well(
    letters: DeadLetters, reception: Reception, ledger: Ledger
) -> None:
    keep(letters, FIELDS, "celery:local", "0f3c-a-task")

    assert letters.replay("letter:1", reception) == "letter:1 was taken in: received"
    assert rows(ledger)["s1"]["state"] == "received"


@pytest.mark.parametrize("text", ['"' * 250_000, "\n" * 262_000, "é" * 131_000, "\U0001f600" * 65_000])
def test_what_is_as_long_as_a_submission_may_be_can_be_replayed(
    letters: DeadLetters, reception: Reception, ledger: Ledger, text: str
) -> None:
    keep(letters, {**FIELDS, b"submission": text.encode()})

    assert letters.replay("letter:1", reception) == "letter:1 was taken in: rejected"
    assert rows(ledger)["s1"]["document"] == text


UNREADABLE = (
    {**FIELDS, b"submission": b"x" * (KEPT_BYTES + 1)},
    {**FIELDS, b"submission": document().encode() + b"#\xff"},
    {**FIELDS, b"submission": document().encode() + b"#\0"},
    {**FIELDS, b"id": b"../s1"},
    {**FIELDS, b"student": b"x" * 257},
    {**FIELDS, b"more": b""},
    {b"id": b"s1"},
    {},
)


def test_what_is_no_submission_or_not_kept_as_it_was_can_only_be_looked_at(
    letters: DeadLetters, reception: Reception, ledger: Ledger
) -> None:
    for number, fields in enumerate(UNREADABLE):
        keep(letters, fields, entry=f"1-{number}")
    letters.keep_message(b"hello")

    for letter in letters.listed():
        with pytest.raises(CannotReplay, match=letter.name):
            letters.replay(letter.name, reception)
    assert rows(ledger) == {}
    assert len(letters.listed()) == len(UNREADABLE) + 1


@pytest.mark.parametrize(
    "name", ["", "letter:", "letter:0", "letter:-1", "letter:x", "letter:" + "9" * 5000, "a", "local/s9", "/"]
)
def test_what_is_not_dead_cannot_be_replayed(letters: DeadLetters, reception: Reception, name: str) -> None:
    reception.accept([envelope("s9")])

    with pytest.raises(CannotReplay, match="grade dead list"):
        letters.replay(name, reception)


def test_a_dead_submission_is_listed_and_replayed_from_the_start(
    letters: DeadLetters, reception: Reception, jobs: Jobs, worker: Worker, ledger: Ledger
) -> None:
    reception.accept([envelope("s1")])
    for _ in range(TRIES):
        lease = jobs.lease(1)
        assert lease
        jobs.fail(lease, "no disk")
        let_time_pass(ledger)

    assert [(dead.name, dead.reason) for dead in letters.listed()] == [("local/s1", "no disk")]
    assert letters.replay("local/s1", reception) == "local/s1 will be graded again"
    assert letters.listed() == []
    with pytest.raises(CannotReplay):
        letters.replay("local/s1", reception)
    row = rows(ledger)["s1"]
    assert (row["state"], row["tries"], row["failed_at"], row["finished_at"]) == ("received", 0, None, None)
    worker.work(1)
    assert rows(ledger)["s1"]["state"] == "graded"
    assert owed(ledger) == {"s1": 2}


def test_a_letter_that_is_refused_again_stays(letters: DeadLetters, reception: Reception, ledger: Ledger) -> None:
    taken = QueueEntry("intake:local", "1-1", streams.time_of("1-1"), {**FIELDS, b"student": b"bob"})
    take_in([taken], reception, letters)
    keep(letters, FIELDS)

    with pytest.raises(CannotReplay, match="letter:1: id-taken: another submission has the id s1"):
        letters.replay("letter:1", Reception(ledger, platforms.load(None)))
    assert len(letters.listed()) == 1


def test_a_letter_can_be_looked_at_and_put_aside(letters: DeadLetters, ledger: Ledger) -> None:
    keep(letters, {b"id": b"s1", b"junk": b"\xff"})

    assert json.loads(letters.content("letter:1")) == {"id": "s1", "junk": "\\xff"}
    assert letters.dismiss("letter:1") == "letter:1 is dismissed"
    assert letters.listed() == []
    for nothing in ("letter:1", "letter:2", "local/s1"):
        with pytest.raises(CannotReplay, match="there is no such dead letter"):
            letters.dismiss(nothing)
