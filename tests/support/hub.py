"""A small hub on loopback: lists a repository and serves its files, whole, in ranges or cut off half way."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REPOSITORY = "school/tiny"
REVISION = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """What it serves, how badly, and what it was asked for."""

    files: dict[str, bytes]
    ranges: bool = True
    """Whether it can go on where a download stopped."""
    cuts: dict[str, int] = field(default_factory=dict)
    """How often a file's body still stops half way."""
    requests: list[str] = field(default_factory=list)
    """Method, path, and range if one was asked for."""
    url: str = ""

    def fetched(self) -> set[str]:
        """The names of the files whose content was asked for."""
        asked = (request.split() for request in self.requests)
        return {path.rsplit("/", 1)[1] for method, path, *_ in asked if method == "GET" and "/resolve/" in path}


class Handler(BaseHTTPRequestHandler):
    """Answers as the hub does."""

    protocol_version = "HTTP/1.1"
    hub: Hub

    def do_GET(self) -> None:
        """Answer with a body."""
        self.answer()

    def do_HEAD(self) -> None:
        """Answer with what goes before the body."""
        self.answer()

    def answer(self) -> None:
        """Note the request; list the repository, send a file, or say that there is none."""
        path = self.path.split("?")[0]
        self.hub.requests.append(" ".join([self.command, path, self.headers.get("Range", "")]).strip())
        name = path.removeprefix(f"/{REPOSITORY}/resolve/{REVISION}/")
        if path == f"/api/models/{REPOSITORY}/revision/{REVISION}":
            self.send(json.dumps(listing(self.hub)).encode(), {})
        elif path == f"/api/models/{REPOSITORY}/tree/{REVISION}":
            self.send(json.dumps(tree(self.hub)).encode(), {})
        elif name in self.hub.files:
            self.send_file(name)
        else:
            self.send(b"", {"X-Error-Code": "EntryNotFound"}, status=404)

    def send_file(self, name: str) -> None:
        """The file, or the rest of it that was asked for; less than was promised when it is to be cut."""
        content, start = self.hub.files[name], 0
        headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": REVISION}
        if (asked := self.headers.get("Range")) and self.hub.ranges:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        body = content[start:]
        headers["Content-Length"] = str(len(body))
        if self.command == "GET" and self.hub.cuts.get(name, 0) > 0:
            self.hub.cuts[name] -= 1
            self.close_connection = True
            body = body[: len(body) * 9 // 10]
        self.send(body, headers, status=206 if start else 200)

    def send(self, body: bytes, headers: dict[str, str], status: int = 200) -> None:
        """Send what was made up."""
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: `requests` has it all."""


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """The hub, reachable at `hub.url` until the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": hub}))
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def listing(hub: Hub) -> dict[str, object]:
    """What the hub says about the repository at its one revision."""
    return {
        "id": REPOSITORY,
        "sha": REVISION,
        "siblings": [{"rfilename": name, "size": len(content)} for name, content in hub.files.items()],
    }


def tree(hub: Hub) -> list[dict[str, object]]:
    """The same files, as the hub's own command line asks for them."""
    return [
        {"type": "file", "path": name, "size": len(content), "oid": hashlib.sha256(content).hexdigest()}
        for name, content in hub.files.items()
    ]
