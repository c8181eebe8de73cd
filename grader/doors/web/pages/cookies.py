"""Cookies: a visitor's browser shows the session with each request, and only for our own pages.

In a course our pages lie in a frame of another site: hence `SameSite=None`, and `Partitioned`, with which browsers that
refuse the cookies of other sites keep one for each site around the frame. So a cookie also comes with requests that
other sites make, and `crossing` looks at where each of these is from.
"""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from grader.service.entrance.sessions import LASTS

ENCRYPTED = "Path=/; HttpOnly; Secure; SameSite=None; Partitioned"
NEAR = "Path=/; HttpOnly; SameSite=Lax"
"""At a public address without TLS, which can only be one of this machine."""


class SessionCookie:
    """The cookie at one public address."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        is_encrypted = parts.scheme == "https"
        # `__Host-` keeps it from being set by a neighbour under the same domain; ports of one machine share cookies.
        self.name = "__Host-session" if is_encrypted else f"session-{parts.port or 80}"
        self._attributes = ENCRYPTED if is_encrypted else NEAR

    def read(self, request: Request) -> str:
        """Return the secret that the browser shows; empty if it shows none."""
        return request.cookies.get(self.name, "")

    def give(self, answer: Response, secret: str) -> None:
        """Let the browser show this secret from now on."""
        self._set(answer, secret, int(LASTS.total_seconds()))

    def take(self, answer: Response) -> None:
        """Let the browser show nothing any more."""
        self._set(answer, "", 0)

    def _set(self, answer: Response, value: str, seconds: int) -> None:
        answer.headers.append("Set-Cookie", f"{self.name}={value}; Max-Age={seconds}; {self._attributes}")
