"""The versions of exercises that were used: what each of them was when its first submission was graded."""

from datetime import UTC, datetime
from typing import NamedTuple

from grader.ledger.columns import written
from grader.ledger.ledger import Ledger

KEPT = "SELECT digest, content, used_at FROM versions WHERE exercise = :exercise AND version = :version"
KEEP = """
INSERT INTO versions (exercise, version, digest, content, used_at)
VALUES (:exercise, :version, :digest, :content, :used_at)
ON CONFLICT (exercise, version) DO NOTHING
"""


LATER = """
SELECT version, used_at FROM versions WHERE exercise = :exercise AND version > :version ORDER BY version DESC LIMIT 1
"""


class LaterVersion(NamedTuple):
    """A higher version of an exercise that was used."""

    version: int
    used_at: datetime


class KeptVersion(NamedTuple):
    """One version of an exercise as it was when it was first used."""

    digest: str
    content: str
    """The part of the exercise that decides grades, as JSON."""
    used_at: datetime


def kept(ledger: Ledger, exercise: str, version: int) -> KeptVersion | None:
    """Return what this version was; None if it was never used."""
    with ledger.database.statements() as execute:
        rows = execute(KEPT, {"exercise": exercise, "version": version})
    return KeptVersion(**{**rows[0], "used_at": datetime.fromisoformat(rows[0]["used_at"])}) if rows else None


def later(ledger: Ledger, exercise: str, version: int) -> LaterVersion | None:
    """Return the highest version after this one that was used; None if none was."""
    with ledger.database.statements() as execute:
        rows = execute(LATER, {"exercise": exercise, "version": version})
    return LaterVersion(rows[0]["version"], datetime.fromisoformat(rows[0]["used_at"])) if rows else None


def keep(ledger: Ledger, exercise: str, version: int, digest: str, content: str) -> None:
    """Keep what this version is, unless it was used before: then it stays as it was."""
    row = {"exercise": exercise, "version": version, "digest": digest, "content": content}
    with ledger.database.statements(write=True) as execute:
        execute(KEEP, {**row, "used_at": written(datetime.now(UTC))})
