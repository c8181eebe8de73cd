"""Commands that measure nothing: `--help`, `schema`, `exercises`, `doctor`; and what holds for every command."""

import json
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command

from grader.cli import COMMANDS as LISTED
from grader.cli import app
from tests.cli.conftest import ID, REPOSITORY, Bench

HEAVY = {"torch", "transformers", "numpy", "sqlalchemy", "jinja2", "matplotlib", "rich.progress", "huggingface_hub"}
COMMANDS = (
    "submit", "check", "show", "scan", "progress", "schema", "calibrate", "cohort", "grades", "whatif", "regrade", "up",
    "status", "report", "dead", "backup", "restore", "doctor", "exercises", "ablate", "trace", "atlas",
)  # fmt: skip
SCHEMAS = ("submission", "exercise", "report", "atlas", "comparison")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["submit", "--help"], ["--version"], ["schema", "report"], ["exercises"]]
)
def test_a_light_command_imports_nothing_heavy(bench: Bench, tmp_path: Path, arguments: list[str]) -> None:
    code, names = bench.imported(tmp_path, *arguments)

    assert code == 0
    assert names & HEAVY == set()
    assert "grader" in names


def test_help_names_every_command_and_the_exit_codes(bench: Bench, tmp_path: Path) -> None:
    done = bench.grade(tmp_path, "--help", COLUMNS="120")

    assert done.returncode == 0
    assert all(f" {command} " in done.stdout for command in COMMANDS)
    assert "0 graded and passed, 1 graded and not passed, 2 the input is invalid, 3 we failed" in done.stdout


def test_the_line_of_a_command_is_its_docstrings_first() -> None:
    offered = getattr(get_command(app), "commands")  # noqa: B009 - only a group has it, and this is one

    assert set(COMMANDS) <= set(offered)
    for name, (_, line) in LISTED.items():
        assert line == offered[name].help.split("\n")[0]


def test_the_script_of_the_wheel_is_this_command_line() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]

    assert project["scripts"] == {"grade": "grader.__main__:main"}


@pytest.mark.parametrize("arguments", [["sumbit"], ["submit"], ["schema", "reprot"], ["scan", ID, "--top", "0"]])
def test_what_is_typed_wrong_is_two(bench: Bench, tmp_path: Path, arguments: list[str]) -> None:
    done = bench.grade(tmp_path, *arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_published_schema_is_what_is_printed(bench: Bench, tmp_path: Path, name: str) -> None:
    done = bench.grade(tmp_path, "schema", name)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (REPOSITORY / "docs" / "schema" / f"{name}.json").read_text()
    assert json.loads(done.stdout)["additionalProperties"] is False


def test_exercises_are_listed_and_one_is_shown_whole(bench: Bench, tmp_path: Path) -> None:
    listed = bench.grade(tmp_path, "exercises")
    shown = bench.grade(tmp_path, "exercises", ID)

    names = [line.split()[0] for line in listed.stdout.splitlines()]
    assert {"gpt2-heads", "minilm-heads", "smollm2-heads", ID} < set(names)
    assert names == sorted(names)
    assert "tiny: 3 layers of 8 heads, decoder" in shown.stdout
    assert "5 at most; a wrong one costs 20 points" in shown.stdout
    assert "60 % of 50 points, 3 kinds" in shown.stdout
    assert "positional, offset -2: 1 head, 10 points" in shown.stdout
    assert "    hit rate at least 0\n" in shown.stdout


def test_an_exercise_that_is_not_there_is_an_error_with_a_hint(bench: Bench, tmp_path: Path) -> None:
    done = bench.grade(tmp_path, "exercises", "tiny-hedas")

    assert done.returncode in {2, 3}
    assert "did you mean" in done.stderr
    assert ID in done.stderr


def test_doctor_finds_what_is_there_and_what_is_not(bench: Bench, home: Path) -> None:
    done = bench.grade(home, "doctor")
    lines = {line.split(": ")[0]: line for line in done.stdout.splitlines() if line[:4] in {"ok  ", "LOOK"}}

    assert done.stderr == ""
    assert "given by GRADER_TRANSFORMER_TINY" in lines["ok    transformer tiny"]
    assert lines["ok    ledger"].endswith("0 reports")
    assert str(home) in lines["ok    folder"]
    assert any(f"exercise {ID}" in name for name in lines)


def test_doctor_compares_known_heads_with_what_it_measures(bench: Bench, home: Path) -> None:
    layer, head = bench.best["induction"]
    known = bench.root / "exercises" / ID / "known_heads.yaml"
    known.write_text(
        f"- {{layer: {layer}, head: {head}, type: induction, published: 0.9, expect: confirmed, source: made here}}\n"
        f"- {{layer: {layer}, head: {head}, type: induction, expect: refuted, source: wrongly said}}\n"
        f"- {{layer: 0, head: 0, type: semantic, expect: confirmed, source: elsewhere}}\n"
        f"- {{layer: 0, head: 1, role: name mover, published: 0.95, expect: not_measured, source: a paper}}\n"
    )
    done = bench.grade(home, "doctor", "--exercise", ID)
    known.unlink()
    right, wrong, absent = [
        line for line in done.stdout.splitlines() if "here)" in line or "wrongly" in line or "elsewhere" in line
    ]

    assert right.startswith(f"ok    L{layer}H{head} induction: confirmed, measured ")
    assert "published 0.90, rank 1 (made here)" in right
    assert wrong.startswith("LOOK")
    assert "        refuted was expected\n" in done.stdout
    assert absent.startswith("ok")
    assert "not measured in this exercise" in absent
    assert "ok    L0H1 name mover: published 0.95, not measured (a paper)\n" in done.stdout


def test_doctor_says_three_when_grading_cannot_work(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = bench.grade(tmp_path / "file" / "home", "doctor")

    assert done.returncode == 3
    assert "LOOK  folder" in done.stdout
    assert "Traceback" not in done.stderr
