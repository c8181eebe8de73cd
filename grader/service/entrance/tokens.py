"""Tokens: what a platform, or one of its students, shows at the web door.

A token is 256 random bits. The ledger keeps only its SHA-256, which needs no salt and no slow hash: nobody can try out
random bits. Its prefix lets people, logs and scanners for leaked secrets recognize one.
"""

import hashlib
import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Literal, NamedTuple, get_args

from grader.base.errors import GraderError, LedgerUnavailable
from grader.base.names import plain
from grader.base.spans import span
from grader.ledger import Ledger
from grader.ledger.people import tokens
from grader.ledger.people.tokens import KeptToken, NewToken
from grader.service.entrance.visitors import ROLES, Role

Scope = Literal["submit", "read"]
"""`submit` hands in, `read` sees states, reports and progress."""
SCOPES: tuple[Scope, ...] = get_args(Scope)
PREFIX = "hgt_"
BYTES = 32
USUAL_LIFE = timedelta(days=365)
NEVER = "never"
COARSE = timedelta(hours=1)
"""The exactness with which the last use is noted: a token in use must not be written at every request."""


class TokenError(GraderError):
    """A token cannot be made or revoked as asked."""

    exit_code = 2


class Owner(NamedTuple):
    """The owner of a token: by default the platform itself, else a person who signs in with it."""

    student: str | None = None
    """The only student whose work it opens."""
    role: Role | None = None
    """The role in which its owner signs in; None if nobody does."""
    course: str | None = None
    """The only course that it opens to somebody who signs in."""


def issue(ledger: Ledger, platform: str, scopes: Sequence[str], whose: Owner, life: timedelta | None) -> str:
    """Return a new token, which is kept nowhere.

    Raises:
        TokenError: A scope does not exist, or the owner is not described as this role needs it.
    """
    _check(whose)
    if whose.course is not None and whose.student is None and scopes:
        raise TokenError("--course binds only somebody who signs in; leave --scope out")
    if wrong := [each for each in scopes if each not in SCOPES]:
        raise TokenError(f"there is no scope `{wrong[0]}`; choose from {', '.join(SCOPES)}")
    token = PREFIX + secrets.token_urlsafe(BYTES)
    expires_at = None if life is None else ledger.now() + life
    in_order = tuple(each for each in SCOPES if each in scopes)
    student = whose.student and plain(whose.student)
    new = NewToken(platform, _digest(token), in_order, student, expires_at, whose.role, whose.course)
    tokens.add(ledger, new)
    return token


def _check(whose: Owner) -> None:
    if whose.role is not None and whose.role not in ROLES:
        raise TokenError(f"there is no role `{whose.role}`; choose from {', '.join(ROLES)}")
    if (whose.role == "student") != (whose.student is not None) and whose.role is not None:
        raise TokenError("a student's token needs --student, and nobody else's has one")
    if whose.course is not None and whose.role not in {"student", "instructor"}:
        raise TokenError("--course is for the token of a student or an instructor: give --role")
    if whose.student is not None and not plain(whose.student):
        raise TokenError("--student names nobody")


def owner(ledger: Ledger, token: str) -> KeptToken | None:
    """Return what the ledger keeps of the token, and note its use; None if it is not good."""
    return owners(ledger, [token])[0]


def owners(ledger: Ledger, shown: Sequence[str]) -> list[KeptToken | None]:
    """Return what the ledger keeps of each of these tokens, as `owner` does."""
    digests = [_digest(token) for token in shown]
    kept = tokens.found(ledger, set(digests))
    when = ledger.now()
    good = {digest: token for digest, token in kept.items() if token.is_good(when)}
    for token in good.values():
        if token.used_at is None or when - token.used_at >= COARSE:
            with suppress(LedgerUnavailable):  # a full disk is no reason to show nothing
                tokens.note_use(ledger, token.number, when.replace(minute=0, second=0, microsecond=0))
    return [good.get(digest) for digest in digests]


def life(text: str) -> timedelta | None:
    """Return the time that text such as `90d` means; None for `never`.

    Raises:
        InvalidInput: It means none.
    """
    return None if text == NEVER else span(text, "--expires", NEVER)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
