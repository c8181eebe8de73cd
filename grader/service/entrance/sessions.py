"""Sessions: a visitor is known again by 256 random bits in the browser, of which the ledger keeps only the SHA-256."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple, cast

from grader.ledger import Ledger
from grader.ledger.people import sessions
from grader.ledger.people.sessions import KeptSession
from grader.ledger.people.tokens import KeptToken
from grader.service.entrance.visitors import Role, Visitor

LASTS = timedelta(hours=12)
"""A day at school; then one signs in again, or opens the link in the course again."""
BYTES = 32
LONGEST = 100
"""Characters of what a browser may show."""
ORIGIN = re.compile(r"https?://[\w.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?", re.ASCII | re.IGNORECASE)


class Session(NamedTuple):
    """A visitor, and the origins whose pages may show ours inside."""

    visitor: Visitor
    framed_by: tuple[str, ...]


def begin(ledger: Ledger, visitor: Visitor, framed_by: Iterable[str] = (), token: KeptToken | None = None) -> str:
    """Return the secret of a new session; it ends with the token with which it begins, if there is one."""
    secret, ends_at = secrets.token_urlsafe(BYTES), ledger.now() + LASTS
    if token is not None and token.expires_at is not None:
        ends_at = min(ends_at, token.expires_at)
    origins = tuple(each for each in framed_by if ORIGIN.fullmatch(each))
    number = token.number if token else None
    sessions.add(
        ledger, _digest(secret), KeptSession(**visitor._asdict(), framed_by=origins, token=number, ends_at=ends_at)
    )
    return secret


def find(ledger: Ledger, secret: str) -> Session | None:
    """Return the session with this secret; None if there is none, or it is over."""
    kept = sessions.find(ledger, _digest(secret)) if 0 < len(secret) <= LONGEST else None
    if kept is None:
        return None
    visitor = Visitor(kept.platform, kept.student, cast("Role", kept.role), kept.course, kept.name)
    return Session(visitor, kept.framed_by)


def end(ledger: Ledger, secret: str) -> None:
    """End the session with this secret: what the browser shows opens nothing any more."""
    sessions.end(ledger, _digest(secret))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
