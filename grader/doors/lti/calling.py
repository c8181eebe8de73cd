"""Calls to platforms: over TLS, to the address that is named and no other, with limits on time and size."""

import json
from functools import cached_property
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx

from grader import __version__
from grader.base.errors import GraderError
from grader.ledger.lti.registrations import Registration
from grader.service.platforms import is_loopback, safe_url

SECONDS = 10.0
"""For one whole answer, from the search for the address to the last byte."""
MOST_BYTES = 4 * 1024 * 1024
BUSY, FORBIDDEN = frozenset({429, 502, 503, 504}), 403
SHOWN = 300
"""The characters of a refusal's text that are shown to the operator."""


class NoAnswer(GraderError):
    """A platform does not answer, or not as it must."""


class PlatformAnswer(NamedTuple):
    """A whole answer of a platform."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def is_success(self) -> bool:
        """True for the statuses from 200 to 299."""
        return httpx.codes.is_success(self.status)

    @property
    def text(self) -> str:
        """The beginning of the body, on one line."""
        return " ".join(self.body[:SHOWN].decode(errors="replace").split())

    @property
    def is_busy(self) -> bool:
        """True if it only says that the platform takes nothing at present; Canvas says so with a 403 and its limit."""
        left = self.headers.get("x-rate-limit-remaining", "")
        try:
            return self.status in BUSY or (self.status == FORBIDDEN and float(left) <= 0)
        except ValueError:
            return False

    @property
    def is_refusal(self) -> bool:
        """True if the same request would be refused again."""
        return httpx.codes.is_client_error(self.status) and not self.is_busy

    @property
    def told(self) -> str:
        """The status, with the beginning of the body."""
        return f"answered {self.status} ({self.text})" if self.text else f"answered {self.status}"

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object.

        Raises:
            NoAnswer: It is not one.
        """
        content = self._content()
        if not isinstance(content, dict):
            raise NoAnswer(f"answered {self.status} without a JSON object")
        return content

    def objects(self) -> list[dict[str, Any]]:
        """Return the objects of a JSON list, and nothing else that is in it.

        Raises:
            NoAnswer: It is not a list.
        """
        content = self._content()
        if not isinstance(content, list):
            raise NoAnswer(f"answered {self.status} without a JSON list")
        return [each for each in content if isinstance(each, dict)]

    def _content(self) -> object:
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def following(self, registration: Registration) -> str | None:
        """Return the address of a list's next page, from the header `Link`; None without one that may be called."""
        url = httpx.Response(200, headers=self.headers).links.get("next", {}).get("url")
        return url if may_be_called(url, registration) else None


class Caller:
    """Calls platforms; may be shared by threads."""

    def __init__(self, seconds: float = SECONDS) -> None:
        """Give each call this time."""
        self.seconds = seconds

    @cached_property
    def _client(self) -> httpx.Client:
        # Only calls to this machine are not encrypted, and they never use a proxy that the environment names.
        plain = httpx.HTTPTransport()
        return httpx.Client(follow_redirects=False, timeout=self.seconds, mounts={"http://": plain})

    def close(self) -> None:
        """Close all connections, if there are any."""
        if "_client" in vars(self):
            self._client.close()

    def call(self, method: str, url: str, **more: Any) -> PlatformAnswer:  # noqa: ANN401 - what httpx takes
        """Return the answer; `more` are httpx's `headers`, `data`, `json` and `content`.

        Raises:
            NoAnswer: There is none in time, or it is too large.
        """
        headers = {"user-agent": f"head-grader/{__version__}", "accept": "application/json", **more.pop("headers", {})}
        until, body = monotonic() + self.seconds, bytearray()
        try:
            with self._client.stream(method, url, headers=headers, **more) as answer:
                for piece in answer.iter_bytes():
                    body += piece
                    if len(body) > MOST_BYTES or monotonic() > until:
                        raise NoAnswer(f"{_place(url)}: the answer is too large or too slow")
                return PlatformAnswer(answer.status_code, answer.headers, bytes(body))
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise NoAnswer(f"{_place(url)}: no answer ({type(error).__name__}: {error})") from None


def may_be_called(url: object, registration: Registration) -> bool:
    """Return whether a URL that a platform named may be called: with TLS, or on the machine on which it is itself.

    Else a platform could let us send requests to this machine, and to others that trust it.
    """
    if not isinstance(url, str) or len(url) > 2000:
        return False
    try:
        safe_url(url)
    except ValueError:
        return False
    parts, own = urlsplit(url), urlsplit(registration.auth_token_url)
    return parts.scheme == "https" or (is_loopback(own.hostname or "") and parts.hostname == own.hostname)


def _place(url: str) -> str:
    """Return the URL without its query, which may hold what is nobody's business."""
    return url.partition("?")[0]
