"""Tokens: what a platform, or one of its students, shows at the web door.

A token is 256 random bits. The ledger keeps only its SHA-256, which needs no salt and no slow hash: nobody can try out
so many. Its prefix lets people, logs and scanners for leaked secrets recognize one.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Literal, get_args

from grader.base.errors import GraderError, LedgerUnavailable
from grader.base.names import plain
from grader.ledger import Ledger, tokens
from grader.ledger.tokens import KeptToken, NewToken

Scope = Literal["submit", "read"]
"""`submit` hands in, `read` sees states, reports and progress."""
SCOPES: tuple[Scope, ...] = get_args(Scope)
PREFIX = "hgt_"
BYTES = 32
USUAL_LIFE = timedelta(days=365)
UNITS: Mapping[str, timedelta] = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
LIFE = re.compile(r"([1-9][0-9]{0,3})([hdw])")
NEVER = "never"
COARSE = timedelta(hours=1)
"""The exactness with which the last use is noted: a token in use must not be written at every request."""


class TokenError(GraderError):
    """A token cannot be made or revoked as asked."""

    exit_code = 2


def issue(ledger: Ledger, platform: str, scopes: Sequence[str], student: str | None, life: timedelta | None) -> str:
    """Return a new token, which is kept nowhere.

    Raises:
        TokenError: A scope does not exist.
    """
    if wrong := [each for each in scopes if each not in SCOPES]:
        raise TokenError(f"there is no scope `{wrong[0]}`; choose from {', '.join(SCOPES)}")
    token = PREFIX + secrets.token_urlsafe(BYTES)
    expires_at = None if life is None else ledger.now() + life
    in_order = tuple(each for each in SCOPES if each in scopes)
    tokens.add(ledger, NewToken(platform, _digest(token), in_order, student and plain(student), expires_at))
    return token


def owner(ledger: Ledger, token: str) -> KeptToken | None:
    """Return what the ledger keeps of the token, and note its use; None if it is not good."""
    digest = _digest(token)
    kept = tokens.find(ledger, digest)
    when = ledger.now()
    if kept is None or not hmac.compare_digest(kept.digest, digest) or not kept.is_good(when):
        return None
    if kept.used_at is None or when - kept.used_at >= COARSE:
        with suppress(LedgerUnavailable):  # a full disk is no reason to show nothing
            tokens.note_use(ledger, kept.number, when.replace(minute=0, second=0, microsecond=0))
    return kept


def life(text: str) -> timedelta | None:
    """Return the time that text such as `90d` means; None for `never`.

    Raises:
        TokenError: It means none.
    """
    if text == NEVER:
        return None
    match = LIFE.fullmatch(text)
    if match is None:
        raise TokenError(f"`{text}` is not a time; write 12h, 90d, 26w or {NEVER}")
    return int(match[1]) * UNITS[match[2]]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
