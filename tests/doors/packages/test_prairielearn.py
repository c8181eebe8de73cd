"""The image and the question for PrairieLearn; the image's command run as PrairieLearn runs it, without a network."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml

from grader.doors.packages.prairielearn.__main__ import run
from tests.doors.packages.conftest import EXAMPLE, HUGE, ID, INVALID, SCORE, UNDECIDED, hostile_files
from tests.support import readers
from tests.support.offline import offline

HADOLINT = Path(sys.executable).with_name("hadolint")


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """What PrairieLearn mounts as /grade."""
    root = tmp_path / "grade"
    (root / "student").mkdir(parents=True)
    return root


@pytest.fixture
def place(packages: Path) -> Path:
    return packages / "gradescope" / "exercises" / ID


def graded(job: Path, place: Path, content: bytes) -> dict[str, Any]:
    (job / "student" / "my_heads.yaml").write_bytes(content)
    run(job, place)
    return readers.prairielearn((job / "results" / "results.json").read_bytes())


def test_it_runs_without_network(job: Path, packages: Path) -> None:
    image = shutil.copytree(packages / "prairielearn" / "image", job.parent / "grader")
    shutil.copy(EXAMPLE, job / "student")
    hostile_files(job / "student")

    home = str(job.parent / "home")
    done = offline([image / "run.sh"], job / "student", PYTHON=sys.executable, GRADE=str(job), GRADER_HOME=home)
    results = readers.prairielearn((job / "results" / "results.json").read_bytes())

    assert (done.returncode, done.stderr) == (0, "")
    assert (results["score"], len(results["tests"])) == (SCORE, 9)
    assert results["message"].startswith("Passed: score 53.3 %, 64 of 120 points.")
    assert [test["max_points"] for test in results["tests"]][-1] == 0, "a kind that is not asked for is neutral"


@pytest.mark.parametrize("content", [INVALID, UNDECIDED, HUGE], ids=["invalid", "undecided", "huge"])
def test_what_cannot_be_graded_costs_no_attempt(job: Path, place: Path, content: bytes) -> None:
    results = graded(job, place, content)

    assert results["gradable"] is False
    assert results["format_errors"]


def test_without_weights_nothing_is_graded(job: Path, without_weights: Path) -> None:
    results = graded(job, without_weights, EXAMPLE.read_bytes())

    assert results["gradable"] is False
    assert "this is not your fault" in results["message"]


def test_the_question_names_the_image_and_what_it_runs(packages: Path) -> None:
    question = packages / "prairielearn" / "question"
    info = json.loads((question / "info.json").read_text())
    options = info["externalGradingOptions"]
    dockerfile = (packages / "prairielearn" / "image" / "Dockerfile").read_text()

    assert UUID(info["uuid"])
    assert f'ENTRYPOINT ["{options["entrypoint"]}"]' in dockerfile
    assert (options["timeout"], options["enableNetworking"]) == (30, False)
    assert 'file-name="my_heads.yaml"' in (question / "question.html").read_text()
    assert yaml.safe_load((question / "my_heads.yaml").read_text())["exercise"] == ID


def test_the_dockerfile_is_sound(packages: Path) -> None:
    done = subprocess.run(
        [HADOLINT, packages / "prairielearn" / "image" / "Dockerfile"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (0, "")
