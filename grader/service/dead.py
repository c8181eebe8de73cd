"""Dead letters: what came in and no submission could be made of, kept with the reason; and how to try it again.

A submission that is dead is a row among the others; it is listed and replayed here beside the letters.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple

import sqlalchemy as sa

from grader.base.errors import GraderError
from grader.ledger import Ledger
from grader.ledger.columns import storable, written
from grader.ledger.tables import DEAD_LETTERS, SUBMISSIONS
from grader.service import streams
from grader.service.reception import Receipt, Reception

KEPT_BYTES = 300_000
"""Of a letter; more than a whole submission, so that only what was too large cannot be replayed."""
KEPT_REASON = 2000
"""Characters."""
SIZE_MOST = 2**31 - 1
"""What the column takes."""
SOURCE_LENGTH, ENTRY_LENGTH = 96, 64

LETTER = DEAD_LETTERS.c
ROW = SUBMISSIONS.c


class CannotReplay(GraderError):
    """Nothing of this name can be tried again."""

    exit_code = 2


class _Letter(NamedTuple):
    """What is kept of something that came in."""

    source: str
    entry: str
    reason: str
    content: str
    size: int


class Dead(NamedTuple):
    """Something that was given up."""

    name: str
    """`letter:12`, or a submission's `platform/id`."""
    when: str
    reason: str
    size: int


class DeadLetters:
    """The dead letters and dead submissions in one ledger's database."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def keep(self, source: str, entry: str, reason: str, fields: Mapping[bytes, bytes]) -> None:
        """Keep a letter durably, once for each source and entry."""
        readable = {_text(name): _text(value) for name, value in fields.items()}
        size = sum(len(name) + len(value) for name, value in fields.items())
        self._insert(_Letter(source, entry, reason, json.dumps(readable, ensure_ascii=False), size))

    def keep_message(self, raw: bytes) -> None:
        """Keep a worker's record of a message that no task can be made of."""
        self._insert(_message(raw))

    def listed(self) -> list[Dead]:
        """Everything that was given up and not replayed since, oldest first."""
        letters = sa.select(LETTER.id, LETTER.source, LETTER.came_at, LETTER.reason, LETTER.size)
        rows = sa.select(ROW.platform, ROW.submission_id, ROW.finished_at, ROW.reason, sa.func.length(ROW.document))
        with self.ledger.connection() as connection:
            found = [
                Dead(f"letter:{number}", when, f"{source}: {reason}", size)
                for number, source, when, reason, size in connection.execute(
                    letters.where(LETTER.replayed_at.is_(None))
                )
            ]
            for platform, name, when, reason, size in connection.execute(rows.where(ROW.state == "dead")):
                found.append(Dead(f"{platform}/{name}", when, reason, size))
        return sorted(found, key=lambda dead: dead.when)

    def replay(self, name: str, reception: Reception) -> str:
        """Try it again; what became of it, in words.

        Raises:
            CannotReplay: There is nothing of this name, or it cannot be made into a submission.
        """
        if name.startswith("letter:"):
            return self._replay_letter(name, reception)
        platform, _, submission_id = name.partition("/")
        values = {"state": "received", "tries": 0, "wake_at": written(datetime.now(UTC)), "finished_at": None}
        dead = (ROW.platform == platform, ROW.submission_id == submission_id, ROW.state == "dead")
        with self.ledger.connection(write=True) as connection:
            back = sa.update(SUBMISSIONS).where(*dead).values(**values, failed_at=None).returning(ROW.id)
            if connection.scalar(back) is None:
                raise CannotReplay(f"no dead submission is called {name}; `grade dead list` shows what there is")
        return f"{name} will be graded again"

    def content(self, name: str) -> str:
        """What the letter held, as JSON; its beginning only where it was too long to keep.

        Raises:
            CannotReplay: There is no letter of this name.
        """
        return str(self._letter(name)["content"])

    def dismiss(self, name: str) -> str:
        """Put the letter aside: it stays in the ledger, and is listed no more.

        Raises:
            CannotReplay: There is no letter of this name.
        """
        self._settle(self._letter(name)["id"])
        return f"{name} is put aside"

    def _letter(self, name: str) -> sa.RowMapping:
        number = name.removeprefix("letter:")
        is_number = number.isdecimal() and len(number) < 10  # what the column takes
        query = sa.select(DEAD_LETTERS).where(LETTER.id == (int(number) if is_number else -1))
        with self.ledger.connection() as connection:
            row = connection.execute(query).mappings().one_or_none()
        if not name.startswith("letter:") or row is None or row["replayed_at"] is not None:
            raise CannotReplay(f"no dead letter is called {name}; `grade dead list` shows what there is")
        return row

    def _settle(self, number: int) -> None:
        """Note that the letter needs nobody's attention any more."""
        with self.ledger.connection(write=True) as connection:
            values = {"replayed_at": written(datetime.now(UTC))}
            connection.execute(sa.update(DEAD_LETTERS).where(LETTER.id == number).values(values))

    def _replay_letter(self, name: str, reception: Reception) -> str:
        row = self._letter(name)
        receipt = self._accepted(name, row, reception)
        if receipt.refused:
            raise CannotReplay(f"{name}: {receipt.refused}")
        self._settle(row["id"])
        return f"{name} came in: {receipt.state}"

    def _accepted(self, name: str, row: sa.RowMapping, reception: Reception) -> Receipt:
        kind, _, platform = row["source"].partition(":")
        fields = _fields(row)
        if kind not in {"intake", "celery"} or not fields:
            message = "it was no submission, or is not kept as it was; it can only be looked at"
            raise CannotReplay(f"{name}: {message}")
        came_at = streams.time_of(row["entry"]) if kind == "intake" else datetime.fromisoformat(row["came_at"])
        try:
            return reception.accept([streams.read(platform, came_at, fields)])[0]
        except streams.Unreadable as error:
            raise CannotReplay(f"{name}: {error}") from None

    def _insert(self, letter: _Letter) -> None:
        source, entry = _short(letter.source, SOURCE_LENGTH), _short(letter.entry, ENTRY_LENGTH)
        known = sa.select(LETTER.id).where(LETTER.source == source, LETTER.entry == entry)
        values = {"source": source, "entry": entry, "reason": storable(letter.reason[:KEPT_REASON])}
        content = letter.content if letter.size <= KEPT_BYTES else letter.content[:KEPT_BYTES]
        kept = {"content": content, "size": min(letter.size, SIZE_MOST), "came_at": written(datetime.now(UTC))}
        with self.ledger.alone() as connection:
            if connection.scalar(known) is None:
                connection.execute(sa.insert(DEAD_LETTERS).values(**values, **kept))


