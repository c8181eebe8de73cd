"""The door on this machine: only the browser that opened the printed address may ask, and only from the page itself.

A page of another site can send requests to this machine, too. It does not know the token; its `Origin` is its own; and
a name of its own that it points at this machine (DNS rebinding) is not the host that is served.
"""

from secrets import compare_digest, token_urlsafe

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from grader.base.language import N_, _
from grader.explorer.serving.application import MOST_BYTES, TOO_LARGE, refusal

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
SHUT = "default-src 'none'; frame-ancestors 'none'"
"""The content security policy of an answer that has none of its own."""
ENTRANCE = '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=./"><title>…</title>'
"""The page behind the printed address. It leads on from here, so that the browser sends the new cookie even if a link
on another site led to the address, and so that the token does not stay in the address bar."""
NO_TOKEN = N_("open the address that `grade explore` printed: without its token, nobody is let in")
NOT_THIS_HOST = N_("this server is only for {host}")
NOT_FROM_HERE = N_("only the page itself may ask this")
NOT_JSON = N_("a question is JSON, with the content type application/json")


class Guard:
    """An application behind a token."""

    def __init__(self, application: ASGIApp, port: int) -> None:
        self.application, self.token = application, token_urlsafe(32)
        self.once: str | None = token_urlsafe(32)
        self.hosts = (f"127.0.0.1:{port}", f"localhost:{port}")
        self.cookie = f"explorer-{port}"  # a browser does not tell ports of one host apart

    @property
    def address(self) -> str:
        """The address that lets a browser in."""
        return f"http://{self.hosts[0]}/?token={self.token}"

    @property
    def address_once(self) -> str:
        """An address that lets a browser in once: others on this machine see what a browser is started with."""
        return f"http://{self.hosts[0]}/?token={self.once}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the application answer."""
        request = Request(scope, receive)
        answer: ASGIApp = self._answer(request) or self.application
        await answer(scope, receive, _with_headers(send))

    def _answer(self, request: Request) -> Response | None:
        """Return the answer to what may not pass, or to who comes for the first time; None for all others."""
        if request.headers.get("host") not in self.hosts:
            return refusal(421, "other-host", _(NOT_THIS_HOST, host=self.hosts[0]))
        if request.url.path == "/" and self._lets_in(request.query_params.get("token")):
            entrance = HTMLResponse(ENTRANCE)
            entrance.set_cookie(self.cookie, self.token, httponly=True, samesite="strict")
            return entrance
        if not self._is_token(request.cookies.get(self.cookie)):
            return refusal(403, "no-token", _(NO_TOKEN))
        return self._wrong_question(request) if request.method not in ("GET", "HEAD") else None

    def _lets_in(self, given: str | None) -> bool:
        if given is not None and self.once is not None and compare_digest(given.encode(), self.once.encode()):
            self.once = None
            return True
        return self._is_token(given)

    def _is_token(self, given: str | None) -> bool:
        return given is not None and compare_digest(given.encode(), self.token.encode())

    def _wrong_question(self, request: Request) -> Response | None:
        if request.headers.get("origin") != f"http://{request.headers['host']}":
            return refusal(403, "other-origin", _(NOT_FROM_HERE))
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return refusal(415, "not-json", _(NOT_JSON))
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            return refusal(413, "too-large", _(TOO_LARGE, most=MOST_BYTES))
        return None


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("Content-Security-Policy", SHUT)
        await send(message)

    return sent
