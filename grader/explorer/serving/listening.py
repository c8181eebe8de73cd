"""The socket of the server on this machine, which is opened before anything is loaded."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from grader.base.errors import GraderError
from grader.base.language import _

LOOPBACK = "127.0.0.1"
USUAL_PORT = 8722
"""The port of a page that names none. A browser keeps claims by address, so they are there again the next time."""


@contextmanager
def listener(port: int | None) -> Iterator[socket.socket]:
    """Provide a socket that listens on the loopback address; 0 means any free port, None the usual one if it is free.

    Raises:
        GraderError: The port is in use.
    """
    try:
        listening = _listening(USUAL_PORT if port is None else port)
    except OSError as error:
        if port is not None:
            message = _("port {port}: {error}; choose another one with --port", port=port, error=error.strerror)
            raise GraderError(message) from None
        listening = _listening(0)
    with listening:
        yield listening


def _listening(port: int) -> socket.socket:
    """Return a socket that listens at once: two that do not listen yet may have the same port."""
    listening = socket.socket(proto=socket.IPPROTO_TCP)  # asyncio sends at once only where it is named
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
        listening.listen()
    except OSError:
        listening.close()
        raise
    return listening
