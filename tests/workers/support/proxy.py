"""A TCP proxy in front of a server, for network faults: lost replies, resets, and silence."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from tests.support.servers import Valkey, free_port

CHUNK = 65536
RESET = struct.pack("ii", 1, 0)
"""No linger time: closing sends a reset, and data on its way is lost."""


class Proxy:
    """A proxy in front of this server."""

    def __init__(self, server: Valkey | Path) -> None:
        """Listen in front of a Valkey server, or of the socket at this path; at first, everything passes."""
        self.server, self.port = server, free_port()
        self._mute: set[socket.socket] = set()
        self._over = threading.Event()
        self.dropped = 0
        """The number of replies that were dropped."""
        self._to_drop, self._command = 0, b""
        self._open = threading.Event()
        self._open.set()
        self._changing = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._door = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.set()
        self._over.set()
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self.reset()

    @property
    def url(self) -> str:
        """The server's URL through this proxy."""
        return f"redis://127.0.0.1:{self.port}/0"

    def drop_replies(self, number: int, command: bytes = b"LPUSH") -> None:
        """Let this number of such commands reach the server, and end the connection before the reply."""
        self._to_drop, self._command = number, command

    def reset(self) -> None:
        """Reset every connection, on both sides."""
        with self._changing:
            for each in self._sockets:
                with contextlib.suppress(OSError):
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    each.shutdown(socket.SHUT_RD)  # wakes whoever reads from it
                each.close()
            self._sockets.clear()

    def mute(self) -> None:
        """Let nothing pass any more on the connections that there are; they stay open, and new ones work."""
        with self._changing:
            self._mute |= self._sockets

    def swallow(self) -> None:
        """Let nothing pass any more: connections stay open, and new ones are accepted."""
        self._open.clear()

    def heal(self) -> None:
        """Let everything pass again, also what was held back."""
        self._open.set()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._door.accept()
            except OSError:  # the door is shut
                return
            try:
                server = self._reached()
            except OSError:  # the server is down
                client.close()
                continue
            with self._changing:
                self._sockets |= {client, server}
            losing = threading.Event()
            for pump in (self._carry_questions, self._carry_replies):
                threading.Thread(target=pump, args=(client, server, losing), daemon=True).start()

    def _reached(self) -> socket.socket:
        if isinstance(self.server, Valkey):
            return socket.create_connection(("127.0.0.1", self.server.port))
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(self.server))
        return server

    def _wait(self, end: socket.socket) -> None:
        """Wait until bytes from this end may pass: for ever, if its connection is mute."""
        self._open.wait()
        if end in self._mute:
            self._over.wait()

    def _carry_questions(self, client: socket.socket, server: socket.socket, losing: threading.Event) -> None:
        with self._closing(client, server):
            while chunk := client.recv(CHUNK):
                self._wait(client)
                if self._to_drop and self._command in chunk:
                    self._to_drop -= 1
                    losing.set()
                server.sendall(chunk)

    def _carry_replies(self, client: socket.socket, server: socket.socket, losing: threading.Event) -> None:
        with self._closing(client, server):
            while chunk := server.recv(CHUNK):
                self._wait(server)
                if losing.is_set():
                    self.dropped += 1
                    return
                client.sendall(chunk)

    @contextlib.contextmanager
    def _closing(self, *ends: socket.socket) -> Iterator[None]:
        """Close both ends when either is done or broken."""
        with contextlib.suppress(OSError):
            yield
        with self._changing:
            for each in ends:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()
                self._sockets.discard(each)
