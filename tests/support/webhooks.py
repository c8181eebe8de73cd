"""A receiver's check of the webhooks' signatures, written from the Standard Webhooks specification."""

import base64
import hmac
from collections.abc import Mapping

TOLERANCE_SECONDS = 300


class WebhookRefused(Exception):
    """The receiver does not accept the message: `unsigned`, `bad-signature` or `stale-timestamp`."""


def verify_webhook(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> None:
    """Check that the message was signed with the secret, at most five minutes ago.

    The signature's header may hold several, separated by spaces; one that fits is enough.

    Raises:
        WebhookRefused: It was not.
    """
    given = {name.lower(): value for name, value in headers.items()}
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    if not all(given.get(name) for name in names):
        raise WebhookRefused("unsigned")
    delivery_id, timestamp, signatures = (given[name] for name in names)
    signed = f"{delivery_id}.{timestamp}.".encode() + body
    right = base64.b64encode(hmac.digest(base64.b64decode(secret.removeprefix("whsec_")), signed, "sha256"))
    if b"v1," + right not in [one.encode() for one in signatures.split(" ")]:
        raise WebhookRefused("bad-signature")
    if abs(int(timestamp) - now) > TOLERANCE_SECONDS:
        raise WebhookRefused("stale-timestamp")
