"""The exercise `mini-heads` as every package carries it, and submissions of every sort."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader import exercises
from grader.base import language
from grader.doors.packages.making import EXERCISES, Order, order_for, write
from grader.doors.packages.registry import PACKAGES
from grader.laboratory import Laboratory

ID = "mini-heads"
EXAMPLE = exercises.available()[ID] / "my_heads.yaml"
SCORE = 0.5333
"""Of the example, as the README prints it."""
INVALID = b"exercise: mini-heads\nclaims:\n  - {layer: 1, head: 3, type: inducton}\n"
UNDECIDED = b"exercise: mini-heads\nclaims:\n  - {layer: 1, head: 3, type: delimiter}\n"
"""A kind that is not asked for."""
HUGE = b"exercise: mini-heads\nclaims:\n" + b"  - {layer: 1, head: 3, type: induction}\n" * 10_000


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def _own_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GRADER_HOME", str(home))
    with language.speaking("en"):
        yield


@pytest.fixture(scope="session")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Order:
    lab = Laboratory(exercises.load(ID), tmp_path_factory.mktemp("tables"))
    return order_for(ID, lab, None)


@pytest.fixture(scope="session")
def packages(asked: Order, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of each platform in a folder with the platform's name."""
    root = tmp_path_factory.mktemp("packages")
    for name, package in PACKAGES.items():
        write(package._replace(is_zip=False), package.files(asked), root / name)
    return root


@pytest.fixture
def without_weights(tmp_path: Path) -> Path:
    """The folder of an exercise without scores, whose transformer is nowhere."""
    folder = tmp_path / "lost" / ID
    folder.mkdir(parents=True)
    (folder / "exercise.yaml").write_text(weightless((EXAMPLE.parent / "exercise.yaml").read_text()))
    return folder


def weightless(exercise: str) -> str:
    """An exercise whose transformer is nowhere; without pins, so that this is noticed before torch is imported."""
    return re.sub(r"  files:\n(?:    .*\n)+", "", exercise).replace("bundled: mini-gpt2", "bundled: nowhere")


def light_copy(package: Path, copy: Path, exercises: str) -> Path:
    """Copy a package without its wheel, with its exercise as a link, so that its scores are read only once."""
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("*.whl", ID))
    (copy / exercises / ID).symlink_to(package.parent / "gradescope" / EXERCISES / ID)
    return copy


def own_exercise(place: Path) -> Path:
    """Replace a link by the exercise itself, so that a test can change it."""
    original = place.resolve()
    place.unlink()
    return shutil.copytree(original, place)


def hostile_files(folder: Path) -> None:
    """Write a student's files beside the submission, which end the grading if anything imports or runs them."""
    for name in (
        "pydantic.py",
        "sitecustomize.py",
        "conftest.py",
        "grader/__init__.py",
        "bash",
        "env",
        "python",
        ".env",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("#!/bin/sh\nexit 7\n")
        (folder / name).chmod(0o755)
