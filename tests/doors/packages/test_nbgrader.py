"""The assignment for nbgrader: its notebook in a real kernel, read as nbgrader reads it."""

import json
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml
from nbclient import NotebookClient

import grader
from tests.doors.packages.conftest import EXAMPLE, ID, SCORE, weightless
from tests.support import readers

CLAIMS = [
    {key: value for key, value in claim.items() if key not in ("evidence",)}
    for claim in yaml.safe_load(EXAMPLE.read_text())["claims"]
]


@pytest.fixture
def assignment(packages: Path, tmp_path: Path) -> Path:
    return shutil.copytree(packages / "nbgrader" / "source" / ID, tmp_path / ID)


def cells(assignment: Path) -> dict[str, Any]:
    notebook = nbformat.read(assignment / "heads.ipynb", as_version=4)
    nbformat.validate(notebook)
    return {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells}


def test_the_notebook_grades_in_its_last_cell(
    assignment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = nbformat.read(assignment / "heads.ipynb", as_version=4)
    claims, grade = notebook.cells[1:]
    claims.source = f"claims = {CLAIMS!r}"
    monkeypatch.setenv("HOME", str(tmp_path))

    NotebookClient(notebook, resources={"metadata": {"path": str(assignment)}}).execute()

    assert readers.nbgrader(grade) == pytest.approx(120 * SCORE, abs=0.01)
    assert "Find the heads of a small transformer" in grade.outputs[0]["text"]


def test_students_change_only_the_claims(assignment: Path) -> None:
    marks = {name: cell.metadata.nbgrader for name, cell in cells(assignment).items()}

    assert [name for name, mark in marks.items() if not mark.locked] == ["claims"]
    assert [(name, mark.points) for name, mark in marks.items() if mark.grade] == [("grade", 120)]
    assert "### BEGIN SOLUTION\n### END SOLUTION" in cells(assignment)["claims"].source


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ([{"layer": 1, "head": 3, "type": "inducton"}], "claims[0].type: `type` cannot be `inducton`"),
        ([], "`claims`"),
        (None, "TypeError"),
        ("induction", ""),
        ([{"layer": 1, "head": 3, "type": "delimiter"}], "so there is no grade"),
        ([{"layer": 1, "head": 3, "type": "induction"}] * 1001, "at most"),
    ],
    ids=["misspelt", "empty", "none", "text", "undecided", "huge"],
)
def test_a_cell_never_earns_points_by_failing(
    claims: object, message: str, assignment: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    points = grader.check(assignment / "exercises" / ID, claims, points=10)  # type: ignore[arg-type]
    printed = capfd.readouterr()

    assert (points, json.dumps(points)) == (0.0, "0.0")
    assert message in printed.out
    assert printed.err == ""


def test_a_fault_of_ours_is_a_number_too(without_weights: Path, capfd: pytest.CaptureFixture[str]) -> None:
    points = grader.check(without_weights, CLAIMS, points=10)
    printed = capfd.readouterr()

    assert points == 0.0
    assert "this is not your fault" in printed.out
    assert printed.err == ""


def test_damaged_scores_print_no_warning_for_which_nbgrader_takes_all_points(
    assignment: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = assignment / "exercises" / ID
    (place / "scores.zip").write_bytes(b"no zip")
    (place / "exercise.yaml").write_text(weightless((place / "exercise.yaml").read_text()))

    grader.check(place, CLAIMS, points=10)

    assert capfd.readouterr().err == ""


def test_an_exercise_may_be_named_by_its_id(capfd: pytest.CaptureFixture[str]) -> None:
    points = grader.check(ID, CLAIMS, points=30)

    assert points == pytest.approx(30 * SCORE, abs=0.01)
    assert repr(points) == str(float(points))
