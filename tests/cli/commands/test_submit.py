"""`grade submit` and `grade check` as real processes."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from grader.report.formats import Format
from grader.schema import Report
from tests.cli.conftest import ID, KINDS, Bench

HEAVY = {"torch", "transformers", "matplotlib", "numpy", "safetensors", "tokenizers", "huggingface_hub"}


def test_cold_it_measures_and_passes_quietly_and_warm_it_says_the_same(bench: Bench, tmp_path: Path) -> None:
    home, file = tmp_path / "new-home", bench.passing(tmp_path)
    first = bench.grade(home, "submit", file, "--format", "json")
    second = bench.grade(home, "submit", file, "--format", "json")

    assert (first.returncode, first.stderr) == (0, "")
    assert (second.returncode, second.stderr, second.stdout) == (0, "", first.stdout)
    report = Report.model_validate_json(first.stdout)
    assert [verdict.outcome for verdict in report.verdicts] == ["confirmed"] * 5
    assert (report.score, report.passed, report.xp, report.student) == (1, True, 50, "ada")


def test_a_warm_submission_imports_nothing_heavy(bench: Bench, home: Path, tmp_path: Path) -> None:
    """The first submission creates the ledger, which imports more."""
    file = bench.passing(tmp_path)
    assert "sqlalchemy" in bench.imported(home, "submit", file)[1]

    for form in sorted(set(Format) - {Format.html}):
        code, names = bench.imported(home, "submit", file, "--format", form)
        assert code == 0
        assert names & (HEAVY | {"sqlalchemy", "alembic", "jinja2"}) == set()


def test_a_warm_html_page_needs_no_torch(bench: Bench, home: Path, tmp_path: Path) -> None:
    """Pictures are stored as arrays, which numpy alone can read."""
    code, names = bench.imported(
        home, "submit", bench.passing(tmp_path), "--format", "html", "--out", tmp_path / "r.html"
    )

    assert code == 0
    assert names & HEAVY == {"numpy"}


def test_a_refuted_claim_does_not_pass(bench: Bench, home: Path, tmp_path: Path) -> None:
    done = bench.grade(home, "submit", bench.failing(tmp_path))

    assert (done.returncode, done.stderr) == (1, "")
    assert "refuted" in done.stdout.lower()
    assert "induction" in done.stdout


def test_claims_that_cannot_be_measured_are_not_graded(bench: Bench, home: Path, tmp_path: Path) -> None:
    file = bench.submission(tmp_path, "{layer: 0, head: 0, type: semantic}")
    done = bench.grade(home, "submit", file, "--format", "json")
    report = json.loads(done.stdout)

    assert done.returncode == 1
    assert (report["gradable"], report["verdicts"][0]["outcome"]) == (False, "not_graded")


@pytest.mark.parametrize("command", ["submit", "check"])
@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (
            "{layer: 9, head: 0, type: induction}",
            ":4:13: L9H0 does not exist in tiny: layers are 0 to 2 [no-such-head]",
        ),
        ("{layer: 0, head: 0, type: inductoin}", "did you mean `induction`?"),
    ],
)
def test_invalid_input_is_two_with_line_and_column(
    bench: Bench, tmp_path: Path, command: str, claim: str, message: str
) -> None:
    file = bench.submission(tmp_path, claim)
    done = bench.grade(tmp_path / "home", command, file)

    assert (done.returncode, done.stdout) == (2, "")
    assert f"{file}:4:" in done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "home").exists()  # no attempt is charged


def test_an_unknown_exercise_in_the_file_is_told_with_those_there_are(bench: Bench, tmp_path: Path) -> None:
    file = bench.submission(tmp_path, "{layer: 0, head: 0, type: induction}", name="tiny-head")
    done = bench.grade(tmp_path / "home", "submit", file)

    assert done.returncode == 2
    assert "there is no exercise `tiny-head`" in done.stderr
    assert "did you mean `tiny-heads`?" in done.stderr


def test_what_is_our_fault_is_three(bench: Bench, home: Path, tmp_path: Path) -> None:
    """A missing transformer, and a table that cannot be read."""
    file = bench.passing(tmp_path)
    missing = bench.grade(home, "submit", file, GRADER_TRANSFORMER_TINY=str(tmp_path / "nowhere"))
    for table in (home / "tables").glob("*.json"):
        table.unlink()
        table.mkdir()
    unreadable = bench.grade(home, "submit", file)

    assert (missing.returncode, unreadable.returncode) == (3, 3)
    assert "does not exist" in missing.stderr
    assert "cannot be read (Is a directory); move it away" in unreadable.stderr
    assert not (home / "ledger.sqlite3").exists()
    assert "Traceback" not in missing.stderr + unreadable.stderr


def test_check_validates_and_imports_nothing_heavy(bench: Bench, tmp_path: Path) -> None:
    file = bench.passing(tmp_path)
    done = bench.grade(tmp_path / "home", "check", file)
    code, names = bench.imported(tmp_path / "home", "check", file)

    assert (done.returncode, code) == (0, 0)
    assert done.stdout == f"{file} is valid: 5 claims of 5 allowed for {ID}\n"
    assert names & (HEAVY | {"sqlalchemy", "jinja2", "rich", "rich.progress"}) == set()
    assert not (tmp_path / "home").exists()


def test_the_option_takes_the_place_of_the_files_exercise(bench: Bench, home: Path, tmp_path: Path) -> None:
    done = bench.grade(home, "submit", bench.passing(tmp_path), "--exercise", f"{ID}-score", "--format", "json")

    assert json.loads(done.stdout)["exercise"] == f"{ID}-score"


@pytest.mark.parametrize(("feedback", "verdicts"), [("verdicts", 1), ("score", 0)])
def test_less_feedback_hides_the_numbers_in_every_format(
    bench: Bench, home: Path, tmp_path: Path, feedback: str, verdicts: int
) -> None:
    file = bench.submission(tmp_path, bench.claim("induction"))
    full = json.loads(bench.grade(home, "submit", file, "--format", "json").stdout)
    (check,) = full["verdicts"][0]["threshold"]
    numbers = {f"{check['measured']}", f"{check['measured']:.2f}; needed", f"{check['interval'][1]}"}
    for form in Format:
        done = bench.grade(home, "submit", file, "--exercise", f"{ID}-{feedback}", "--format", form)

        assert done.returncode == 1
        assert {number for number in numbers if number in done.stdout} == set(), form
        if form == "json":
            assert len(json.loads(done.stdout)["verdicts"]) == verdicts


def test_the_platforms_formats_are_what_they_say(bench: Bench, home: Path, tmp_path: Path) -> None:
    file = bench.passing(tmp_path)
    html, gradescope, junit = (
        bench.grade(home, "submit", file, "--format", form).stdout for form in ("html", "gradescope", "junit")
    )

    assert html.lstrip().lower().startswith("<!doctype html>")
    assert html.count("<svg") >= 5  # every claimed head is drawn
    assert json.loads(gradescope)["score"] == 50
    assert len(list(ElementTree.fromstring(junit).iter("testcase"))) == 6  # noqa: S314 - our own output


def test_out_writes_the_file_and_leaves_stdout_empty(bench: Bench, home: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "report.json"
    done = bench.grade(home, "submit", bench.passing(tmp_path), "--format", "json", "--out", out)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"written to {out}\n")
    assert Report.model_validate_json(out.read_text()).passed


def test_a_file_gets_plain_text_even_from_a_colour_terminal(bench: Bench, home: Path, tmp_path: Path) -> None:
    out, (screen, terminal) = tmp_path / "report.txt", pty.openpty()
    command = [sys.executable, "-m", "grader.cli", "submit", bench.passing(tmp_path), "--out", out]

    subprocess.run(
        command, env=bench.environment(home, TERM="xterm-256color"), stdout=terminal, stderr=terminal, check=True
    )

    os.close(terminal)
    os.close(screen)
    assert "confirmed" in out.read_text()
    assert "\x1b" not in out.read_text()


def test_a_terminal_with_unicode_gets_every_sign_and_every_language(bench: Bench, home: Path, tmp_path: Path) -> None:
    """Standard error is a terminal as well: the progress shown there must not change what goes to standard output."""
    command = [sys.executable, "-m", "grader.cli", "--lang", "ko", "submit", bench.passing(tmp_path)]
    screen, terminal = pty.openpty()
    out = tmp_path / "stdout"
    environment = bench.environment(home, TERM="xterm-256color", PYTHONIOENCODING="utf-8", NO_COLOR="1")

    with out.open("w") as stdout:
        subprocess.run(command, env=environment, stdout=stdout, stderr=terminal, check=True)

    os.close(terminal)
    os.close(screen)
    assert "✓" in out.read_text(encoding="utf-8")
    assert "확인됨" in out.read_text(encoding="utf-8")
    assert "?" not in out.read_text(encoding="utf-8")


def test_out_that_cannot_be_written_is_the_users_mistake(bench: Bench, home: Path, tmp_path: Path) -> None:
    (tmp_path / "a-file").write_text("")
    file = bench.passing(tmp_path, student="nobody")
    done = bench.grade(home, "submit", file, "--out", tmp_path / "a-file" / "report")

    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "knows no student `nobody`" in bench.grade(home, "progress", "nobody").stderr
    assert "Traceback" not in done.stderr


def test_without_a_name_it_is_the_login_name(bench: Bench, home: Path, tmp_path: Path) -> None:
    done = bench.grade(home, "submit", bench.passing(tmp_path, student=None), "--format", "json")

    assert json.loads(done.stdout)["student"] == "login-name"


def test_evidence_is_recomputed_and_kept(bench: Bench, home: Path, tmp_path: Path) -> None:
    evidence = ', evidence: "the king waits and the king waits"'
    file = bench.submission(tmp_path, bench.claim("induction", more=evidence))
    first = bench.grade(home, "submit", file, "--format", "json")
    code, names = bench.imported(home, "submit", file)

    assert json.loads(first.stdout)["verdicts"][0]["evidence"]["queries"] > 0
    assert code == 1  # one kind of the three that a pass needs
    assert names & HEAVY == set()


def test_a_plain_pipe_gets_plain_text(bench: Bench, home: Path, tmp_path: Path) -> None:
    done = bench.grade(home, "submit", bench.passing(tmp_path))

    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert all(f"L{layer}H{head}" in done.stdout for layer, head in map(bench.best.__getitem__, KINDS))


def test_a_cache_that_cannot_be_written_is_no_error(bench: Bench, home: Path, tmp_path: Path) -> None:
    (home / "tables" / "evidence").write_text("a file where a folder belongs")
    file = bench.submission(tmp_path, bench.claim("induction", more=", evidence: the king waits"))
    done = bench.grade(home, "submit", file)

    assert (done.returncode, done.stderr) == (1, "")
    assert "the king waits" in done.stdout
