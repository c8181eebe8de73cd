"""The server of `grade explore` as a real process: what it answers, whom it refuses, and how it ends."""

import http.client
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
import torch
from starlette.testclient import TestClient

from grader import exercises
from grader.explorer.content import contents
from grader.explorer.files import of_files
from grader.explorer.serving import listening
from grader.explorer.serving.application import Explorer, application
from grader.explorer.weights import transformer_script
from grader.laboratory import Laboratory
from grader.laboratory.looking import MOST_TOKENS
from grader.ledger import Ledger
from grader.measuring.attention.streaming import pattern_of
from grader.schema import head_name
from tests.cli.conftest import ID, Bench
from tests.explorer.conftest import HANGING, Server, running
from tests.support.tiny import for_words, word_tokenizer

TEXT = "the king near the old bridge waits"
LAYERS, HEADS = 3, 8
MISSING = {"layer": 9, "head": 0, "type": "induction"}


def test_the_page_comes_with_its_transformer_and_is_kept_by_nobody(server: Server) -> None:
    answer = server.client.get("/")

    assert answer.status_code == 200
    assert '"kind":"server"' in answer.text
    assert f'"layers":{LAYERS},"heads":{HEADS},"causal":true' in answer.text
    assert answer.headers["content-security-policy"].endswith("frame-ancestors 'none'")
    assert "script-src 'self' 'wasm-unsafe-eval';" in answer.headers["content-security-policy"]
    for name, value in {
        "x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "cache-control": "no-store",
    }.items():  # fmt: skip
        assert answer.headers[name] == value


def test_patterns_are_float32_and_the_transformers_own(server: Server) -> None:
    tokens = server.ask("read", text=TEXT).json()["tokens"]
    answer = server.ask("layer", text=TEXT, layer=2, off=[])
    shape = (HEADS, len(tokens), len(tokens))
    given = np.frombuffer(answer.content, "<f4").reshape(shape)
    model = for_words("llama", torch.float64)
    expected = pattern_of(model, [token["id"] for token in tokens], 2, 5)

    assert answer.headers["content-type"] == "application/octet-stream"
    assert np.abs(given[5] - expected.numpy()).max() < 1e-5
    assert [token["text"] for token in tokens][:2] == ["<end>", word_tokenizer("llama").decode([tokens[1]["id"]])]


def test_a_head_switched_off_changes_the_layers_above_it_only(server: Server) -> None:
    plain, off = (
        [server.ask("layer", text=TEXT, layer=n, off=heads).content for n in range(3)] for heads in ([], [[1, 0]])
    )

    assert [a == b for a, b in zip(plain, off, strict=True)] == [True, True, False]


