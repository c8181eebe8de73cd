"""Sessions: the people who are signed in at the web door's pages, until a time; read without SQLAlchemy."""

from datetime import datetime
from typing import NamedTuple

from grader.ledger.columns import written
from grader.ledger.ledger import Ledger

ADD = """
INSERT INTO sessions (digest, platform, student, role, course, name, framed_by, token, ends_at)
VALUES (:digest, :platform, :student, :role, :course, :name, :framed_by, :token, :ends_at)
"""
FIND = """
SELECT sessions.* FROM sessions LEFT JOIN tokens ON tokens.id = sessions.token
WHERE sessions.digest = :digest AND sessions.ends_at > :now AND tokens.revoked_at IS NULL
"""
"""A session ends with the token with which it began."""
END = "DELETE FROM sessions WHERE digest = :digest"
OVER = "DELETE FROM sessions WHERE ends_at <= :now"


class KeptSession(NamedTuple):
    """A session as the ledger keeps it, without what the browser shows."""

    platform: str
    student: str
    role: str
    course: str | None
    name: str
    framed_by: tuple[str, ...]
    """The origins whose pages may show ours inside."""
    token: int | None
    """The number of the token with which it began; None after a launch."""
    ends_at: datetime


def add(ledger: Ledger, digest: str, new: KeptSession) -> None:
    """Keep the session, and drop those that are over."""
    row = {**new._asdict(), "framed_by": " ".join(new.framed_by), "ends_at": written(new.ends_at), "digest": digest}
    with ledger.database.statements(write=True) as execute:
        execute(OVER, {"now": written(ledger.now())})
        execute(ADD, row)


def find(ledger: Ledger, digest: str) -> KeptSession | None:
    """Return the session with this digest; None if there is none, or it is over."""
    now = written(ledger.now())
    with ledger.database.statements() as execute:
        rows = execute(FIND, {"digest": digest, "now": now})
    if not rows:
        return None
    row = {name: value for name, value in rows[0].items() if name != "digest"}
    times = {"framed_by": tuple(row["framed_by"].split()), "ends_at": datetime.fromisoformat(row["ends_at"])}
    return KeptSession(**{**row, **times})


def end(ledger: Ledger, digest: str) -> None:
    """End the session with this digest, if there is one."""
    with ledger.database.statements(write=True) as execute:
        execute(END, {"digest": digest})
