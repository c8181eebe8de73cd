"""The command line in Korean: everything that a student reads, and nothing that is kept or meant for instructors."""

import re
from pathlib import Path

import pytest

from grader.report.text.labels import cells
from tests.cli.conftest import ID, Bench

KOREAN = {"LC_ALL": "", "LANG": "ko_KR.UTF-8", "COLUMNS": "80"}
WORDS = re.compile(r"[A-Za-z]{3,}.*[A-Za-z]{3,}")
NAMES = re.compile(
    r"^Usage: |^ +\[OPTIONS|^ +--[\w-]+ |^grade |^[\w/.-]+$"
    r"|Heads of a tiny transformer|the best head's own|none is needed here"
)
"""Lines that say the same in every language: how a command is called, a path, and what instructors wrote."""


def said(bench: Bench, home: Path, *arguments: str | Path) -> list[str]:
    """What the command says in Korean, in lines."""
    done = bench.grade(home, *arguments, **KOREAN)

    assert "Traceback" not in done.stderr
    assert re.search("[가-힣]", done.stdout + done.stderr)
    return (done.stdout + done.stderr).splitlines()


TO_TYPE = re.compile(r"exercise: |claims:$| +- \{layer: ")
"""The lines of a submission, which is typed in English."""


def left(lines: list[str]) -> list[str]:
    """The lines that are in English still."""
    given = [line for line in lines if not TO_TYPE.match(line)]
    return [line for line in given if WORDS.search(line) and not re.search("[가-힣]", line) and not NAMES.search(line)]


@pytest.mark.parametrize("arguments", [["--help"], ["submit", "--help"]], ids=" ".join)
def test_help_is_in_korean_and_fits_a_terminal(bench: Bench, tmp_path: Path, arguments: list[str]) -> None:
    lines = said(bench, tmp_path, *arguments)

    assert left(lines) == []
    assert max(map(cells, lines)) <= 80


@pytest.mark.parametrize(
    "arguments",
    [
        ["exercises", ID],
        ["exercises", "tiny-haeds"],
        ["hint", ID, "induction"],
        ["hint", ID, "positional"],
        ["progress", "nobody"],
        ["status", "unknown"],
        ["show", "9", "9", "--exercise", ID],
    ],
    ids=" ".join,
)
def test_a_command_for_students_leaves_nothing_in_english(bench: Bench, home: Path, arguments: list[str]) -> None:
    assert left(said(bench, home, *arguments)) == []


def test_a_report_and_what_comes_of_it_leave_nothing_in_english(bench: Bench, home: Path, tmp_path: Path) -> None:
    wrong = bench.claim("induction", right=False)
    file = bench.submission(tmp_path, bench.claim("positional:-1"), wrong, "{layer: 0, head: 0, type: semantic}")

    for arguments in (["check", file], ["submit", file], ["progress", "ada"]):
        assert left(said(bench, home, *arguments)) == []


def test_what_is_kept_and_what_instructors_call_is_the_same(bench: Bench, home: Path, tmp_path: Path) -> None:
    report = ["submit", bench.passing(tmp_path), "--format", "json"]

    for arguments in (report, ["exercises", "check", "--help"]):
        korean, english = (bench.grade(home, *arguments, **more) for more in (KOREAN, {"COLUMNS": "80"}))
        assert korean.stdout == english.stdout


def test_the_option_goes_before_the_variable_and_the_variable_before_the_system(bench: Bench, tmp_path: Path) -> None:
    def first(*arguments: str, **more: str) -> str:
        return bench.grade(tmp_path, *arguments, "exercises", ID, **more).stdout.splitlines()[2].split()[0]

    assert first() == "transformer"
    assert first(**KOREAN) == "트랜스포머"
    assert first(**KOREAN, GRADER_LANG="en") == "transformer"
    assert first("--lang", "ko", GRADER_LANG="en") == "트랜스포머"
    assert first("--lang=en", **KOREAN) == "transformer"


def test_a_language_that_nobody_speaks_here_is_a_mistake(bench: Bench, tmp_path: Path) -> None:
    done = bench.grade(tmp_path, "--lang", "fr", "exercises")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "grade: --lang: `fr` is not supported; choose one of en, ko\n"


def test_an_encoding_without_korean_letters_is_no_error(bench: Bench, tmp_path: Path) -> None:
    done = bench.grade(tmp_path, "--lang", "ko", "exercises", PYTHONIOENCODING="cp1252")

    assert (done.returncode, done.stderr) == (0, "")
    assert "?" in done.stdout
