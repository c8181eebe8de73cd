"""Dead letters: what came in and could not become a submission; and the submissions that were given up."""

from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

import sqlalchemy as sa

from grader.ledger.clock import now
from grader.ledger.columns import storable, written
from grader.ledger.ledger import Ledger
from grader.ledger.tables import DEAD_LETTERS, SUBMISSIONS

KEPT_BYTES = 300_000
"""The most that is kept of a letter: more than a whole submission, so only what was too large cannot be replayed."""
KEPT_REASON = 2000
"""Characters."""
SIZE_MOST = 2**31 - 1
"""The largest number that the column holds."""
SOURCE_LENGTH, ENTRY_LENGTH = 96, 64

LETTER, ROW = DEAD_LETTERS.c, SUBMISSIONS.c


class Letter(NamedTuple):
    """The parts of a letter that are kept."""

    source: str
    """The stream or list that it came from."""
    entry: str
    """Its id there."""
    reason: str
    content: str
    """Its fields as JSON."""
    size: int
    """The bytes of what came in."""


class KeptLetter(NamedTuple):
    """A letter in the ledger that still waits for somebody."""

    number: int
    came_at: datetime
    letter: Letter


class Dead(NamedTuple):
    """A letter or a submission that was given up."""

    name: str
    """`letter:12`, or a submission's `platform/id`."""
    when: str
    reason: str
    size: int


def keep(ledger: Ledger, letter: Letter) -> None:
    """Keep a letter durably, once for each source and entry."""
    source, entry = _short(letter.source, SOURCE_LENGTH), _short(letter.entry, ENTRY_LENGTH)
    known = sa.select(LETTER.id).where(LETTER.source == source, LETTER.entry == entry)
    columns = {
        "source": source,
        "entry": entry,
        "reason": storable(letter.reason[:KEPT_REASON]),
        "content": letter.content if letter.size <= KEPT_BYTES else letter.content[:KEPT_BYTES],
        "size": min(letter.size, SIZE_MOST),
    }
    with ledger.database.alone() as connection:
        if connection.scalar(known) is None:
            connection.execute(sa.insert(DEAD_LETTERS).values(**columns, came_at=written(now(connection))))


def listed(ledger: Ledger) -> list[Dead]:
    """Return all letters and submissions that were given up and not replayed since, oldest first."""
    letters = sa.select(LETTER.id, LETTER.source, LETTER.came_at, LETTER.reason, LETTER.size)
    rows = sa.select(ROW.platform, ROW.submission_id, ROW.finished_at, ROW.reason, sa.func.length(ROW.document))
    with ledger.database.connection() as connection:
        dead = [
            Dead(f"letter:{number}", when, f"{source}: {reason}", size)
            for number, source, when, reason, size in connection.execute(letters.where(LETTER.replayed_at.is_(None)))
        ]
        for platform, name, when, reason, size in connection.execute(rows.where(ROW.state == "dead")):
            dead.append(Dead(f"{platform}/{name}", when, reason, size))
    return sorted(dead, key=lambda each: each.when)


def find(ledger: Ledger, number: int) -> KeptLetter | None:
    """Return the letter with this number; None if there is none, or it was replayed or dismissed."""
    query = sa.select(DEAD_LETTERS).where(LETTER.id == number, LETTER.replayed_at.is_(None))
    with ledger.database.connection() as connection:
        row = connection.execute(query).mappings().one_or_none()
    if row is None:
        return None
    letter = Letter(row["source"], row["entry"], row["reason"], row["content"], row["size"])
    return KeptLetter(row["id"], datetime.fromisoformat(row["came_at"]), letter)


def settle(ledger: Ledger, number: int) -> None:
    """Note that the letter was replayed or dismissed: it stays in the ledger, and is listed no more."""
    change = sa.update(DEAD_LETTERS).where(LETTER.id == number)
    with ledger.database.connection(write=True) as connection:
        connection.execute(change.values(replayed_at=written(now(connection))))


def revive(ledger: Ledger, platform: str, submission_id: str) -> bool:
    """Let a dead submission be graded again, as if it had never been tried; return False if there is none.

    The exercise's policy judges it again, because its attempt may have been used since.
    """
    dead = (ROW.platform == platform, ROW.submission_id == submission_id, ROW.state == "dead")
    values = {"state": "received", "tries": 0, "losses": 0, "finished_at": None, "failed_at": None, "content": None}
    with ledger.database.connection(write=True) as connection:
        back = sa.update(SUBMISSIONS).where(*dead).values(**values, wake_at=written(now(connection)))
        return connection.scalar(back.returning(ROW.id)) is not None


def _short(text: str, length: int) -> str:
    """Return the text in at most `length` characters; different texts stay different."""
    escaped = storable(text)
    if len(escaped) <= length:
        return escaped
    return f"{escaped[: length - 17]}~{sha256(escaped.encode()).hexdigest()[:16]}"
