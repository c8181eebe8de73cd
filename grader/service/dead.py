"""Dead letters: what came in and no submission could be made of, kept with the reason; and how to try it again.

A submission that is dead is a row among the others; it is listed and replayed here beside the letters.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import sqlalchemy as sa

from grader.errors import GraderError
from grader.ledger import Ledger
from grader.service import streams
from grader.service.reception import Receipt, Reception
from grader.tables import DEAD_LETTERS, SUBMISSIONS, written

KEPT_CHARACTERS = 300_000
"""Of a letter; more than a whole submission, so that only what was too large cannot be replayed."""

LETTER = DEAD_LETTERS.c
ROW = SUBMISSIONS.c


class CannotReplay(GraderError):
    """Nothing of this name can be tried again."""

    exit_code = 2


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
        self._insert(source, entry, reason, (json.dumps(readable), sum(map(len, fields.values()))))

    def keep_message(self, raw: bytes) -> None:
        """Keep a worker's record of a message that no task can be made of."""
        record = json.loads(raw)
        source = f"{streams.DEAD_MESSAGES}/{record['queue']}"[:96]
        self._insert(source, record["uuid"], record["why"], (json.dumps({"raw": record["raw"]}), record["size"]))

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

    def _replay_letter(self, name: str, reception: Reception) -> str:
        number = name.removeprefix("letter:")
        query = sa.select(DEAD_LETTERS).where(LETTER.id == (int(number) if number.isdecimal() else -1))
        with self.ledger.connection() as connection:
            row = connection.execute(query).mappings().one_or_none()
        if row is None or row["replayed_at"] is not None:
            raise CannotReplay(f"no dead letter is called {name}; `grade dead list` shows what there is")
        receipt = self._accepted(name, row, reception)
        if receipt.refused:
            raise CannotReplay(f"{name}: {receipt.refused}")
        with self.ledger.connection(write=True) as connection:
            values = {"replayed_at": written(datetime.now(UTC))}
            connection.execute(sa.update(DEAD_LETTERS).where(LETTER.id == row["id"]).values(values))
        return f"{name} came in: {receipt.state}"

    def _accepted(self, name: str, row: sa.RowMapping, reception: Reception) -> Receipt:
        kind, _, platform = row["source"].partition(":")
        if kind != "intake" or len(row["content"]) >= KEPT_CHARACTERS:
            raise CannotReplay(f"{name}: it was no submission, or too long to be kept whole; it can only be looked at")
        fields = {key.encode(): value.encode() for key, value in json.loads(row["content"]).items()}
        came_at = streams.time_of(row["entry"])
        return reception.accept([streams.read(platform, came_at, fields)])[0]

    def _insert(self, source: str, entry: str, reason: str, content: tuple[str, int]) -> None:
        text, size = content
        known = sa.select(LETTER.id).where(LETTER.source == source, LETTER.entry == entry)
        values = {"source": source, "entry": entry, "reason": reason[:2000], "size": size}
        with self.ledger.alone() as connection:
            if connection.scalar(known) is None:
                when = written(datetime.now(UTC))
                kept = {"content": text[:KEPT_CHARACTERS], "came_at": when}
                connection.execute(sa.insert(DEAD_LETTERS).values(**values, **kept))


def _text(raw: bytes) -> str:
    """The bytes as text that a database takes; what is no text is shown by its escapes."""
    return raw[:KEPT_CHARACTERS].decode(errors="backslashreplace").replace("\0", "\\x00")
