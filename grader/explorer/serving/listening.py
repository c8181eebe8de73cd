"""The socket of the server on this machine, which is opened before anything is loaded."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from grader.base.errors import GraderError
from grader.base.language import _

LOOPBACK = "127.0.0.1"


@contextmanager
def listener(port: int) -> Iterator[socket.socket]:
    """Provide a socket on the loopback address; port 0 means any free one.

    Raises:
        GraderError: The port is in use.
    """
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:  # asyncio sends at once only where it is named
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((LOOPBACK, port))
        except OSError as error:
            message = _("port {port}: {error}; choose another one with --port", port=port, error=error.strerror)
            raise GraderError(message) from None
        yield listening