@pytest.mark.parametrize(
    ("name", "question", "code"),
    [
        ("layer", {"text": TEXT, "layer": 3, "off": []}, "no-such-head"),
        ("layer", {"text": TEXT, "layer": 10**30, "off": []}, "no-such-head"),
        ("layer", {"text": TEXT, "layer": "0", "off": []}, "bad-question"),
        ("layer", {"text": TEXT, "layer": 2, "off": [[0]]}, "bad-question"),
        ("layer", {"text": TEXT, "layer": 2, "off": [[0, 99]]}, "no-such-head"),
        ("read", {"text": ""}, "no-words"),
        ("read", {"text": "the king " * MOST_TOKENS}, "too-long"),
        ("read", {"text": "a" * 20_001}, "bad-question"),
        ("read", {"text": 5}, "bad-question"),
        ("read", {"words": TEXT}, "bad-question"),
        ("hints", {"kind": "semantic", "number": 1}, "unknown-kind"),
        ("hints", {"kind": "induction", "number": -1}, "bad-question"),
        ("hand-in", {"exercise": "tiny-heads", "claims": []}, "too-short"),
        ("hand-in", {"exercise": "tiny-heads", "claims": [MISSING]}, "no-such-head"),
        ("hand-in", {"exercise": "mini-heads", "claims": [MISSING]}, "other-exercise"),
        ("hand-in", {"exercise": "tiny-heads", "claims": [[]]}, "bad-question"),
        ("hand-in", {"exercise": "tiny-heads", "claims": [{"more": 1}]}, "unknown-key"),
        ("read-file", {"text": "claims: ["}, "yaml-syntax"),
        ("read-file", {"text": "exercise: ../../etc/passwd\nclaims: []"}, "bad-name"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_said(server: Server, name: str, question: dict[str, object], code: str) -> None:
    answer = server.ask(name, **question)

    assert answer.status_code in (400, 422)
    assert code in [problem["code"] for problem in answer.json()["problems"]]
    assert "Traceback" not in answer.text


def test_problems_are_in_the_language_of_the_page(server: Server) -> None:
    english, korean = (server.ask("read", language=language, text="").json() for language in ("en", "ko"))

    assert english["problems"][0]["message"] == "the text is empty; give some words"
    assert korean["problems"][0]["message"] != english["problems"][0]["message"]
    assert korean["problems"][0]["code"] == "no-words"


def keys_of(value: object) -> set[str]:
    """Return all keys in a JSON value, at any depth."""
    if isinstance(value, dict):
        return set(value).union(*map(keys_of, value.values()))
    return set().union(*map(keys_of, value)) if isinstance(value, list) else set()


def test_before_handing_in_nothing_that_was_measured_is_given_out(bench: Bench, server: Server) -> None:
    """Everything that can be asked is asked, and read for every score that is kept in the home, and every best head."""
    exercise = exercises.load(bench.root / "exercises" / ID)
    table = Laboratory(exercise, server.home / "tables", explicit=bench.root / "tiny").kept_table
    columns = [column for kind in table.kinds for part in kind.slices for column in part.statistics]
    scores = {f"{value}" for column in columns for row in column.value for value in row}
    distinct = {score for score in scores if len(score) > len("0.12")}
    text, kinds = "the king near the king", [asked.name for asked in exercise.kinds]
    guess = [{"layer": layer, "head": head, "type": "induction"} for layer, head in bench.best.values()]
    page = server.client.get("/")
    answers = [
        page,
        server.ask("read", text=text),
        server.ask("predict", text=text, off=[]),
        *(server.ask("hints", kind=kind, number=number) for kind in kinds for number in range(9)),
        server.ask("read-file", text=json.dumps({"exercise": ID, "claims": guess})),
        server.ask("hand-in", exercise=ID, claims=[*guess, MISSING]),
        *(server.client.get(path) for path in ("/report/", "/report/1", "/api/scores", "/tables/", "/ledger.sqlite3")),
    ]
    given = json.loads(page.text.partition('id="given">')[2].partition("</script>")[0])
    own = "".join(answer.text for answer in answers)

    assert len(distinct) > 50
    assert {score for score in distinct if score in own} == set()
    assert not any(head_name(*place) in own for place in bench.best.values())
    assert (
        keys_of(given["content"]) & {"score", "scores", "rank", "outcome", "passing", "measured", "thresholds"} == set()
    )
    assert set(given) == {"words", "content", "language", "source", "service"}
    with Ledger(f"sqlite:///{server.home / 'ledger.sqlite3'}") as ledger:
        assert list(ledger.entries()) == []


def raw(server: Server, request: bytes) -> bytes:
    """Return the beginning of the answer to what no client would send."""
    host, port = server.origin.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=HANGING) as connection:
        connection.sendall(request)
        return connection.recv(65536)


def test_it_is_reached_on_loopback_only(server: Server) -> None:
    assert server.origin.startswith("http://127.0.0.1:")
    port = int(server.origin.rpartition(":")[2])
    others = {entry[4][0] for entry in socket.getaddrinfo(socket.gethostname(), port, socket.AF_INET)} - {"127.0.0.1"}
    for other in others:
        if not other.startswith("127."):
            with pytest.raises(OSError, match="refused"):
                socket.create_connection((other, port), timeout=5)


@pytest.mark.parametrize("path", ["/", "/api/read", "/report/1", "/nothing"])
def test_without_the_token_nobody_is_let_in(server: Server, path: str) -> None:
    for cookies in ({}, {f"explorer-{server.origin.rpartition(':')[2]}": "wrong"}):
        for answer in (
            httpx.get(server.origin + path, cookies=cookies),
            httpx.get(f"{server.origin}{path}?token=wrong", cookies=cookies),
            httpx.post(server.origin + path, cookies=cookies, json={"text": TEXT}, headers={"Origin": server.origin}),
        ):
            assert answer.status_code == 403
            assert answer.json()["problems"][0]["code"] == "no-token"
            assert "set-cookie" not in answer.headers


def test_the_cookie_is_for_this_page_alone(server: Server) -> None:
    answer = httpx.get(server.address)

    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=strict" in answer.headers["set-cookie"]
    assert server.address.partition("=")[2] not in answer.text


def test_the_address_that_others_on_the_machine_may_see_lets_in_once(bench: Bench, tmp_path: Path) -> None:
    """The arguments of a browser are no secret; so the address in them is spent when the page is open."""
    seen, browser = tmp_path / "seen", tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > "{seen}"\n')
    browser.chmod(0o700)
    words = ("--transformer", str(bench.root / "tiny"), "--open")
    with running(bench, tmp_path / "home", *words, BROWSER=str(browser)) as served:
        hanging = time.monotonic() + HANGING
        while not seen.exists() or not seen.read_text():
            assert time.monotonic() < hanging
            time.sleep(0.01)
        address = seen.read_text()
        first, second = httpx.get(address), httpx.get(address)

    assert address.startswith(f"{served.origin}/?token=")
    assert address != served.address
    assert (first.status_code, second.status_code) == (200, 403)
    assert "set-cookie" not in second.headers


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:{port}", ""])
def test_another_name_of_this_machine_is_not_served(server: Server, host: str) -> None:
    """A site may point a name of its own at this machine (DNS rebinding); here it even has the cookie."""
    answer = server.client.get("/", headers={"Host": host.format(port=server.origin.rpartition(":")[2])})

    assert answer.status_code == 421
    assert "explorer" not in answer.text


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", None])
def test_a_page_of_another_site_may_not_ask(server: Server, origin: str | None) -> None:
    headers = {"Origin": origin} if origin else {}
    answer = server.client.post("/api/read", json={"text": TEXT}, headers=headers)

    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (403, "other-origin")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_question_is_json(server: Server, kind: str) -> None:
    headers = {"Origin": server.origin, "Content-Type": kind}
    answer = server.client.post("/api/read", content=json.dumps({"text": TEXT}), headers=headers)

    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (415, "not-json")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"text": "\\ud800"}', b"[" * 5000, b'{"text": NaN}']
)
def test_what_is_no_question_is_said(server: Server, body: bytes) -> None:
    headers = {"Origin": server.origin, "Content-Type": "application/json"}
    answer = server.client.post("/api/read", content=body, headers=headers)

    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (400, "bad-question")


