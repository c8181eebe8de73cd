"""Launches: which were let in already, and what the ledger learns from them about courses."""

from datetime import datetime
from hashlib import sha256

from grader.ledger.columns import storable, written
from grader.ledger.ledger import Ledger

FORGET = "DELETE FROM lti_nonces WHERE until < :now"
NOTE = """
INSERT INTO lti_nonces (digest, until) VALUES (:digest, :until) ON CONFLICT (digest) DO NOTHING RETURNING digest
"""
NOTE_COURSE = """
INSERT INTO lti_courses (platform, course, memberships_url) VALUES (:platform, :course, :url)
ON CONFLICT (platform, course) DO UPDATE SET memberships_url = excluded.memberships_url
"""
OF_COURSE = "SELECT memberships_url FROM lti_courses WHERE platform = :platform AND course = :course"


def is_first(ledger: Ledger, platform: str, nonce: str, until: datetime) -> bool:
    """Return whether no launch with this nonce was let in before; from now on, one was.

    It is remembered until the time from which the launch would be refused for its age.
    """
    digest = sha256(f"{platform}\n{nonce}".encode(errors="replace")).hexdigest()
    with ledger.database.statements(write=True) as execute:
        execute(FORGET, {"now": written(ledger.now())})
        return bool(execute(NOTE, {"digest": digest, "until": written(until)}))


def note_course(ledger: Ledger, platform: str, course: str, memberships_url: str) -> None:
    """Note the address at which the platform lists the course's members, if it is not noted yet."""
    if memberships(ledger, platform, course) != memberships_url:
        row = {"platform": platform, "course": course, "url": storable(memberships_url)}
        with ledger.database.statements(write=True) as execute:
            execute(NOTE_COURSE, row)


def memberships(ledger: Ledger, platform: str, course: str) -> str | None:
    """Return the address at which the platform lists the course's members; None if it never named one."""
    with ledger.database.statements() as execute:
        rows = execute(OF_COURSE, {"platform": platform, "course": course})
    return rows[0]["memberships_url"] if rows else None
