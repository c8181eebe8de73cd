"""The web door's tokens: their digests, and what each of them opens; read without SQLAlchemy."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from grader.ledger.columns import read, written
from grader.ledger.ledger import Ledger

ADD = """
INSERT INTO tokens (platform, digest, scopes, student, made_at, expires_at, role, course)
VALUES (:platform, :digest, :scopes, :student, :made_at, :expires_at, :role, :course)
RETURNING id
"""
BY_DIGEST = "SELECT * FROM tokens WHERE digest IN ({names})"
ALL = "SELECT * FROM tokens ORDER BY id"
USED = "UPDATE tokens SET used_at = :when WHERE id = :number"
REVOKE = "UPDATE tokens SET revoked_at = :when WHERE id = :number AND revoked_at IS NULL RETURNING id"


class KeptToken(NamedTuple):
    """A token as the ledger keeps it."""

    number: int
    """Its name for operators."""
    platform: str
    digest: str
    scopes: tuple[str, ...]
    student: str | None
    """The only student whose work it opens; None for all of the platform's."""
    made_at: datetime
    expires_at: datetime | None
    """None for never."""
    used_at: datetime | None
    """To the hour; None if it was never used."""
    revoked_at: datetime | None
    role: str | None
    """The role in which its owner signs in at the pages; None if nobody does."""
    course: str | None
    """The only course that it opens there; None for all of the platform's."""

    def is_good(self, when: datetime) -> bool:
        """Return whether it opens anything at this time."""
        return self.revoked_at is None and (self.expires_at is None or when < self.expires_at)


class NewToken(NamedTuple):
    """A token that is not kept yet."""

    platform: str
    digest: str
    scopes: tuple[str, ...]
    student: str | None
    expires_at: datetime | None
    role: str | None = None
    course: str | None = None


def add(ledger: Ledger, new: NewToken) -> int:
    """Keep the token, and return its number."""
    row = {
        "platform": new.platform,
        "digest": new.digest,
        "scopes": " ".join(new.scopes),
        "student": new.student,
        "made_at": written(ledger.now()),
        "expires_at": written(new.expires_at) if new.expires_at else None,
        "role": new.role,
        "course": new.course,
    }
    with ledger.database.statements(write=True) as execute:
        return int(execute(ADD, row)[0]["id"])


def found(ledger: Ledger, digests: Collection[str]) -> dict[str, KeptToken]:
    """Return the tokens with these digests, by digest, whether they are still good or not."""
    values = {f"digest{number}": digest for number, digest in enumerate(digests)}
    query = BY_DIGEST.format(names=", ".join(f":{name}" for name in values))
    with ledger.database.statements() as execute:
        return {row["digest"]: _kept(row) for row in execute(query, values)}


def listed(ledger: Ledger) -> list[KeptToken]:
    """Return all tokens, oldest first."""
    with ledger.database.statements() as execute:
        return [_kept(row) for row in execute(ALL, {})]


def note_use(ledger: Ledger, number: int, when: datetime) -> None:
    """Note that the token was used at this time."""
    with ledger.database.statements(write=True) as execute:
        execute(USED, {"number": number, "when": written(when)})


def revoke(ledger: Ledger, number: int) -> bool:
    """Let the token open nothing any more; return False if there is none with this number, or it was revoked before."""
    with ledger.database.statements(write=True) as execute:
        return bool(execute(REVOKE, {"number": number, "when": written(ledger.now())}))


def _kept(row: dict[str, Any]) -> KeptToken:
    made_at, scopes = datetime.fromisoformat(row["made_at"]), tuple(row["scopes"].split())
    first = (row["id"], row["platform"], row["digest"], scopes, row["student"], made_at)
    expires_at, used_at, revoked_at = (read(row[name]) for name in ("expires_at", "used_at", "revoked_at"))
    return KeptToken(*first, expires_at, used_at, revoked_at, row["role"], row["course"])
