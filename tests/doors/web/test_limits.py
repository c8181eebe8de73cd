"""Limits of the web door, tried on a real process by senders who mean no good."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from grader.doors.web.guard import MOST_BYTES
from tests.service import planted
from tests.support.door import Door, RunningDoor, bearer, posted

SHUT = "default-src 'none'; frame-ancestors 'none'"


@contextmanager
def connected(door: RunningDoor) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", door.port), timeout=30) as connection:
        yield connection


def everything(connection: socket.socket) -> str:
    """What comes until the other end closes the connection."""
    pieces = []
    try:
        while piece := connection.recv(65_536):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces).decode("latin-1")


def said(door: RunningDoor, raw: str) -> str:
    """What is answered to these bytes on a connection of their own."""
    with connected(door) as connection:
        connection.sendall(raw.encode("latin-1"))
        return everything(connection)


def request(door: RunningDoor, line: str, *headers: str) -> str:
    return "\r\n".join([line, f"Host: 127.0.0.1:{door.port}", "Connection: close", *headers, "", ""])


def test_a_sender_who_is_slow_is_told_so_and_left(running: RunningDoor) -> None:
    with connected(running) as connection:
        head = request(
            running, "POST /submissions HTTP/1.1", "Content-Length: 100", f"Authorization: Bearer {running.token}"
        )
        connection.sendall(head.encode() + b'{"submi')

        answer = everything(connection)
    assert answer.startswith("HTTP/1.1 408 ")
    assert "connection: close" in answer.lower()
    assert "too-slow" in answer


@pytest.mark.parametrize("begun", ["", "GET /health HTTP/1.1\r\nHost: a\r\nX-A: "])
def test_a_connection_on_which_no_request_begins_is_closed(running: RunningDoor, begun: str) -> None:
    with connected(running) as connection:
        connection.sendall(begun.encode())

        assert everything(connection) == ""


def test_a_body_that_is_too_long_is_refused_whatever_it_declares(running: RunningDoor) -> None:
    with running.client() as client:
        declared = client.post("/submissions", content=b"x" * (MOST_BYTES + 1))
        in_pieces = client.post("/submissions", content=iter([b"x" * 65_536] * 20))
    huge = said(running, request(running, "POST /submissions HTTP/1.1", "Content-Length: 99999999999"))

    assert (declared.status_code, in_pieces.status_code) == (413, 413)
    assert declared.json()["problems"][0]["code"] == "too-large"
    assert huge.startswith("HTTP/1.1 413 ")


def test_a_submission_that_is_cut_off_is_none(running: RunningDoor) -> None:
    """All of its JSON is there, but not all that was declared."""
    body = json.dumps(posted("cut-off"))
    told = (f"Authorization: Bearer {running.token}", "Content-Type: application/json")
    head = request(running, "POST /submissions HTTP/1.1", *told, f"Content-Length: {len(body) + 1}")
    with connected(running) as connection:
        connection.sendall(f"{head}{body}".encode())
    with running.client() as client:
        after = client.post("/submissions", json=posted("after-it", student="bob"))

    assert after.status_code == 202
    assert "cut-off" not in running.ids()


def test_headers_that_are_too_long_are_refused(running: RunningDoor) -> None:
    for length in (20_000, 300_000):
        answer = said(running, request(running, "GET /health HTTP/1.1", "X-Long: " + "x" * length))

        assert answer.startswith("HTTP/1.1 431 ") if length < 65_536 else not answer or " 400 " in answer


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: 5", "Content-Length: 6"),
        ("Transfer-Encoding: chunked, identity",),
        ("Content-Length: -1",),
        ("Content-Length: five",),
        ("X-A: b\rSet-Cookie: c=d",),
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
    ],
)
def test_a_request_that_two_servers_would_read_in_two_ways_is_refused(
    running: RunningDoor, headers: tuple[str, ...]
) -> None:
    answer = said(
        running, request(running, "POST /submissions HTTP/1.1", *headers) + "0\r\n\r\nGET /health HTTP/1.1\r\n\r\n"
    )

    assert answer.startswith(("HTTP/1.1 400 ", "HTTP/1.1 501 "))
    assert answer.count("HTTP/1.1 ") == 1
    assert "set-cookie" not in answer.lower()


@pytest.mark.parametrize(
    "path",
    [
        "/submissions/..",
        "/submissions/../health",
        "/submissions/%2e%2e/%2e%2e/etc/passwd",
        "/submissions/..%2f..%2fhealth",
        "/submissions/%00",
        "/submissions/a%0d%0aSet-Cookie:%20b=c",
        "//evil.example/submissions/x",
        "/submissions/x/",
        "/submissions//x",
        "/students/../../submissions/x/progress",
        "/openapi.json/..",
    ],
)
def test_a_path_leads_to_what_it_names_or_nowhere(running: RunningDoor, path: str) -> None:
    answer = said(running, request(running, f"GET {path} HTTP/1.1", f"Authorization: Bearer {running.token}"))

    assert answer.startswith("HTTP/1.1 404 ")
    assert "location:" not in answer.lower()
    assert "set-cookie" not in answer.lower()


def test_a_url_for_a_proxy_is_no_way_to_another_host(running: RunningDoor) -> None:
    answer = said(running, request(running, "GET http://evil.example/submissions/x HTTP/1.1"))

    assert answer.startswith(("HTTP/1.1 404 ", "HTTP/1.1 400 ", "HTTP/1.1 421 "))


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1:1", "127.0.0.1.evil.example", "", "[::1]:80", "a@127.0.0.1"]
)
def test_a_request_that_means_another_host_is_refused(running: RunningDoor, host: str) -> None:
    answer = httpx.get(f"{running.url}/health", headers={"Host": host})

    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (421, "other-host")


def test_no_header_changes_where_an_answer_leads(running: RunningDoor) -> None:
    told = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher", "Forwarded": "host=evil.example"}
    with running.client() as client:
        answer = client.post("/submissions", json=posted("located"), headers=told)

    assert answer.headers["location"] == f"{running.url}/submissions/located"


def test_every_answer_may_neither_be_framed_nor_kept_nor_read_from_elsewhere(door: Door) -> None:
    origin = {"Origin": "https://evil.example"}
    answers = [
        door.post(posted("s1"), **origin),
        door.post(b"{", **origin),
        door.get("/submissions/s1", **origin),
        door.get("/nothing", **origin),
        door.client.get("/health", headers=origin),
        door.client.get("/openapi.json", headers=origin),
        door.client.options("/submissions", headers={**origin, "Access-Control-Request-Method": "POST"}),
        door.client.get("/submissions/s1", headers=origin),
        door.client.post("/submissions", content=b"x" * (MOST_BYTES + 1), headers=bearer(door.all)),
    ]

    assert [answer.status_code for answer in answers] == [202, 400, 200, 404, 200, 200, 405, 401, 413]
    for answer in answers:
        assert answer.headers["content-security-policy"] == SHUT
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert "server" not in answer.headers
    assert all("problems" in answer.json() for answer in answers if answer.is_error)


def test_only_pages_of_sites_that_are_named_read_answers(door: Door, tmp_path) -> None:  # noqa: ANN001
    course, evil = "https://course.example", "https://evil.example"
    shared = Door(door.ledger, tmp_path, GRADER_WEB_ORIGINS=course)
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,idempotency-key"}
    allowed, refused = (
        shared.client.options("/submissions", headers={"Origin": origin, **asks}) for origin in (course, evil)
    )
    answers = [
        shared.post(posted("s1"), Origin=course),
        shared.get("/submissions/none", Origin=course),
        shared.get("/submissions/none", shown="hgt_wrong", Origin=course),
    ]
    others = [
        shared.get("/submissions/s1", Origin=evil),
        shared.get("/submissions/s1", Origin="null"),
        door.get("/submissions/s1", Origin=course),
    ]

    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, course)
    assert refused.status_code == 400
    assert [answer.status_code for answer in answers] == [202, 404, 401]
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == course
        assert answer.headers["access-control-expose-headers"] == "Location, Retry-After"
    for answer in (refused, *others):
        assert "access-control-allow-origin" not in answer.headers
    assert not any("access-control-allow-credentials" in each.headers for each in (allowed, *answers))
    assert door.client.options("/submissions", headers={"Origin": course, **asks}).status_code == 405


def test_over_tls_browsers_are_told_to_stay_there(door: Door, tmp_path) -> None:  # noqa: ANN001
    secure = Door(door.ledger, tmp_path, GRADER_WEB_URL="https://grader.example", GRADER_WEB_HOSTS="inside:8700")
    answer = secure.post(posted("s1"))

    assert answer.headers["location"] == "https://grader.example/submissions/s1"
    assert "max-age" in answer.headers["strict-transport-security"]
    assert secure.client.get("/health", headers={"Host": "inside:8700"}).status_code == 200
    assert secure.client.get("/health", headers={"Host": "inside:8701"}).status_code == 421
    assert "strict-transport-security" not in door.get("/nothing").headers


def test_an_error_of_ours_shows_nothing_of_itself(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault that nobody foresaw, in the reception; the next submission is taken in again."""

    def fails(ledger: object) -> None:
        raise ZeroDivisionError(f"secret {door.all}")

    with monkeypatch.context() as broken:
        broken.setattr("grader.service.reception.taking_in", fails)
        door.client._transport.raise_server_exceptions = False  # type: ignore[attr-defined]
        answer = door.post(posted("s1"))

    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (500, "failed")
    assert "secret" not in answer.text
    assert door.post(posted("s1")).status_code == 202


def test_many_at_once_are_each_kept_once(running: RunningDoor) -> None:
    """Forty submissions, each sent three times at the same time."""
    from concurrent.futures import ThreadPoolExecutor

    with running.client() as client, ThreadPoolExecutor(12) as pool:
        bodies = [json.dumps(posted(f"many-{number % 40}", student=f"m{number % 40}")) for number in range(120)]
        headers = {"Content-Type": "application/json"}
        answers = list(pool.map(lambda body: client.post("/submissions", content=body, headers=headers), bodies))

    assert {answer.status_code for answer in answers} == {202}
    assert len([name for name in planted.rows(running.ledger) if name.startswith("many-")]) == 40
