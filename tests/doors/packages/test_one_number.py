"""A package gives a submission the score that the service gives it: in time, late, and the same claims once more."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

import grader
from grader.doors.packages.gradescope.__main__ import run as on_gradescope
from grader.doors.packages.grading import FromPlatform, answer, rendered
from grader.ledger import Ledger
from grader.ledger.queue.jobs import Jobs
from grader.report.formats import Format
from grader.schema.queue import Envelope
from grader.service import answers, platforms
from grader.service.laboratories import Laboratories
from grader.service.reception import Reception
from grader.service.worker import Worker
from tests.doors.packages.conftest import EXAMPLE, ID

COURSE = "our-heads"
DUE = datetime.fromisoformat("2026-03-02T12:00:00+00:00")
HOUR = timedelta(hours=1)
POLICY = f"policy: {{due: {DUE.isoformat()}, late_days: 3, late_costs: 0.2, attempts: 2}}"
RIGHT = ["{layer: 0, head: 5, type: positional, offset: -1}", "{layer: 1, head: 3, type: induction}"]
CLAIMS = [*RIGHT, "{layer: 2, head: 5, type: induction}", "{layer: 3, head: 7, type: semantic}"]


def document(claims: list[str], note: str = "") -> str:
    lines = "".join(f"  - {claim}\n" for claim in claims).replace("}", f", note: {note}}}" if note else "}")
    return f"exercise: {COURSE}\nclaims:\n{lines}"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an exercise with a deadline, as a course and a package have it."""
    folder = tmp_path / "source" / "exercises" / COURSE
    folder.mkdir(parents=True)
    text = (EXAMPLE.parent / "exercise.yaml").read_text().replace(f"id: {ID}", f"id: {COURSE}")
    (folder / "exercise.yaml").write_text(text.replace("policy: {attempts: 2}", POLICY))
    (folder / "scores.zip").symlink_to(EXAMPLE.parent / "scores.zip")
    monkeypatch.setenv("GRADER_EXERCISES", str(folder.parent))
    return folder


class Service:
    """The service on a ledger of its own."""

    def __init__(self, ledger: Ledger, tables: Path) -> None:
        self.ledger, self.reception = ledger, Reception(ledger, platforms.load(None))
        self.worker = Worker(ledger, Jobs(ledger, task_seconds=60, resend_seconds=30), Laboratories(tables))
        self.number = 0

    def score(self, submission: str, came: datetime) -> float | None:
        """Return the score of a submission that came in at this time; None if it was refused."""
        self.number += 1
        name = f"s{self.number}"
        values = {"platform": "local", "id": name, "student": "ada", "submission": submission, "came_at": came}
        self.reception.accept([Envelope.model_validate(values)])
        self.worker.work(self.number)
        given = answers.result(self.ledger, "local", name)
        assert given
        return given.score


@pytest.fixture
def service(place: Path, tmp_path: Path) -> Iterator[Service]:
    with Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite3'}") as ledger:
        yield Service(ledger, tmp_path / "tables")


class Gradescope:
    """One student's submissions on Gradescope, each with those before it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "submission").mkdir()
        self.earlier: list[dict[str, Any]] = []

    def score(self, submission: str, came: datetime) -> float | None:
        (self.root / "submission" / "my_heads.yaml").write_text(submission)
        metadata = {"created_at": came.isoformat(), "users": [{"id": 1}], "previous_submissions": self.earlier}
        (self.root / "submission_metadata.json").write_text(json.dumps(metadata))
        on_gradescope(self.root, COURSE)
        results = json.loads((self.root / "results" / "results.json").read_text())
        self.earlier.append({"submission_time": came.isoformat(), "score": results["score"], "results": results})
        extra = results["extra_data"]
        if not extra["gradable"] or extra.get("kept"):
            return None
        assert results["score"] == pytest.approx(extra["score"] * 120, abs=0.01)
        score: float = extra["score"]
        return score


def on_xqueue(place: Path, submission: str, came: datetime) -> float:
    result = answer(place, lambda _: FromPlatform(submission.encode(), "your answer", "ada", came))
    score: float = json.loads(rendered(result, Format.xqueue))["score"]
    return score


def test_lateness_and_attempts_are_the_services(place: Path, tmp_path: Path, service: Service) -> None:
    gradescope = Gradescope(tmp_path)
    handed_in = [
        (document(CLAIMS), DUE - HOUR),
        (document(CLAIMS), DUE + HOUR),  # the same again, late
        (document(RIGHT), DUE + 25 * HOUR),
        (document(RIGHT, "once more"), DUE + 26 * HOUR),  # one attempt too many
        (document(CLAIMS), DUE + 100 * HOUR),  # the same again, when all is closed
    ]

    asked = [service.score(*each) for each in handed_in]

    assert asked == [pytest.approx(score) for score in (0.35, 0.35, 0.15, None, 0.35)]
    assert [gradescope.score(*each) for each in handed_in] == asked
    assert [on_xqueue(place, *handed_in[number]) for number in (0, 2)] == [asked[0], asked[2]]


def test_where_the_platform_minds_the_dates_it_is_the_score_without_lateness(place: Path, service: Service) -> None:
    asked = service.score(document(CLAIMS), DUE - HOUR)
    result = answer(place, lambda _: FromPlatform(document(CLAIMS).encode(), "my_heads.yaml"))
    suite = ElementTree.fromstring(rendered(result, Format.junit))  # noqa: S314 - our own

    assert asked
    assert json.loads(rendered(result, Format.prairielearn))["score"] == asked
    assert [each.get("value") for each in suite.iter("property") if each.get("name") == "score"] == [f"{asked:.4f}"]
    assert grader.check(place, yaml.safe_load(document(CLAIMS))["claims"], points=1) == asked
