"""Access to platforms' services: tokens, asked for with a signed request and used until they end."""

import threading
from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from time import monotonic
from typing import Any, NamedTuple
from uuid import uuid4

from grader.doors.lti.calling import Caller, NoAnswer, PlatformAnswer
from grader.doors.lti.keys import OwnKeys
from grader.ledger.lti.registrations import Registration

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LASTS = timedelta(minutes=5)
USUAL_SECONDS = 300
"""The time for which a token is used whose platform does not say how long it lasts."""
MARGIN = 0.9
"""The part of its life for which a token is used: it must not end on its way."""
UNAUTHORISED = 401


class _Token(NamedTuple):
    text: str
    until: float


class Access:
    """The tokens of all platforms, shared by threads."""

    def __init__(self, keys: OwnKeys, caller: Caller) -> None:
        self._keys, self._caller = keys, caller
        self._kept: dict[tuple[str, str], _Token] = {}
        self._turns: defaultdict[tuple[str, str], threading.Lock] = defaultdict(threading.Lock)

    def call(self, registration: Registration, scope: str, method: str, url: str, **more: Any) -> PlatformAnswer:  # noqa: ANN401
        """Return the answer of a platform's service; a token that it no longer takes is replaced once.

        Raises:
            GraderError: There is no answer, or no token.
        """
        headers = more.pop("headers", {})
        answer = self._called(registration, scope, (method, url), headers, more)
        if answer.status == UNAUTHORISED:
            self._kept.pop((registration.platform, scope), None)
            answer = self._called(registration, scope, (method, url), headers, more)
        return answer

    def _called(
        self,
        registration: Registration,
        scope: str,
        where: tuple[str, str],
        headers: Mapping[str, str],
        more: Mapping[str, Any],
    ) -> PlatformAnswer:
        bearer = {"authorization": f"Bearer {self._token(registration, scope)}"}
        return self._caller.call(*where, headers={**headers, **bearer}, **more)

    def _token(self, registration: Registration, scope: str) -> str:
        which = (registration.platform, scope)
        with self._turns[which]:
            token = self._kept.get(which)
            if token is None or monotonic() >= token.until:
                token = self._kept[which] = self._asked(registration, scope)
            return token.text

    def _asked(self, registration: Registration, scope: str) -> _Token:
        begun, url = monotonic(), registration.auth_token_url
        claims = {"iss": registration.client_id, "sub": registration.client_id, "jti": uuid4().hex}
        audience = registration.audience or url
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION,
            "client_assertion": self._keys.signed({**claims, "aud": audience}, ASSERTION_LASTS),
            "scope": scope,
        }
        answer = self._caller.call("POST", url, data=form)
        if not answer.is_success:
            raise NoAnswer(f"{url}: answered {answer.status} to the request for access ({answer.text})")
        told = answer.json()
        text, seconds = told.get("access_token"), told.get("expires_in")
        if not isinstance(text, str) or not text.isascii() or not text.isprintable():
            raise NoAnswer(f"{url}: its answer to the request for access holds no token")
        return _Token(text, begun + MARGIN * _seconds(seconds))


def _seconds(told: object) -> float:
    try:
        return float(told) if isinstance(told, int | float | str) else USUAL_SECONDS
    except ValueError:
        return USUAL_SECONDS
