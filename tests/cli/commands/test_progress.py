"""`grade progress`, and the ledger that `grade submit` leaves behind."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from grader.base.errors import InvalidInput
from grader.cli.commands.progress import progress
from grader.ledger import Ledger
from grader.schema import Report
from grader.students import xp
from tests.cli.conftest import ID, Bench
from tests.cli.support_handing_in import hand_in


def test_the_ledger_keeps_every_report_once_and_progress_adds_them_up(bench: Bench, home: Path, tmp_path: Path) -> None:
    failing = bench.grade(home, "submit", bench.failing(tmp_path), "--format", "json")
    passing = [bench.grade(home, "submit", bench.passing(tmp_path), "--format", "json") for _ in range(2)]
    done = bench.grade(home, "progress", "ada", "--format", "json")
    text = bench.grade(home, "progress", "ada")
    (database,) = home.glob("ledger.*")
    with Ledger(f"sqlite:///{database}") as ledger:
        entries = list(ledger.entries())

    assert [entry.report for entry in entries] == [
        Report.model_validate_json(done.stdout) for done in (failing, passing[0])
    ]
    assert (done.returncode, done.stderr) == (0, "")
    progress = xp.Progress.model_validate_json(done.stdout)
    assert (progress.xp, progress.level, [line.passed for line in progress.history]) == (50, 0, [False, True])
    assert text.stdout.startswith("ada: level 0, Token; 50 XP\n")
    assert f"{ID} 100 % passed, +50 XP" in text.stdout
    assert f"{ID} 0 % not passed yet, +0 XP" in text.stdout
    assert "[##########..............] 50/120 XP to the next level\n" in text.stdout
    assert "* First Light: Have a claim confirmed. (20" in text.stdout
    assert "- Field Guide: Have heads of six types confirmed, in as many submissions as you like. (3 of 6)\n" in (
        text.stdout
    )


def test_less_feedback_keeps_the_whole_report(bench: Bench, home: Path, tmp_path: Path) -> None:
    """XP and regrades need what the student is not shown."""
    bench.grade(home, "submit", bench.passing(tmp_path), "--exercise", f"{ID}-score")
    progress = json.loads(bench.grade(home, "progress", "ada", "--format", "json").stdout)

    assert progress["xp"] == 50


def test_somebody_unknown_stands_at_the_beginning(bench: Bench, tmp_path: Path) -> None:
    done = bench.grade(tmp_path / "home", "progress")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("login-name: level 0, Token; 0 XP\n")


@pytest.mark.parametrize(
    ("environment", "has_colour", "bar"),
    [
        ({"PYTHONIOENCODING": "utf-8"}, True, "\N{LIGHT SHADE}" * 24),
        ({"PYTHONIOENCODING": "ascii", "NO_COLOR": "1"}, False, "[" + "." * 24 + "]"),
    ],
)
def test_a_terminal_is_given_what_it_can_show(
    bench: Bench, tmp_path: Path, environment: dict[str, str], has_colour: bool, bar: str
) -> None:
    screen, terminal = pty.openpty()
    command = [sys.executable, "-m", "grader.cli", "progress"]
    more = {"TERM": "xterm-256color", **environment}
    subprocess.run(command, env=bench.environment(tmp_path / "home", **more), stdout=terminal, check=True)
    os.close(terminal)
    shown = os.read(screen, 65536).decode()
    os.close(screen)

    assert ("\x1b[" in shown) == has_colour
    assert bar in shown


@pytest.mark.parametrize(
    "options",
    [
        {"words": ["sync"]},
        {"queue": "redis://h"},
        {"words": ["ada", "bob"]},
        {"words": ["sync", "ada", "bob"], "queue": "redis://h"},
        {"words": ["sync"], "queue": "redis://h", "as_json": True},
        {"use_attempts": True},
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match="use `grade progress"):
        progress(**options)  # type: ignore[arg-type]


def test_a_queue_that_cannot_be_reached_leaves_everything_as_it_is(bench: Bench, home: Path, tmp_path: Path) -> None:
    hand_in(bench, home, [("ada", bench.passing(tmp_path))])
    done = bench.grade(home, "progress", "sync", "ada", "--queue", "redis://127.0.0.1:1/0")
    progress = json.loads(bench.grade(home, "progress", "ada", "--format", "json").stdout)

    assert (done.returncode, done.stdout) == (3, "")
    assert "redis://127.0.0.1:1/0: no answer" in done.stderr
    assert progress["xp"] == 50


def test_a_student_or_a_platform_that_nobody_knows_is_no_student_with_nothing(
    bench: Bench, home: Path, tmp_path: Path
) -> None:
    hand_in(bench, home, [("ada", bench.passing(tmp_path))])
    student = bench.grade(home, "progress", "adda")
    platform = bench.grade(home, "progress", "ada", "--platform", "locl")
    folded = bench.grade(home, "progress", " ada\u200d", "--json")

    assert (student.returncode, student.stdout) == (2, "")
    assert "knows no student `adda`; did you mean `ada`?" in student.stderr
    assert (platform.returncode, platform.stdout) == (2, "")
    assert "nothing was handed in on platform `locl`; known: local; did you mean `local`?" in platform.stderr
    assert json.loads(folded.stdout)["xp"] == 50


def test_two_students_of_one_name_are_never_added_up(bench: Bench, home: Path, tmp_path: Path) -> None:
    hand_in(bench, home, [(name, bench.passing(tmp_path)) for name in ("ada", "bob")])
    with Ledger(f"sqlite:///{home / 'ledger.sqlite3'}") as ledger:
        (entry,) = ledger.entries(student="ada")
        for platform in ("campus", "mooc"):
            ledger.append(entry.report, platform)
    both = bench.grade(home, "progress", "ada")
    one = bench.grade(home, "progress", "ada", "--platform", "mooc", "--json")
    names = bench.grade(home, "cohort", ID, "--names").stdout.split("\n")

    assert (both.returncode, both.stdout) == (2, "")
    assert "perhaps as different persons: campus, local, mooc. Add --platform NAME" in both.stderr
    assert json.loads(one.stdout)["xp"] == 50
    assert sum("ada (mooc)" in line for line in names) == 1
