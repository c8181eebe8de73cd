"""The figures of the web door: what was asked and refused, and nothing of what a sender wrote."""

import re
from pathlib import Path

import httpx
import pytest

from grader.doors.web.figures import METRICS
from tests.doors.web.pages.visiting import signed_in
from tests.service import planted
from tests.support.door import Door, RunningDoor, posted
from tests.support.servers import ROOT

PAGE = ROOT / "docs" / "operations.md"


def value(door: Door, name: str, **labels: str) -> float:
    return door.house.figures.registry.get_sample_value(name, labels) or 0


def labels(door: Door) -> set[str]:
    """Every value of every label."""
    families = list(door.house.figures.registry.collect())
    return {text for family in families for sample in family.samples for text in sample.labels.values()}


def test_every_metric_is_on_the_page() -> None:
    section = PAGE.read_text("utf-8").split("## Metrics of the web door\n", 1)[1].split("\n## ", 1)[0]
    told = re.findall(r"^\| `(grader_\w+)`(?: by [`\w, ]+)? \| \w+ \| (.+) \|$", section, re.MULTILINE)

    assert dict(told) == METRICS


def test_requests_are_counted_by_room_method_and_class_of_status(door: Door) -> None:
    for number in range(3):
        door.post(posted(f"a-{number}"))
        door.get(f"/submissions/a-{number}")
    answered = door.get("/submissions/none")
    route = "/submissions/{id}"

    assert value(door, "grader_web_requests_total", route="/submissions", method="POST", status="2xx") == 3
    assert value(door, "grader_web_requests_total", route=route, method="GET", status="2xx") == 3
    assert value(door, "grader_web_requests_total", route=route, method="GET", status="4xx") == 1
    assert value(door, "grader_web_request_seconds_count", route=route) == 4
    assert value(door, "grader_web_answer_bytes_total", route=route) > 4 * len(answered.content) / 2
    assert value(door, "grader_web_refusals_total", reason="unknown-submission") == 1


def test_what_a_sender_writes_is_in_no_label(door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    ada = signed_in(door, "student", "ada-secret")
    for path in ("/explore/mini-heads/", "/explore/mini-heads/nothing", "/explore/no-exercise/", "/reports/local/mine"):
        ada.get(path)
    door.post(posted("id-secret", student="ada-secret", submission=planted.document(claims="{layer: 99%s}")))
    door.get("/students/ada-secret/progress?token=hgt_secret", shown="hgt_secret")
    door.client.request("SECRET", "/secret/path", headers={"Origin": "https://secret.example"})
    door.client.get("/health", headers={"Host": "secret.example"})
    told = labels(door)

    assert told >= {"/explore/{exercise}", "/explore/{exercise}/", "/reports/{platform}/{id}", "other", "none"}
    assert told >= {"bad-token", "other-host", "not-found"}
    assert not [each for each in told if re.search("secret|ada|mini|mine|no-exercise|hgt|example", each)]


def test_each_process_answers_on_a_port_that_is_not_the_doors(running: RunningDoor) -> None:
    with running.client() as client:
        client.get("/submissions/none")
        outside = client.get("/metrics")
    port = running.environment["GRADER_WEB_METRICS_PORT"]
    page = httpx.get(f"http://127.0.0.1:{port}/metrics").text

    assert outside.status_code == 404
    assert re.search(
        r'^grader_web_requests_total\{method="GET",route="/submissions/\{id\}",status="4xx"\} ', page, re.M
    )
    assert "_created" not in page
    assert running.token not in page
