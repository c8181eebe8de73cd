"""A service that takes submissions as the page hands them in, and answers as it is told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, Any], dict[str, str]]
"""The status, the body and further headers."""


@dataclass
class Service:
    """What the service got, and what it is going to say."""

    address: str = ""
    report: dict[str, Any] = field(default_factory=dict)
    states: list[dict[str, Any]] = field(default_factory=lambda: [{"state": "waiting"}, {"state": "graded"}])
    refusals: list[Answer] = field(default_factory=list)
    """The answers to the next submissions in place of taking them."""
    keys: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)

    def post(self, headers: Any, body: bytes) -> Answer:  # noqa: ANN401 - a message's headers
        self.keys.append(headers["Idempotency-Key"])
        self.tokens.append(headers["Authorization"])
        self.bodies.append(json.loads(body))
        return self.refusals.pop(0) if self.refusals else (202, {"id": "a/1"}, {})

    def get(self, path: str) -> Answer:
        if path == "/submissions/a%2F1/report":
            return 200, self.report, {}
        assert path == "/submissions/a%2F1"
        return 200, self.states.pop(0) if len(self.states) > 1 else self.states[0], {}


@contextmanager
def serving() -> Iterator[Service]:
    """Run the service on a free port."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def answer(self, status: int, body: dict[str, Any], headers: dict[str, str]) -> None:
            self.send_response(status)
            allowed = {
                "Access-Control-Allow-Origin": "*",
                "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key",
                "Access-Control-Expose-Headers": "Retry-After",
                "Content-Type": "application/json",
            }
            for name, value in (allowed | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def do_OPTIONS(self) -> None:
            self.answer(200, {}, {})

        def do_POST(self) -> None:
            assert self.path == "/submissions"
            self.answer(*service.post(self.headers, self.rfile.read(int(self.headers["Content-Length"]))))

        def do_GET(self) -> None:
            self.answer(*service.get(self.path))

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
