"""The tool: what all parts of the LTI door share, and the platforms that it knows."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256

from grader.doors.lti.access import Access
from grader.doors.lti.calling import Caller
from grader.doors.lti.keys import OwnKeys
from grader.doors.lti.platform_keys import PlatformKeys
from grader.ledger import Ledger
from grader.ledger.lti import registrations
from grader.ledger.lti.registrations import Registration
from grader.schema import is_identifier
from grader.service.platforms import Lti, Platform, origin, safe_url

LOGIN, LAUNCH, KEYS, REGISTER = "/lti/login", "/lti/launch", "/lti/keys", "/lti/register"
EXERCISES = "/lti/exercises/"
"""The beginning of the addresses of exercises, which platforms keep in their links."""


class Tool:
    """One installation of the grader, as platforms see it."""

    def __init__(self, ledger: Ledger, platforms: Mapping[str, Platform], url: str) -> None:
        """Answer under this public URL, to platforms of this list."""
        self.ledger, self.platforms, self.url = ledger, platforms, url.rstrip("/")
        self.keys, self.caller = OwnKeys(), Caller()
        self.platform_keys = PlatformKeys(self.caller)
        self.access = Access(self.keys, self.caller)

    def close(self) -> None:
        """Close the connections to platforms."""
        self.caller.close()

    def registrations(self) -> dict[str, Registration]:
        """Return what is known of each platform: as the list says, else as the platform registered itself."""
        listed = {name: self.lti(name).registration(name) for name in self.platforms}
        own = registrations.registrations(self.ledger)
        return {name: known for name, of_list in listed.items() if (known := of_list or own.get(name))}

    def lti(self, platform: str) -> Lti:
        """Return the platform's settings."""
        return self.platforms[platform].lti or Lti()

    def address(self, exercise: str) -> str:
        """Return the address that stands for the exercise in a platform's link."""
        return f"{self.url}{EXERCISES}{exercise}"

    def exercise(self, address: str) -> str | None:
        """Return the exercise that the address stands for: empty for another place in this tool, None for elsewhere."""
        path = address.removeprefix(f"{self.url}{EXERCISES}")
        if path != address and is_identifier(path):
            return path
        return "" if address == self.url or address.startswith(f"{self.url}/lti/") else None

    def origins(self, registration: Registration) -> tuple[str, ...]:
        """Return the origins whose pages may show ours inside."""
        own = [registration.issuer, registration.auth_login_url, *self.lti(registration.platform).framed_by]
        return tuple(dict.fromkeys(origin(url) for url in own if _is_safe(url)))


def _is_safe(url: str) -> bool:
    try:
        safe_url(url)
    except ValueError:
        return False  # an issuer need not be a URL
    return True


def nonce(state: str, platform: str) -> str:
    """Return the nonce of the login with this state.

    It follows from the state, which only the browser and the platform know: nothing is kept until somebody comes in.
    """
    digest = hmac.digest(state.encode(errors="replace"), platform.encode(), sha256)
    return urlsafe_b64encode(digest).decode().rstrip("=")
