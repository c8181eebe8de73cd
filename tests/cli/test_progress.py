"""`grade progress`, and the ledger that `grade submit` leaves behind."""

import json
from pathlib import Path

from grader import xp
from grader.ledger import Ledger
from grader.schema import Report
from tests.cli.conftest import ID, Bench


def test_the_ledger_keeps_every_report_once_and_progress_adds_them_up(bench: Bench, home: Path, tmp_path: Path) -> None:
    failing = bench.grade(home, "submit", bench.failing(tmp_path), "--format", "json")
    passing = [bench.grade(home, "submit", bench.passing(tmp_path), "--format", "json") for _ in range(2)]
    told = bench.grade(home, "progress", "ada", "--json")
    text = bench.grade(home, "progress", "ada")
    (database,) = home.glob("ledger.*")
    with Ledger(f"sqlite:///{database}") as ledger:
        entries = list(ledger.entries())

    assert [entry.report for entry in entries] == [
        Report.model_validate_json(done.stdout) for done in (failing, passing[0])
    ]
    assert (told.returncode, told.stderr) == (0, "")
    found = xp.Progress.model_validate_json(told.stdout)
    assert (found.xp, found.level, [line.passed for line in found.history]) == (50, 0, [False, True])
    assert text.stdout.startswith("ada: level 0, Token; 50 XP\n")
    assert f"{ID} 100% passed, +50 XP" in text.stdout
    assert f"{ID} 0% not passed yet, +0 XP" in text.stdout


def test_less_feedback_keeps_the_whole_report(bench: Bench, home: Path, tmp_path: Path) -> None:
    """What the student is not shown is still needed for XP and for a regrade."""
    bench.grade(home, "submit", bench.passing(tmp_path), "--exercise", f"{ID}-score")
    found = json.loads(bench.grade(home, "progress", "ada", "--json").stdout)

    assert found["xp"] == 50


def test_somebody_unknown_stands_at_the_beginning(bench: Bench, tmp_path: Path) -> None:
    done = bench.grade(tmp_path / "home", "progress")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("login-name: level 0, Token; 0 XP\n")