def test_an_endless_question_is_cut(server: Server) -> None:
    headers = {"Origin": server.origin, "Content-Type": "application/json"}
    stated = server.client.post("/api/read", content=b"x" * 600_000, headers=headers)
    try:
        unstated = server.client.post("/api/read", content=(b"x" * 60_000 for _ in range(100)), headers=headers)
    except httpx.TransportError:  # it hung up before all was sent
        unstated = None

    assert stated.status_code == 413
    assert unstated is None or unstated.json()["problems"][0]["code"] == "too-large"
    assert server.ask("read", text=TEXT).status_code == 200


@pytest.mark.parametrize(
    "path", ["/../pyproject.toml", "/report/../../ledger.sqlite3", "/report/%2e%2e%2fledger.sqlite3", "//etc/passwd",
             "/static/main.js", "/report/", "/api/", "/api/read/"]
)  # fmt: skip
def test_there_are_no_files(server: Server, path: str) -> None:
    connection = http.client.HTTPConnection(server.origin.removeprefix("http://"), timeout=HANGING)
    connection.request("GET", path, headers={"Cookie": "; ".join(f"{k}={v}" for k, v in server.client.cookies.items())})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()

    assert answer.status in (404, 405)
    assert json.loads(text)["problems"]


def test_twenty_at_once_are_all_answered_alike(server: Server) -> None:
    texts = [f"{TEXT} {'old ' * (n % 5)}" for n in range(20)]
    with ThreadPoolExecutor(20) as pool:
        together = list(pool.map(lambda text: server.ask("layer", text=text, layer=1, off=[]).content, texts))

    assert together == [server.ask("layer", text=text, layer=1, off=[]).content for text in texts]


