"""A real HTTP receiver that records every post and behaves well or badly, as told."""

import contextlib
import socket
import ssl
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from time import time
from typing import NamedTuple, Self

Behaviour = Callable[[socket.socket, threading.Event], bool]
"""A function that answers a post on its connection, and returns whether the connection stays open."""
DRIP_SECONDS = 0.05


class Post(NamedTuple):
    """A post: its content, time and path."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float


def takes(line: socket.socket, _: threading.Event) -> bool:
    line.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
    return True


def takes_its_time(line: socket.socket, closing: threading.Event) -> bool:
    closing.wait(DRIP_SECONDS)
    return takes(line, closing)


def takes_and_talks(line: socket.socket, _: threading.Event) -> bool:
    """Accept it, with a very long answer."""
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
    with contextlib.suppress(OSError):
        while True:
            line.sendall(b"x" * 65_536)
    return False


def says(status: str, *headers: str, body: str = "") -> Behaviour:
    text = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", body]).encode()

    def say(line: socket.socket, _: threading.Event) -> bool:
        line.sendall(text)
        return True

    return say


def sends(text: bytes) -> Behaviour:
    """Return a behaviour that sends exactly this, and hangs up."""

    def send(line: socket.socket, _: threading.Event) -> bool:
        line.sendall(text)
        return False

    return send


def stalls(_: socket.socket, closing: threading.Event) -> bool:
    closing.wait()
    return False


def drips(beginning: bytes) -> Behaviour:
    """Return a behaviour that sends this, then one byte after the other, for ever."""

    def drip(line: socket.socket, closing: threading.Event) -> bool:
        line.sendall(beginning)
        with contextlib.suppress(OSError):
            while not closing.wait(DRIP_SECONDS):
                line.sendall(b"x")
        return False

    return drip


class Receiver:
    """An HTTP server on loopback."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.posts: list[Post] = []
        self.scripts: dict[str, list[Behaviour]] = defaultdict(list)
        """The behaviours for the next posts to a path; `then` follows."""
        self.then: dict[str, Behaviour] = {}
        self._tls = tls
        self._closing = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=100)

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._socket.close()

    def to(self, path: str) -> list[Post]:
        """Return the posts to this path so far."""
        return [post for post in self.posts if post.path == path]

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                threading.Thread(target=self._serve, args=[self._socket.accept()[0]], daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            stack.callback(line.close)
            if self._tls:
                line = stack.enter_context(self._tls.wrap_socket(line, server_side=True))
            for post in _posts(line):
                self.posts.append(post)
                script = self.scripts[post.path]
                behave = script.pop(0) if script else self.then.get(post.path, takes)
                if not behave(line, self._closing):
                    return


def _posts(line: socket.socket) -> Iterator[Post]:
    with line.makefile("rb") as file:
        while first := file.readline().decode():
            headers = {}
            while text := file.readline().decode().strip():
                name, _, value = text.partition(":")
                headers[name.lower()] = value.strip()
            body = file.read(length := int(headers["content-length"]))
            if len(body) < length:  # the sender died
                return
            yield Post(first.split(" ")[1], headers, body, time())
