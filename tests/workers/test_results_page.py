"""The page on results: its examples run, and its names and numbers are those of the code."""

import json
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from grader.schema.queue import STATES, TERMINAL, Result
from grader.service.signing import webhook_headers
from grader.service.streams import RESULTS_KEPT
from tests.support.servers import ROOT, Process, Valkey, free_port, wait_for
from tests.workers.support.owing import Owing
from workers.courier import Patience
from workers.webhooks import ANSWER_BYTES, AWAY, EACH_AT_ONCE

PAGE = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
SECTIONS = {part.split("\n", 1)[0]: part for part in re.split(r"^##+ ", PAGE, flags=re.MULTILINE)}
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of this test alone


def first_column(section: str) -> list[str]:
    return re.findall(r"^\| `(\w+)` \|", SECTIONS[section], re.MULTILINE)


def example(name: str) -> str:
    """Return the block of code under this mark."""
    (found,) = re.findall(rf"<!-- {name} -->\n```\w+\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    with Valkey(tmp_path / "valkey") as running:
        yield running


def test_every_key_is_explained_and_none_is_left_over() -> None:
    schema = Result.model_json_schema()

    assert first_column("Result") == list(schema["properties"])
    assert first_column("Problem") == list(schema["$defs"]["Problem"]["properties"])


def test_every_state_is_explained() -> None:
    assert set(first_column("State")) == set(TERMINAL)
    assert re.findall(r"`(\w+)`", SECTIONS["State"].split("The states ")[1]) == [s for s in STATES if s not in TERMINAL]


def test_the_numbers_are_those_of_the_code() -> None:
    patience, said = Patience(), " ".join(PAGE.split())
    waits = [patience.first * 2**number for number in range(20) if patience.first * 2**number < patience.most]
    rests = [patience.first * 2**number for number in range(20) if patience.first * 2**number < patience.rest]
    waiting = ", ".join(f"{wait:.0f}" for wait in waits[:-1])
    resting = f"{rests[0]:.0f} seconds, then {', '.join(f'{rest:.0f}' for rest in rests[1:])}"

    assert patience.most == 3600
    assert f"are {waiting} and {waits[-1]:.0f} seconds, then an hour each time" in said
    assert f"left alone for {resting} and at most {patience.rest:.0f}" in said
    assert f"is there within {patience.post:.0f} seconds" in said
    assert f"{ANSWER_BYTES // 1024} KB are read at most" in said
    assert "the answer is {}, {}, {} or {}, the receiver".format(*sorted(AWAY)) in said
    assert f"At most {EACH_AT_ONCE} results are posted to a platform at a time" in said
    assert f"about the newest {RESULTS_KEPT:,} results" in said


def post(port: int, secret: str, body: bytes) -> int:
    """Post this result as the courier does, and return the answer's status."""
    request = Request(f"http://127.0.0.1:{port}/", body, webhook_headers(secret, "m1", int(time.time()), body))
    with urlopen(request, timeout=60) as answer:  # noqa: S310 - our own address
        return int(answer.status)


def test_the_receiver_keeps_the_newest_result_of_each_submission(tmp_path: Path, valkey: Valkey) -> None:
    port = free_port()
    with Owing(tmp_path, valkey, {"canvas": f"http://127.0.0.1:{port}/grades"}) as owing:
        environment = {
            "SECRET_FILE": str(tmp_path / "canvas.secret"),
            "RESULTS": str(tmp_path / "results"),
            "PORT": str(port),
        }
        owing.owe_report("canvas", "s1")
        owing.owe("canvas", "s2")
        with Process([sys.executable, "-c", example("receiver: python")], tmp_path / "receiver.log", environment):
            owing.courier()
            owing.wait_until_nothing_is_owed()
            late = {"id": "s1", "revision": 0, "state": "dead"}  # a connection held it back
            assert post(port, (tmp_path / "canvas.secret").read_text().strip(), json.dumps(late).encode()) == 204

    with sqlite3.connect(tmp_path / "results") as connection:
        rows = connection.execute("SELECT id, body FROM results").fetchall()
    connection.close()
    assert {name: json.loads(body)["state"] for name, body in rows} == {"s1": "graded", "s2": "rejected"}


def test_the_receiver_refuses_what_is_not_ours(tmp_path: Path, valkey: Valkey) -> None:
    port = free_port()
    with Owing(tmp_path, valkey, {"canvas": f"http://127.0.0.1:{port}/grades"}) as owing:
        (tmp_path / "other.secret").write_text(SECRET)
        environment = {
            "SECRET_FILE": str(tmp_path / "other.secret"),
            "RESULTS": str(tmp_path / "results"),
            "PORT": str(port),
        }
        owing.owe("canvas", "s1")
        with Process([sys.executable, "-c", example("receiver: python")], tmp_path / "receiver.log", environment):
            owing.courier()
            wait_for(lambda: owing.reasons() == {"s1": "answered 401"}, "the receiver to refuse")


@pytest.mark.parametrize(("change", "said"), [({}, "genuine\n"), ({"webhook_id": "other"}, ""), ({"age": 301}, "")])
def test_the_shell_tells_what_is_ours(tmp_path: Path, change: dict[str, str | int], said: str) -> None:
    body = '{"id":"s1", "student":"\u00e4"}\n'.encode()
    (tmp_path / "body").write_bytes(body)
    headers = webhook_headers(SECRET, "abc", int(time.time()) - int(change.pop("age", 0)), body)
    names = {name.replace("-", "_"): value for name, value in headers.items()}
    given = {"secret": SECRET, "body": str(tmp_path / "body"), **names, **change}

    answer = subprocess.run(
        ["sh", "-uc", example("verify: sh")],
        env={"PATH": "/usr/bin:/bin", **{name: str(value) for name, value in given.items()}},
        capture_output=True,
        check=False,
    )

    assert (answer.stdout.decode(), answer.stderr) == (said, b"")
