"""Registrations: what a platform and this tool know of each other, and the links by which a platform registers."""

import json
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from grader.ledger.columns import storable, written
from grader.ledger.ledger import Ledger

OF_ALL = "SELECT * FROM lti_registrations ORDER BY platform"
KEEP = """
INSERT INTO lti_registrations (platform, issuer, client_id, deployments, auth_login_url, auth_token_url, jwks_url,
    audience, registered_at)
VALUES (:platform, :issuer, :client_id, :deployments, :auth_login_url, :auth_token_url, :jwks_url,
    :audience, :registered_at)
ON CONFLICT (platform) DO UPDATE SET issuer = excluded.issuer, client_id = excluded.client_id,
    deployments = excluded.deployments, auth_login_url = excluded.auth_login_url,
    auth_token_url = excluded.auth_token_url, jwks_url = excluded.jwks_url, audience = excluded.audience,
    registered_at = excluded.registered_at
"""
INVITE = "INSERT INTO lti_invitations (digest, platform, until) VALUES (:digest, :platform, :until)"
USE = """
UPDATE lti_invitations SET used_at = :now WHERE digest = :digest AND used_at IS NULL AND until > :now
RETURNING platform
"""
GIVE_BACK = "UPDATE lti_invitations SET used_at = NULL WHERE digest = :digest"


class Registration(NamedTuple):
    """One platform's side of LTI 1.3."""

    platform: str
    """Its name in the list of platforms."""
    issuer: str
    client_id: str
    deployments: tuple[str, ...]
    """The places in the platform where the tool is installed; a launch from another one is refused."""
    auth_login_url: str
    auth_token_url: str
    jwks_url: str
    audience: str = ""
    """The audience of requests for access tokens; empty if it is `auth_token_url`."""


def registrations(ledger: Ledger) -> dict[str, Registration]:
    """Return the platforms that registered themselves, by name."""
    with ledger.database.statements() as execute:
        rows = execute(OF_ALL, {})
    return {
        row["platform"]: Registration(
            **{name: row[name] for name in Registration._fields if name != "deployments"},
            deployments=tuple(json.loads(row["deployments"])),
        )
        for row in rows
    }


def keep(ledger: Ledger, registration: Registration) -> None:
    """Keep the registration, in place of the platform's earlier one."""
    row = {name: storable(value) for name, value in registration._asdict().items() if isinstance(value, str)}
    deployments = json.dumps(registration.deployments)
    with ledger.database.statements(write=True) as execute:
        execute(KEEP, {**row, "deployments": deployments, "registered_at": written(ledger.now())})


def invite(ledger: Ledger, platform: str, token: str, lasts: timedelta) -> datetime:
    """Keep an invitation, of which only the token's digest is stored; return when it ends."""
    until = ledger.now() + lasts
    with ledger.database.statements(write=True) as execute:
        execute(INVITE, {"digest": _digest(token), "platform": platform, "until": written(until)})
    return until


def use(ledger: Ledger, token: str) -> str | None:
    """Return the platform that may register with this token, which is used up by that; None if it is not valid."""
    with ledger.database.statements(write=True) as execute:
        rows = execute(USE, {"digest": _digest(token), "now": written(ledger.now())})
    return rows[0]["platform"] if rows else None


def give_back(ledger: Ledger, token: str) -> None:
    """Let the token be used once more: the registration failed for a reason that may pass."""
    with ledger.database.statements(write=True) as execute:
        execute(GIVE_BACK, {"digest": _digest(token)})


def _digest(token: str) -> str:
    return sha256(token.encode(errors="replace")).hexdigest()
