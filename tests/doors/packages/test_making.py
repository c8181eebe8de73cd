"""What all packages have in common: the wheel, the exercise, its scores, and how they are written."""

import re
import subprocess
import sys
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from typer.testing import CliRunner

from grader import __version__, exercises
from grader.base.errors import InvalidInput
from grader.cli import app
from grader.doors.packages.making import Order, write
from grader.doors.packages.registry import PACKAGES
from grader.doors.packages.wheel import versions, wheel
from grader.laboratory import Laboratory
from tests.doors.packages.conftest import ID, weightless

LARGEST = 20_000_000
"""Bytes of a package."""


def test_pip_takes_the_wheel(tmp_path: Path) -> None:
    name, content = wheel()
    (tmp_path / name).write_bytes(content)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--no-compile", "--target", tmp_path / "site", tmp_path / name], check=True)

    assert name == f"head_grader-{__version__}-py3-none-any.whl"
    assert (tmp_path / "site" / "grader" / "exercises_shipped" / ID / "scores.zip").is_file()
    assert (tmp_path / "site" / "bin" / "grade").is_file()


def test_the_constraints_are_what_is_installed_here() -> None:
    lines = versions().splitlines()

    assert f"pydantic=={version('pydantic')}" in lines
    assert not {line.partition("==")[0] for line in lines} & {"torch", "celery", "head-grader"}
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines)


@pytest.mark.parametrize("name", PACKAGES)
def test_every_package_carries_grader_exercise_and_scores(name: str, packages: Path) -> None:
    names = {path.name for path in (packages / name).rglob("*") if path.is_file()}
    size = sum(path.stat().st_size for path in (packages / name).rglob("*") if path.is_file())

    assert {"exercise.yaml", "scores.zip", "constraints.txt", wheel()[0]} <= names
    assert "known_heads.yaml" not in names
    assert size < LARGEST


def test_a_package_of_the_same_exercise_is_the_same_file(asked: Order, tmp_path: Path) -> None:
    package = PACKAGES["gradescope"]
    for name in ("a.zip", "b.zip"):
        write(package, package.files(asked), tmp_path / name)

    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with ZipFile(BytesIO((tmp_path / "a.zip").read_bytes())) as archive:
        assert {"setup.sh", "run_autograder"} <= set(archive.namelist())


def test_nothing_is_written_into_a_folder_that_is_in_use(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")

    for name in ("gradescope", "github"):
        with pytest.raises(InvalidInput):
            write(PACKAGES[name], {"x": b""}, tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == ["notes.txt"]


def test_the_command_says_what_to_do_next(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["package", "xqueue", ID, "--out", str(tmp_path / "site")])

    assert done.exit_code == 0
    assert f"in {tmp_path}/site: install requirements.txt" in done.output
    assert done.output.endswith("every step: docs/platforms/xqueue.md\n")


def test_whose_feedback_is_hidden_is_warned_of_public_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "course" / "quiet-heads"
    folder.mkdir(parents=True)
    shipped = exercises.available()[ID]
    text = (shipped / "exercise.yaml").read_text().replace("id: mini-heads", "id: quiet-heads\nfeedback: score")
    (folder / "exercise.yaml").write_text(text)
    (folder / "scores.zip").write_bytes((shipped / "scores.zip").read_bytes())
    monkeypatch.setenv("GRADER_EXERCISES", str(tmp_path / "course"))

    public = CliRunner().invoke(app, ["package", "github", "quiet-heads", "--out", str(tmp_path / "public")])
    closed = CliRunner().invoke(app, ["package", "gradescope", "quiet-heads", "--out", str(tmp_path / "x.zip")])

    assert "those tell what the exercise's feedback hides" in public.output
    assert "those tell" not in closed.output


def test_an_exercise_without_scores_is_measured_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = tmp_path / "course" / "lost-heads"
    lost.mkdir(parents=True)
    text = (exercises.available()[ID] / "exercise.yaml").read_text().replace("id: mini-heads", "id: lost-heads")
    (lost / "exercise.yaml").write_text(weightless(text))
    monkeypatch.setenv("GRADER_EXERCISES", str(tmp_path / "course"))

    done = CliRunner().invoke(app, ["package", "gradescope", "lost-heads", "--out", str(tmp_path / "x.zip")])

    assert done.exit_code != 0
    assert not (tmp_path / "x.zip").exists(), "a package without scores would not grade"
    assert Laboratory.of_folder(exercises.available()[ID], tmp_path / "tables").is_measured
