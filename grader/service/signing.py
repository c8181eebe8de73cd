"""Signatures: a platform's on its submissions, ours on the results that a webhook gets; both HMAC-SHA256.

A submission's signature covers every field that decides what the submission counts for: nobody can move it to another
student, course, id or platform on its way, or change a byte of it. The webhook's headers are those of the Standard
Webhooks specification.
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
"""The first line that is signed; another form of signature would begin with another word."""
TOLERANCE_SECONDS = 300
"""The most between a signature's time and the time at which it came in."""
SIGNED_FIELDS = ("course", "id", "student")
"""In this order; a missing one is an empty line."""
WEBHOOK_VERSION = "v1"

SignatureCode = Literal["unsigned", "unknown-key", "bad-signature", "stale-timestamp"]

_SECONDS = re.compile(r"(0|[1-9][0-9]{0,11})")
_LINE_END = re.compile(r"[\r\n]")


class SignatureRefused(GraderError):
    """A submission is not signed as it must be."""

    exit_code = 2

    def __init__(self, code: SignatureCode, message: str) -> None:
        """`code` is stable, for programs; the message is for people."""
        super().__init__(message)
        self.code: SignatureCode = code


def submission_text(platform: str, fields: Mapping[str, str]) -> bytes:
    """Return the text that is signed: version, key id, timestamp, platform, course, id, student and submission.

    Each is a line; for the submission, the SHA-256 of its UTF-8 bytes. The last line has no line end.

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
    """Return the signature of the fields, `key_id` and `timestamp` among them: 64 hexadecimal digits.

    Raises:
        ValueError: As `submission_text`.
    """
    return hmac.new(key, submission_text(platform, fields), hashlib.sha256).hexdigest()


def verify_submission(platform: Platform, fields: Mapping[str, str], entry_time: float) -> None:
    """Check that the fields are signed as the platform's entry in the list demands.

    `entry_time`, in Unix seconds, is when the entry came in. The timestamp is compared with it and not with the present
    time: an entry that waited through an outage stays valid.

    Raises:
        SignatureRefused: They are not.
        SecretError: The key's file cannot be used; the fault is ours, and the entry must be kept.
    """
    if not platform.signing:
        return
    if missing := [f"`{name}`" for name in ("key_id", "timestamp", "signature") if not fields.get(name)]:
        message = f"platform {platform.name} must sign its submissions; missing: {', '.join(missing)}"
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
        message = "the signature does not match the fields; sign the exact text that is handed in, with this key"
        raise SignatureRefused("bad-signature", message)


def _check_time(timestamp: str, now: float) -> None:
    if not _SECONDS.fullmatch(timestamp):
        raise SignatureRefused("stale-timestamp", f"the timestamp `{shown(timestamp)}` is not in whole Unix seconds")
    off = int(timestamp) - now
    if abs(off) > TOLERANCE_SECONDS:
        where = "after" if off > 0 else "before"
        message = f"the timestamp is {abs(off):.0f} s {where} the arrival; at most {TOLERANCE_SECONDS} s are allowed"
        raise SignatureRefused("stale-timestamp", f"{message}: check the clock, or sign again")


def webhook_headers(secret: str, delivery_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers of a delivery; the secret is the text `whsec_...`.

    The id stays the same over retries, so that a receiver can tell a second delivery from a new result.

    Raises:
        ValueError: The secret is not a webhook's secret.
    """
    signed = b".".join((delivery_id.encode(), str(timestamp).encode(), body))
    signature = hmac.new(webhook_key(secret), signed, hashlib.sha256).digest()
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"{WEBHOOK_VERSION},{base64.b64encode(signature).decode()}",
    }
