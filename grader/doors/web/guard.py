"""The guard in front of all rooms: host, size and time of a request, and the headers of every answer.

A body is read here, whole and within its limits, so that no room waits for a slow sender or holds a large one.
"""

import asyncio
import logging
from itertools import chain
from time import monotonic

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from grader.base.errors import Problem
from grader.documents import SIZE_LIMIT
from grader.doors.web.figures import RequestFigures
from grader.doors.web.refusals import refusal
from grader.service.settings import WebSettings

MOST_BYTES = 2 * SIZE_LIMIT + 16 * 1024
"""The longest body: a submission of the greatest size, written as text inside JSON."""
HEADER_BYTES = 16 * 1024
DISCARDED_BYTES = 8 * MOST_BYTES
"""The most that is read of a body that is too long, so that its sender gets the answer."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
SHUT = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "X-Frame-Options": "DENY"}
"""For an answer without a content security policy of its own."""
ENCRYPTED = {"Strict-Transport-Security": "max-age=31536000"}
"""For a public address with https."""

log = logging.getLogger(__name__)


class TooLong(Exception):
    """A body that is longer than it may be."""


class WebGuard:
    """An application behind limits."""

    def __init__(self, application: ASGIApp, given: WebSettings, figures: RequestFigures) -> None:
        self.application, self.given, self.figures = application, given, figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the application answer."""
        if scope["type"] != "http":
            return
        begun = monotonic()
        outgoing = _Outgoing(receive, send, self.given)
        try:
            answer: ASGIApp = await self._admitted(scope, receive, outgoing)
            await answer(scope, outgoing.received, outgoing)
        finally:
            seconds = monotonic() - begun
            self.figures.count(scope, outgoing.status, outgoing.sent, seconds)
            _note(scope, outgoing.status, seconds)

    async def _admitted(self, scope: Scope, receive: Receive, outgoing: "_Outgoing") -> ASGIApp:
        """Return the application, or the answer to a request that may not pass."""
        headers = Headers(scope=scope)
        outgoing.closes = True  # what is left of a body must not be read as another request
        if sum(map(len, chain(*headers.raw))) > HEADER_BYTES:
            return refusal(431, [Problem("too-large", f"the headers are too long: {HEADER_BYTES} bytes at most")])
        if "content-length" in headers and "transfer-encoding" in headers:
            return refusal(400, [Problem("two-lengths", "the body's length is declared in two ways")])
        try:
            async with asyncio.timeout(self.given.seconds):
                outgoing.body = await _body(headers, receive)
        except TooLong:
            return refusal(413, [Problem("too-large", f"the body is too long: {MOST_BYTES} bytes at most")])
        except ConnectionError:
            return refusal(400, [Problem("cut-off", "the request was cut off")])  # which nobody reads
        except TimeoutError:
            message = f"the whole request must arrive within {self.given.seconds} s"
            return refusal(408, [Problem("too-slow", message)])
        outgoing.closes = False
        if not self._is_for_us(headers):
            return refusal(421, [Problem("other-host", f"this server is only for {self.given.url}")])
        return self.application

    def _is_for_us(self, headers: Headers) -> bool:
        """Return whether the host is one of ours: a page of another site cannot reach us under its own name."""
        named = headers.getlist("host")
        if len(named) != 1:
            return False
        host, name = named[0].lower(), named[0].lower().rpartition(":")[0] or named[0].lower()
        return host in self.given.hosts or name in self.given.hosts


class _Outgoing:
    """The way back to the sender, whose body was read already."""

    def __init__(self, receive: Receive, send: Send, given: WebSettings) -> None:
        self._receive, self._send, self._given = receive, send, given
        self.body: bytes | None = None
        self.closes = False
        self.status = self.sent = 0

    async def received(self) -> Message:
        """Return the body that was read; afterwards, what else comes: that the sender has gone."""
        body, self.body = self.body, None
        if body is None:
            return await self._receive()
        return {"type": "http.request", "body": body, "more_body": False}

    async def __call__(self, message: Message) -> None:
        """Send a part of the answer, with our headers; a receiver that does not take it is left."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            own = HEADERS if "content-security-policy" in headers else HEADERS | SHUT
            for name, value in (own | ENCRYPTED if self._given.url.startswith("https:") else own).items():
                headers.setdefault(name, value)
            if self.closes:
                headers["Connection"] = "close"
        async with asyncio.timeout(self._given.seconds):
            await self._send(message)
        self.sent += len(message.get("body", b""))


async def _body(headers: Headers, receive: Receive) -> bytes:
    """Return the whole body.

    Raises:
        TooLong: It has more bytes than it may.
        ConnectionError: Its sender went away before its end.
    """
    told = headers.get("content-length", "0")
    if not told.isdecimal() or int(told) > DISCARDED_BYTES:
        raise TooLong
    body, size, more = bytearray(), 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError
        piece = message.get("body", b"")
        size += len(piece)
        if size <= MOST_BYTES:
            body += piece
        more = message.get("more_body", False) and size <= DISCARDED_BYTES
    if size > MOST_BYTES:
        raise TooLong
    return bytes(body)


def _note(scope: Scope, status: int, seconds: float) -> None:
    """Log the request without its path, which may name a student, and without its headers, which hold a token."""
    endpoint = scope.get("endpoint")
    room = getattr(getattr(endpoint, "func", endpoint), "__module__", "")
    if not room.endswith(".health"):
        told = {"room": room.rpartition(".")[2], "method": scope["method"], "status": status}
        log.info("answered", extra={**told, "milliseconds": round(1000 * seconds)})
