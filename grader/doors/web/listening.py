"""The server behind the web door's address, with limits on connections, headers and the time that they take."""

import asyncio
import socket

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from grader.doors.web.guard import HEADER_BYTES
from grader.service.settings import WebSettings

CONNECTIONS = 200
"""At a time; a further one is told to come back."""
KEEP_SECONDS = 5
"""For which a connection stays open between two requests."""
END_SECONDS = 8
"""For requests that are being answered when the server is told to stop."""


class PatientProtocol(H11Protocol):
    """HTTP with an end to patience: a connection on which no whole request begins is closed."""

    patience = 20.0
    """Seconds."""
    _end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the wait."""
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._await_request()

    def _await_request(self) -> None:
        if self._end is not None:
            self._end.cancel()
        self._end = self.loop.call_later(self.patience, self._give_up)

    def _give_up(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()


def server(application: ASGIApp, given: WebSettings) -> uvicorn.Server:
    """Return the server; it logs nothing of a request, and believes no header about where one came from."""
    config = uvicorn.Config(
        application,
        http=type("Protocol", (PatientProtocol,), {"patience": given.seconds}),
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        h11_max_incomplete_event_size=HEADER_BYTES,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=KEEP_SECONDS,
        timeout_graceful_shutdown=END_SECONDS,
    )
    return uvicorn.Server(config)


def listener(given: WebSettings) -> socket.socket:
    """Return a socket that listens on the web door's address.

    Raises:
        OSError: The address is taken, or is not one of this machine's.
    """
    family = socket.AF_INET6 if ":" in given.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((given.host, given.port))
        listening.listen(1024)
    except OSError:
        listening.close()
        raise
    return listening
