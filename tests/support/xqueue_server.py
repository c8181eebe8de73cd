"""An xqueue on loopback, in two dialects: the older service, and the viewset of edx-submissions; both are strict.

Written from the sources of both. The older one says 200 to everything and sends whoever is not logged in elsewhere; the
newer one says what happened in the status, and wants its token back in every request that changes something.
"""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

Dialect = Literal["legacy", "edx-submissions"]
USER, PASSWORD = "grader", "a-password-of-the-tests"


@dataclass
class Entry:
    """A submission in the queue."""

    body: dict[str, Any]
    status: str = "pending"
    key: str = ""
    answers: list[dict[str, Any]] = field(default_factory=list)
    """The answers that were taken."""


@dataclass
class FakeXQueue:
    """The server: its queue, and faults that it has when it is told to."""

    dialect: Dialect
    takes_whole_points: bool = False
    entries: list[Entry] = field(default_factory=list)
    sessions: dict[str, str] = field(default_factory=dict)
    """The token of each session."""
    seen: list[str] = field(default_factory=list)
    """Each request, as method and name."""
    broken: int = 0
    """The number of requests that get an answer which nobody can read."""
    url: str = ""

    def hand_in(self, response: str, grader: str = "mini-heads", student: str = "3f2a") -> Entry:
        """Put a submission into the queue, in the form in which this server keeps it."""
        info: dict[str, Any] = {"anonymous_student_id": student, "random_seed": 1}
        if self.dialect == "legacy":
            body = {
                "student_info": {**info, "submission_time": "20260701120000"},
                "grader_payload": json.dumps({"grader": grader, "more": "is kept here"}),
            }
        else:
            body = {
                "student_info": json.dumps({**info, "submission_time": "1782907200"}),
                "grader_payload": json.dumps({"grader": grader}),
            }
        self.entries.append(Entry({**body, "student_response": response}))
        return self.entries[-1]

    def expire_leases(self) -> None:
        """Offer again what was taken and not answered; only the older server changes the key."""
        for entry in self.entries:
            if entry.status == "pulled":
                entry.status = "expired"

    def log_everybody_out(self) -> None:
        self.sessions.clear()

    def take(self) -> tuple[int, Any]:
        waiting = [entry for entry in self.entries if entry.status in ("pending", "retry", "expired")]
        if not waiting:
            return 1, "Queue 'mini-heads' is empty"
        entry = waiting[0]
        if not entry.key or self.dialect == "legacy":
            entry.key = secrets.token_hex(8)
        entry.status = "pulled"
        number = self.entries.index(entry)
        return 0, json.dumps(
            {
                "xqueue_header": json.dumps({"submission_id": number, "submission_key": entry.key}),
                "xqueue_body": json.dumps(entry.body),
                "xqueue_files": "{}",
            }
        )

    def put(self, form: dict[str, str]) -> tuple[int, int, str]:
        """The status, return code and content for an answer."""
        try:
            header, answer = json.loads(form["xqueue_header"]), json.loads(form["xqueue_body"])
            entry, key = self.entries[int(header["submission_id"])], header["submission_key"]
            assert isinstance(answer["correct"], bool)
            assert set(answer) == {"correct", "score", "msg"}
            ElementTree.fromstring(answer["msg"])  # noqa: S314 - as Open edX does
        except (KeyError, ValueError, AssertionError, ElementTree.ParseError):
            return 400, 1, "Incorrect reply format"
        if key != entry.key or entry.status == "retired":
            return 403, 1, "Incorrect key for submission"
        whole = isinstance(answer["score"], int) or answer["score"] == int(answer["score"])
        if (self.takes_whole_points and not whole) or (not self.takes_whole_points and not 0 <= answer["score"] <= 1):
            entry.status = "retry"  # and yet the server says that all is well
            return 200, 0, ""
        entry.status = "retired"
        entry.answers.append(answer)
        return 200, 0, ""


@contextmanager
def serving(dialect: Dialect, *, takes_whole_points: bool = False) -> Iterator[FakeXQueue]:
    """Run a server until the block ends."""
    fake = FakeXQueue(dialect, takes_whole_points)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"fake": fake}))
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    fake: FakeXQueue

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def do_GET(self) -> None:
        name = self._name()
        if name == "login":
            newer = self.fake.dialect == "edx-submissions"
            cookies = [f"csrftoken={secrets.token_hex(8)}; Path=/"] if newer else []
            self._say(405 if newer else 200, 1, "login_required", cookies)
        elif self._enters():
            assert parse_qs(urlsplit(self.path).query)["queue_name"] == ["mini-heads"]
            self._say(200, *self.fake.take())

    def do_POST(self) -> None:
        name = self._name()
        raw = self.rfile.read(int(self.headers["content-length"])).decode()
        form = {key: values[0] for key, values in parse_qs(raw).items()}
        if name == "login":
            self._log_in(form)
        elif self._enters():
            status, code, content = self.fake.put(form)
            self._say(status if self.fake.dialect == "edx-submissions" else 200, code, content)

    def _name(self) -> str:
        path = urlsplit(self.path).path
        assert path.startswith("/xqueue/")
        assert path.endswith("/")
        self.fake.seen.append(f"{self.command} {path.split('/')[2]}")
        return path.split("/")[2]

    def _cookies(self) -> dict[str, str]:
        return {name: each.value for name, each in SimpleCookie(self.headers.get("cookie", "")).items()}

    def _log_in(self, form: dict[str, str]) -> None:
        if (form.get("username"), form.get("password")) != (USER, PASSWORD):
            status = 401 if self.fake.dialect == "edx-submissions" else 200
            self._say(status, 1, "Incorrect login credentials")
            return
        session, token = secrets.token_hex(8), secrets.token_hex(8)
        self.fake.sessions[session] = token
        self._say(200, 0, "Logged in", [f"sessionid={session}; Path=/; HttpOnly", f"csrftoken={token}; Path=/"])

    def _enters(self) -> bool:
        """Return whether the request may go on; else answer it as this server does."""
        if self.fake.broken:
            self.fake.broken -= 1
            self._send(502, b"<html>Bad gateway</html>")
            return False
        cookies = self._cookies()
        token = self.fake.sessions.get(cookies.get("sessionid", ""))
        newer = self.fake.dialect == "edx-submissions"
        changes = self.command == "POST" and newer
        genuine = self.headers.get("x-csrftoken") == token and self.headers.get("referer", "").startswith(self.fake.url)
        if token is not None and (genuine or not changes):
            return True
        if newer:
            self._send(403, json.dumps({"detail": "Authentication credentials were not provided."}).encode())
        else:
            self.send_response(302)
            self.send_header("Location", "/accounts/login/")
            self.send_header("Content-Length", "0")
            self.end_headers()
        return False

    def _say(self, status: int, code: int, content: object, cookies: list[str] | None = None) -> None:
        self._send(status, json.dumps({"return_code": code, "content": content}).encode(), cookies)

    def _send(self, status: int, body: bytes, cookies: list[str] | None = None) -> None:
        self.send_response(status)
        for cookie in cookies or ():
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
