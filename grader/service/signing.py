"""Signatures: a platform's on what it hands in, ours on what a webhook is told; both HMAC-SHA256.

A submission's signature covers every field that decides whom and what it counts for, so that nobody who
carries it can move it to another student, course, id or platform, or change a byte of it. The webhook's
headers are those of the Standard Webhooks specification.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Literal

from grader.base.errors import GraderError
from grader.documents import shown
from grader.service.platforms import Platform
from grader.service.secret_files import webhook_key

VERSION = "grader-v1"
"""The first line that is signed: another form of signature will have another word here."""
TOLERANCE_SECONDS = 300
"""Between a signature's time and the time at which it came in."""
SIGNED_FIELDS = ("course", "id", "student")
"""In this order; what is missing is an empty line."""
WEBHOOK_VERSION = "v1"

SignatureCode = Literal["unsigned", "unknown-key", "bad-signature", "stale-timestamp"]

_SECONDS = re.compile(r"(0|[1-9][0-9]{0,11})")
_LINE_END = re.compile(r"[\r\n]")


class SignatureRefused(GraderError):
    """A submission or a webhook's message is not signed as it must be."""

    exit_code = 2

    def __init__(self, code: SignatureCode, message: str) -> None:
        """Keep the code, stable and for programs, beside the message for people."""
        super().__init__(message)
        self.code: SignatureCode = code


def submission_text(platform: str, fields: Mapping[str, str]) -> bytes:
    """The bytes that are signed: version, key id, timestamp, platform, course, id, student and submission, a line each.

    The submission stands there as the SHA-256 of its UTF-8 bytes; the last line has no end.

    Raises:
        ValueError: A field has a line end in it, so two different submissions could have one text.
    """
    digest = hashlib.sha256(fields.get("submission", "").encode()).hexdigest()
    signed = {name: fields.get(name, "") for name in ("key_id", "timestamp", *SIGNED_FIELDS)}
    for name, value in signed.items():
        if _LINE_END.search(value):
            raise ValueError(f"`{name}` has a line end in it, which a signed field cannot have")
    course, submission_id, student = (signed[name] for name in SIGNED_FIELDS)
    lines = (VERSION, signed["key_id"], signed["timestamp"], platform, course, submission_id, student, digest)
    return "\n".join(lines).encode()


def sign_submission(key: bytes, platform: str, fields: Mapping[str, str]) -> str:
    """The signature, 64 hexadecimal digits, of the fields, in which `key_id` and `timestamp` already stand.

    Raises:
        ValueError: As `submission_text`.
    """
    return hmac.new(key, submission_text(platform, fields), hashlib.sha256).hexdigest()


def verify_submission(platform: Platform, fields: Mapping[str, str], entry_time: float) -> None:
    """Nothing, when the fields are signed as the platform's entry in the list demands.

    The time to hold the timestamp against, in Unix seconds, is that at which the entry came in, not now: an
    entry that waited through an outage stays valid.

    Raises:
        SignatureRefused: They are not.
        SecretError: The key's file cannot be used; the fault is ours, and the entry must be kept.
    """
    if not platform.signing:
        return
    if missing := [f"`{name}`" for name in ("key_id", "timestamp", "signature") if not fields.get(name)]:
        message = f"platform {platform.name} signs what it hands in; missing: {', '.join(missing)}"
        raise SignatureRefused("unsigned", message)
    key = platform.signing_secret(fields["key_id"])
    if key is None:
        message = f"platform {platform.name} has no key `{shown(fields['key_id'])}`"
        raise SignatureRefused("unknown-key", message)
    _compare(key, platform.name, fields)
    _check_time(fields["timestamp"], entry_time)


def _compare(key: bytes, platform: str, fields: Mapping[str, str]) -> None:
    try:
        expected = sign_submission(key, platform, fields)
    except ValueError as error:
        raise SignatureRefused("bad-signature", str(error)) from None
    if not hmac.compare_digest(expected.encode(), fields["signature"].lower().encode(errors="replace")):
        message = "the signature does not fit the fields; sign the exact text that is handed in, with this key"
        raise SignatureRefused("bad-signature", message)


def _check_time(timestamp: str, now: float) -> None:
    if not _SECONDS.fullmatch(timestamp):
        raise SignatureRefused("stale-timestamp", f"the timestamp `{shown(timestamp)}` is not in whole Unix seconds")
    off = int(timestamp) - now
    if abs(off) > TOLERANCE_SECONDS:
        where = "after" if off > 0 else "before"
        message = f"the timestamp lies {abs(off):.0f} s {where} the arrival; {TOLERANCE_SECONDS} s are the most"
        raise SignatureRefused("stale-timestamp", f"{message}: check the clock, or sign again")


def webhook_headers(secret: str, delivery_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of a delivery; the secret is the text `whsec_...`.

    The id stays the same over retries, so that a receiver can tell a second delivery from a new result.

    Raises:
        ValueError: The secret is no webhook's secret.
    """
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": _webhook_signature(webhook_key(secret), delivery_id, str(timestamp), body),
    }


def verify_webhook(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> None:
    """Nothing, when the message was signed with the secret, and lately; what a receiver does first.

    The body must be the very bytes that came in. Several signatures may stand in the header, parted by
    spaces; one that fits is enough, so the sender can change its secret.

    Raises:
        SignatureRefused: It was not.
        ValueError: The secret is no webhook's secret.
    """
    given = {name.lower(): value for name, value in headers.items()}
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    if missing := [name for name in names if not given.get(name)]:
        raise SignatureRefused("unsigned", f"missing headers: {', '.join(missing)}")
    delivery_id, timestamp, signatures = (given[name] for name in names)
    expected = _webhook_signature(webhook_key(secret), delivery_id, timestamp, body).encode()
    fitting = [one for one in signatures.split(" ") if hmac.compare_digest(one.encode(errors="replace"), expected)]
    if not fitting:
        raise SignatureRefused("bad-signature", "no signature fits the body; compare the bytes as they came in")
    _check_time(timestamp, now)


def _webhook_signature(key: bytes, delivery_id: str, timestamp: str, body: bytes) -> str:
    signed = hmac.new(key, b".".join((delivery_id.encode(), timestamp.encode(), body)), hashlib.sha256)
    return f"{WEBHOOK_VERSION},{base64.b64encode(signed.digest()).decode()}"
