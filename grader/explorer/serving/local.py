"""The server on this machine: on the loopback address only, until Ctrl-C."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from grader.base.errors import GraderError
from grader.base.language import _
from grader.explorer.serving.application import Explorer, application
from grader.explorer.serving.guard import Guard

LOOPBACK = "127.0.0.1"


@contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    """Provide a socket on the loopback address; port 0 means any free one.

    Raises:
        GraderError: The port is in use.
    """
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:  # asyncio sends at once only where it is named
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError as error:
            message = _("port {port}: {error}; choose another one with --port", port=port, error=error.strerror)
            raise GraderError(message) from None
        yield listener


def serve(explorer: Explorer, listener: socket.socket, opened: Callable[[str], None], *, talks: bool = False) -> None:
    """Serve the page until Ctrl-C; `opened` is called with its address when it can be opened.

    With `talks`, errors are written to stderr with their tracebacks.
    """
    guard = Guard(application(explorer), listener.getsockname()[1])
    config = uvicorn.Config(
        guard,
        access_log=False,
        date_header=False,
        lifespan="off",
        log_level="error" if talks else "critical",
        server_header=False,
        timeout_graceful_shutdown=0,
        ws="none",
    )
    listener.listen()  # a browser that is quicker than the server waits
    opened(guard.address)
    uvicorn.Server(config).run(sockets=[listener])