def test_one_who_hangs_up_leaves_the_server_to_others(server: Server) -> None:
    host = server.origin.removeprefix("http://")
    cookie = "; ".join(f"{name}={value}" for name, value in server.client.cookies.items())
    body = json.dumps({"text": TEXT + " of the baker", "layer": 2, "off": []})
    head = f"POST /api/layer HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {cookie}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    for sent in (head, head + body, head + body[:10]):
        name, port = host.split(":")
        with socket.create_connection((name, int(port))) as connection:
            connection.sendall(sent.encode())

    assert server.ask("read", text=TEXT).status_code == 200
    assert raw(server, b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400")
    assert server.process.poll() is None


def test_a_transformer_without_an_exercise_is_only_looked_at_and_ctrl_c_ends_it(bench: Bench, tmp_path: Path) -> None:
    with running(bench, tmp_path / "home", "--transformer", str(bench.root / "tiny")) as served:
        assert served.ask("layer", text=TEXT, layer=2, off=[]).status_code == 200
        assert served.ask("hand-in", exercise="tiny-heads", claims=[]).status_code == 404
        assert '"grades":false' in served.client.get("/").text
        code, seconds = served.interrupted()
        out, error = served.process.communicate()

    assert (code, out) == (130, "")
    assert seconds < 10
    assert "Traceback" not in error


def test_a_port_that_is_taken_and_an_exercise_that_is_not_there_are_said(
    bench: Bench, server: Server, tmp_path: Path
) -> None:
    port = server.origin.rpartition(":")[2]
    taken, unknown, nowhere = bench.grade_all(
        tmp_path,
        ["explore", "--port", port, "--no-open"],
        ["explore", "no-such", "--no-open"],
        ["explore", "--transformer", tmp_path / "none", "--no-open"],
    )

    assert (taken[0], unknown[0], nowhere[0]) == (3, 2, 3)
    assert "--port" in taken[2]
    assert "no-such" in unknown[2]
    assert "does not exist" in nowhere[2]


def test_the_usual_port_is_taken_again_unless_something_listens_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening.listener(0) as free:
        port = free.getsockname()[1]
    monkeypatch.setattr(listening, "USUAL_PORT", port)
    with listening.listener(None) as first, listening.listener(None) as second:
        assert first.getsockname()[1] == port
        assert second.getsockname()[1] != port
    with listening.listener(None) as again:
        assert again.getsockname()[1] == port


def test_where_nothing_can_be_measured_the_browser_gets_the_transformer() -> None:
    exercise = exercises.load("mini-heads")
    ingredients = of_files(exercise.transformer)
    client = TestClient(application(Explorer(contents(exercise), ingredients)))
    page = client.get("/")

    assert '"kind":"browser"' in page.text
    assert "'self'" in page.headers["content-security-policy"].partition("script-src")[2].partition(";")[0]
    assert client.get("/transformer.js").text == transformer_script(ingredients)
    assert client.post("/api/layer", json={"text": TEXT, "layer": 0}).status_code == 404
