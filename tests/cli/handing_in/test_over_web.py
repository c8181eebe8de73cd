"""`grade submit --web` at a real web door; the submission is graded in this process, as by a worker."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import typer

from grader.base.errors import GraderError
from grader.cli.commands.submit import submit
from grader.ledger.queue.jobs import Jobs
from grader.report.formats import Format
from grader.service.laboratories import Laboratories
from grader.service.worker import Worker
from tests.service import planted
from tests.support.door import RunningDoor, token
from tests.support.servers import wait_for

HandIn = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDoor]:
    with RunningDoor(tmp_path_factory.mktemp("web")) as opened:
        planted.measure(opened.folder / "tables", planted.planted())
        yield opened


@pytest.fixture
def hand_in(door: RunningDoor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HandIn:
    """A function that hands in, and returns the exit code and what was said."""
    monkeypatch.setenv("GRADER_EXERCISES", door.environment["GRADER_EXERCISES"])
    file = tmp_path / "my_heads.yaml"
    file.write_text(f"student: ada\n{planted.document()}", "utf-8")

    def handed_in(url: str = door.url, shown: str = door.token, **more: Any) -> tuple[int, str]:  # noqa: ANN401
        monkeypatch.setenv("GRADER_WEB_TOKEN", shown)
        try:
            submit(file, web=url, **more)
        except GraderError as error:
            return error.exit_code, str(error)
        except typer.Exit as end:
            return end.exit_code, ""
        raise AssertionError

    return handed_in


def grade_next(door: RunningDoor, name: str) -> None:
    wait_for(lambda: name in door.ids(), "the submission to come in")
    jobs = Jobs(door.ledger, task_seconds=60, resend_seconds=30)
    Worker(door.ledger, jobs, Laboratories(door.folder / "tables")).work(1 + door.ids().index(name))


def test_the_report_comes_back_over_http(
    door: RunningDoor, hand_in: HandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    worker = threading.Thread(target=grade_next, args=(door, "s1"))
    worker.start()
    first = hand_in(submission_id="s1", form=Format.json)
    worker.join()
    report = capsys.readouterr().out
    again = hand_in(submission_id="s1", form=Format.json)

    assert first == again == (1, "")  # one claim may be luck
    assert json.loads(report)["student"] == "ada"
    assert capsys.readouterr().out == report
    assert door.ids().count("s1") == 1


def test_what_is_refused_is_told(door: RunningDoor, hand_in: HandIn, capsys: pytest.CaptureFixture[str]) -> None:
    bob = token(door.ledger, student="bob")
    before = door.ids()
    refused = [
        hand_in(submission_id="a b"),
        hand_in(queue="redis://x"),
        hand_in(shown=bob),
        hand_in(shown="hgt_" + "x" * 43),
        hand_in(shown=""),
        hand_in("http://127.0.0.1:9", timeout=0.1),
    ]
    kept = door.ids()
    waits = hand_in(submission_id="s2", wait=False)

    assert [code for code, _ in refused] == [2, 2, 3, 3, 2, 3]
    for (_, said), words in zip(
        refused,
        ["--id", "--web goes with neither", "one student only", "not valid", "GRADER_WEB_TOKEN", "no answer"],
        strict=True,
    ):
        assert words in said
        assert "hgt_" not in said
    assert kept == before
    assert waits == (0, "")
    assert capsys.readouterr().out == "s2\n"
    assert hand_in(submission_id="s2", timeout=0.1)[0] == 3  # nobody grades it


def test_the_token_goes_nowhere_else(hand_in: HandIn) -> None:
    """A server that sends on to another place, and an address that is not encrypted."""
    seen: list[str] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(self.path)
            self.send_response(307)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_address[1]}/other")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        sent_on = hand_in(f"http://127.0.0.1:{server.server_address[1]}")
        server.shutdown()
        serving.join()
    plain = hand_in("http://grader.example")

    assert (sent_on[0], plain[0]) == (3, 2)
    assert "307" in sent_on[1]
    assert "is not an address such as https://grader.example" in plain[1]
    assert seen == ["/submissions"]