def _message(raw: bytes) -> _Letter:
    """The letter that a worker's record makes; where it is no such record, what it is instead."""
    try:
        record = json.loads(raw)
        queue, uuid, why = (str(record[name]) for name in ("queue", "uuid", "why"))
        content, size = json.dumps({"raw": str(record["raw"])}), int(record["size"])
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError):
        content = json.dumps({"raw": _text(raw)})
        return _Letter(streams.DEAD_MESSAGES, sha256(raw).hexdigest(), "this is no worker's record", content, len(raw))
    return _Letter(f"{streams.DEAD_MESSAGES}/{queue}", uuid, why, content, size)


def _fields(row: sa.RowMapping) -> dict[bytes, bytes]:
    """The fields of an entry as they came in; none where they are not kept as they were, byte for byte."""
    if row["size"] > KEPT_BYTES:
        return {}
    fields = {name.encode(): value.encode() for name, value in json.loads(row["content"]).items()}
    return fields if sum(len(name) + len(value) for name, value in fields.items()) == row["size"] else {}


def _short(text: str, length: int) -> str:
    """The text, in so many characters; where that is less than all of it, other texts give other ones still."""
    message = storable(text)
    return (
        message if len(message) <= length else f"{message[: length - 17]}~{sha256(message.encode()).hexdigest()[:16]}"
    )


def _text(raw: bytes) -> str:
    """The bytes as text that a database takes; what is no text is shown by its escapes."""
    return storable(raw[:KEPT_BYTES].decode(errors="backslashreplace"))
