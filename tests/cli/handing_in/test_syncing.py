"""Messages about offline work, which never harms the submission after which it is handed in."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.cli.handing_in.queued import queue_settings
from grader.cli.handing_in.syncing import Tally, afterwards
from grader.ledger import Ledger
from grader.schema import Report
from grader.schema.queue import Envelope, Result
from tests.support.ledgers import sealed

NOBODY = queue_settings("redis://canvas:secret@127.0.0.1:1/0")
NOW = datetime.now(UTC)
UNLIMITED = "their-heads"
"""An exercise that this machine does not have, and so knows no limit of."""
ENVELOPE = Envelope(
    platform="canvas",
    id="c-1",
    submission='{"exercise": "mini-heads", "claims": [{"layer": 1, "head": 7, "type": "induction"}]}',
    came_at=NOW,
    student="ada",
)


def result(report: Report) -> Result:
    return Result(
        platform="canvas",
        id="c-1",
        state="graded",
        says="graded",
        student="ada",
        exercise="mini-heads",
        received_at=NOW,
        finished_at=NOW,
        tries=1,
        report=report,
    )


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of this machine's ledger."""
    monkeypatch.setenv("GRADER_HOME", str(tmp_path))
    return tmp_path / "ledger.sqlite3"


def test_the_result_is_kept_under_the_platforms_name(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    afterwards(NOBODY, ENVELOPE, result(sealed(1)), hands_in=True)

    with Ledger(f"sqlite:///{file}") as ledger:
        assert [entry.report for entry in ledger.entries(platform="canvas")] == [sealed(1)]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("hands_in", [True, False])
def test_a_queue_that_went_away_is_said_in_a_line_and_nothing_is_asked_of_it_without_need(
    file: Path, capsys: pytest.CaptureFixture[str], hands_in: bool
) -> None:
    with Ledger(f"sqlite:///{file}") as ledger:
        ledger.append(sealed(2, exercise=UNLIMITED))
    afterwards(NOBODY, ENVELOPE, result(sealed(1)), hands_in=hands_in)

    printed = capsys.readouterr().err
    assert ("offline work has not been handed in yet: redis://canvas@127.0.0.1:1/0: no answer" in printed) == hands_in
    assert len(printed.splitlines()) == int(hands_in)


def test_work_that_would_use_up_an_attempt_is_kept_back_without_asking_the_queue(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Ledger(f"sqlite:///{file}") as ledger:
        ledger.append(sealed(2))
    afterwards(NOBODY, ENVELOPE, result(sealed(1)), hands_in=True)

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("1 offline submission for mini-heads was kept back, because it would use up an attempt.")


def test_a_ledger_that_cannot_be_used_is_said_in_a_line(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("no ledger" * 100)
    afterwards(NOBODY, ENVELOPE, result(sealed(1)), hands_in=True)

    assert "is damaged, or is not a ledger" in capsys.readouterr().err


def test_what_became_of_it_is_told_by_exercise_and_reason() -> None:
    came = Counter(counted=2, there=1, ungradable=1, dead=1, pending=3)
    tally = Tally(came, Counter({("a", "closed"): 1, ("b", "closed"): 2}), Counter(c=1), left=4)

    assert list(tally.lines("redis://canvas:secret@h:1/0")) == [
        "8 offline submissions were handed in: 2 counted, 1 was there already, 1 could not be decided there, "
        "1 could not be graded, which is not your fault, 3 are still on their way",
        "1 offline submission was not accepted for a: closed. It still counts here",
        "2 offline submissions were not accepted for b: closed. They still count here",
        "1 offline submission for c was kept back, because it would use up an attempt. To hand it in, run: "
        "grade progress sync --queue redis://canvas@h:1/0 --use-attempts",
        "4 offline submissions are left for the next time",
    ]
    assert list(Tally().lines("redis://h")) == []
