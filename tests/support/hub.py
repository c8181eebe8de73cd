"""A small hub on loopback that lists a repository and serves its files, whole, in ranges, or cut off."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REPOSITORY = "school/tiny"
REVISION = "0123456789abcdef0123456789abcdef01234567"
BRANCH = "main"
"""The branch that leads to it."""


@dataclass
class Hub:
    """The served files, the planned failures, and the requests so far."""

    files: dict[str, bytes]
    ranges: bool = True
    """True if it can continue an interrupted download."""
    cuts: dict[str, int] = field(default_factory=dict)
    """The number of times that a file's body will still be cut off."""
    requests: list[str] = field(default_factory=list)
    """The method, path and range of each request."""
    url: str = ""

    def fetched(self) -> set[str]:
        """The names of the files whose content was requested."""
        asked = (request.split() for request in self.requests)
        return {path.rsplit("/", 1)[1] for method, path, *_ in asked if method == "GET" and "/resolve/" in path}


class Handler(BaseHTTPRequestHandler):
    """The handler of requests."""

    protocol_version = "HTTP/1.1"
    hub: Hub

    def do_GET(self) -> None:
        """Answer with a body."""
        self.answer()

    def do_HEAD(self) -> None:
        """Answer without a body."""
        self.answer()

    def answer(self) -> None:
        """Record the request, then list the repository, send a file, or answer 404."""
        path = self.path.split("?")[0].replace(f"/resolve/{BRANCH}/", f"/resolve/{REVISION}/")
        self.hub.requests.append(" ".join([self.command, path, self.headers.get("Range", "")]).strip())
        name = path.removeprefix(f"/{REPOSITORY}/resolve/{REVISION}/")
        if path == f"/api/models/{REPOSITORY}/revision/{REVISION}":
            self.send(json.dumps(listing(self.hub)).encode(), {})
        elif path == f"/api/models/{REPOSITORY}/tree/{REVISION}":
            self.send(json.dumps(tree(self.hub)).encode(), {})
        elif name in self.hub.files:
            self.send_file(name)
        else:
            there = path.startswith((f"/{REPOSITORY}/resolve/{REVISION}/", f"/api/models/{REPOSITORY}/"))
            missing = "Entry" if there else "Revision" if REPOSITORY in path else "Repo"
            self.send(b"", {"X-Error-Code": f"{missing}NotFound"}, status=404)

    def send_file(self, name: str) -> None:
        """Send the file or the requested rest of it, or less if it is to be cut off."""
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
        """Send an answer with this body."""
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing; `requests` has everything."""


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Run the hub at `hub.url` until the end of the block."""
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
    """Return the hub's description of the repository at its one revision."""
    return {
        "id": REPOSITORY,
        "sha": REVISION,
        "siblings": [{"rfilename": name, "size": len(content)} for name, content in hub.files.items()],
    }


def tree(hub: Hub) -> list[dict[str, object]]:
    """Return the list of files, in the form that the hub's own command line requests."""
    return [
        {"type": "file", "path": name, "size": len(content), "oid": hashlib.sha256(content).hexdigest()}
        for name, content in hub.files.items()
    ]
