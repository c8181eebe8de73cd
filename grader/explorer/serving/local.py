"""The server on this machine: on the loopback address only, until Ctrl-C."""

import socket
from collections.abc import Callable

import uvicorn

from grader.explorer.serving.application import Explorer, application
from grader.explorer.serving.guard import Guard


def serve(
    explorer: Explorer, listener: socket.socket, opened: Callable[[str, str], None], *, talks: bool = False
) -> None:
    """Serve the page until Ctrl-C; `opened` is called when it can be opened: with its address, and with one for once.

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
    opened(guard.address, guard.address_once)
    uvicorn.Server(config).run(sockets=[listener])
