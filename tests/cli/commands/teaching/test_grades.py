"""`grade grades` as a real process: a class in every format, a part of it, and options that are wrong."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.conftest import ID, Bench
from tests.cli.support_handing_in import hand_in

HEAVY = {"torch", "transformers", "numpy"}


def folder(root: Path, name: str) -> Path:
    (root / name).mkdir()
    return root / name


@pytest.fixture
def lesson(bench: Bench, home: Path, tmp_path: Path) -> Path:
    """The home of a class: `ada` passed at her second attempt, `bob` has not passed."""
    files = [bench.failing(folder(tmp_path, "1")), bench.passing(folder(tmp_path, "2"))]
    hand_in(bench, home, [*(("ada", file) for file in files), ("bob", files[0])])
    return home


def test_every_format_has_the_same_grades(bench: Bench, lesson: Path) -> None:
    forms = ("text", "json", "csv", "canvas", "moodle")
    results = bench.grade_all(lesson, *(["grades", ID, "--points", "100", "--format", form] for form in forms))
    text, as_json, as_csv, canvas, moodle = (printed for _, printed, _ in results)
    title = "Heads of a tiny transformer"

    assert {(code, said) for code, _, said in results} == {(0, "")}
    assert text.startswith(
        f"{ID}: 2 students, 2 graded; each student's best attempt counts; a full score is 100 points"
    )
    assert [(grade["student"], grade["points"]) for grade in json.loads(as_json)["grades"]] == [
        ("ada", 100),
        ("bob", 0),
    ]
    assert [(row["student"], row["score"], row["passed"], row["attempts"]) for row in table(as_csv)] == [
        ("ada", "1.0", "True", "2"),
        ("bob", "0.0", "False", "1"),
    ]
    assert [(row["SIS Login ID"], row[title]) for row in table(canvas)] == [("", "100"), ("ada", "100"), ("bob", "0")]
    assert moodle == f"username,{title}\nada,100\nbob,0\n"


def test_a_part_is_asked_for_and_what_is_wrong_is_told(bench: Bench, lesson: Path) -> None:
    commands = (
        ["--until", "2020-01-01"],
        ["--platform", "locale"],
        ["--course", "Bio"],
        ["--section", "red"],
        ["--since", "tomorrow"],
        ["--assignment", "Heads"],
        ["--format", "canvas", "--id-column", "Login"],
    )
    early, *wrong = bench.grade_all(lesson, *(["grades", ID, *more] for more in commands))

    assert early[0] == 0
    assert early[1].startswith(f"{ID}: 0 students")
    assert [(code, printed) for code, printed, _ in wrong] == [(2, "")] * 6
    assert "did you mean `local`?" in wrong[0][2]
    assert all("Traceback" not in said and said for _, _, said in wrong)


def test_the_same_options_are_there_on_every_command_about_many_students(bench: Bench, lesson: Path) -> None:
    commands = (
        ["cohort", ID],
        ["whatif", ID],
        ["regrade", ID, "--reason", "none"],
        ["gallery", "build", "--out", lesson / "site"],
        ["grades", ID],
        ["students", "list", ID],
        ["students", "same", ID],
        ["students", "readmit", ID],
    )
    results = bench.grade_all(lesson, *([*command, "--course", "Bio"] for command in commands))

    assert {code for code, _, _ in results} == {2}
    assert {said for _, _, said in results} == {"--course Bio: nothing came from this course [unknown-course]\n"}


def test_grades_need_no_transformer(bench: Bench, lesson: Path) -> None:
    code, names = bench.imported(lesson, "grades", ID)

    assert code == 0
    assert names & HEAVY == set()


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))
