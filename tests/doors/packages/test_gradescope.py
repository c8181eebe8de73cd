"""The zip for Gradescope, run as Gradescope runs it: fresh folder, no network, its own metadata."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from grader.doors.packages.gradescope.__main__ import run
from tests.doors.packages.conftest import (
    EXAMPLE,
    ID,
    INVALID,
    SCORE,
    UNDECIDED,
    hostile_files,
    light_copy,
    own_exercise,
)
from tests.support import readers
from tests.support.offline import offline

METADATA: dict[str, Any] = {
    "id": 123456,
    "created_at": "2026-07-01T14:22:32.365935-07:00",
    "assignment": {
        "due_date": "2026-07-31T23:00:00.000000-07:00",
        "group_size": None,
        "group_submission": False,
        "id": 25828,
        "course_id": 1234,
        "late_due_date": None,
        "release_date": "2026-06-02T00:00:00.000000-07:00",
        "title": "Heads",
        "total_points": "20.0",
        "submission_method": "upload",
    },
    "submission_method": "upload",
    "users": [{"email": "ada@example.org", "id": 4711, "name": "Ada"}],
    "previous_submissions": [],
}


@pytest.fixture
def autograder(packages: Path, tmp_path: Path) -> Path:
    """What is /autograder on Gradescope; the tests' own Python is in the place of the one that setup.sh installs."""
    root = tmp_path / "autograder"
    light_copy(packages / "gradescope", root / "source", "exercises")
    (root / "submission").mkdir()
    return root


def handed_in(root: Path, content: bytes = EXAMPLE.read_bytes(), **metadata: object) -> dict[str, Any]:
    """What Gradescope reads after this file was handed in."""
    (root / "submission" / "my_heads.yaml").write_bytes(content)
    (root / "submission_metadata.json").write_text(json.dumps({**METADATA, **metadata}))
    run(root, ID)
    return readers.gradescope((root / "results" / "results.json").read_text())


def earlier(results: dict[str, Any], when: str = "2026-06-30T10:00:00-07:00", **more: object) -> dict[str, Any]:
    return {"submission_time": when, "score": results["score"], "results": results, **more}


def with_policy(root: Path, policy: str) -> None:
    file = own_exercise(root / "source" / "exercises" / ID) / "exercise.yaml"
    file.write_text(file.read_text().replace("policy: {attempts: 2}", f"policy: {policy}"))


def test_it_runs_without_network(autograder: Path) -> None:
    (autograder / "venv").symlink_to(sys.prefix)
    shutil.copy(EXAMPLE, autograder / "submission" / "heads of ada.yml")
    (autograder / "submission" / "photo.txt").write_text("no claims here")
    hostile_files(autograder / "submission")
    (autograder / "submission" / "my_heads.yaml").symlink_to(autograder / "source" / "exercises" / ID / "scores.zip")
    (autograder / "submission_metadata.json").write_text(json.dumps(METADATA))
    shutil.copy(autograder / "source" / "run_autograder", autograder)

    path = f"{autograder / 'submission'}:/usr/bin:/bin"
    done = offline([autograder / "run_autograder"], autograder / "submission", AUTOGRADER=str(autograder), PATH=path)
    results = readers.gradescope((autograder / "results" / "results.json").read_text())

    assert (done.returncode, done.stderr) == (0, "")
    assert results["score"] == pytest.approx(20 * 64 / 120, abs=1e-4)
    assert results["extra_data"]["score"] == SCORE
    assert sum(test.get("max_score", 0) > 0 for test in results["tests"]) == 7
    assert "ada@example.org" not in json.dumps(results)


def test_the_scripts_can_be_run(packages: Path) -> None:
    for name in ("setup.sh", "run_autograder"):
        path = packages / "gradescope" / name

        assert path.stat().st_mode & 0o111
        assert path.read_bytes().startswith(b"#!/bin/bash\n")


def test_a_mistake_is_told_with_its_line(autograder: Path) -> None:
    results = handed_in(autograder, INVALID)

    assert (results["score"], results["tests"], results["extra_data"]["gradable"]) == (0, [], False)
    assert "this 0 is not a grade." in results["output"]
    assert "my_heads.yaml:3:31: `type` cannot be `inducton`" in results["output"]


def test_no_file_several_files_and_links_are_told(autograder: Path) -> None:
    run(autograder, ID)
    nothing = readers.gradescope((autograder / "results" / "results.json").read_text())
    (autograder / "submission" / "scores.yaml").symlink_to(autograder / "source" / "constraints.txt")
    run(autograder, ID)
    link = readers.gradescope((autograder / "results" / "results.json").read_text())
    for name in ("a.yaml", "b.json"):
        (autograder / "submission" / name).write_bytes(INVALID)
    run(autograder, ID)
    several = readers.gradescope((autograder / "results" / "results.json").read_text())

    assert "there is no submission among the files (none); hand in one file, such as my_heads.yaml" in nothing["output"]
    assert "there is no submission among the files (none)" in link["output"]
    assert "there are several files that may be the submission (a.yaml, b.json)" in several["output"]


def test_the_files_are_looked_for_in_folders_and_what_is_hidden_is_not(autograder: Path) -> None:
    for name in ("homework/my_heads.yaml", "homework/notes.yaml", ".github/workflows/my_heads.yaml"):
        (autograder / "submission" / name).parent.mkdir(parents=True, exist_ok=True)
        (autograder / "submission" / name).write_bytes(EXAMPLE.read_bytes())
    run(autograder, ID)
    found = readers.gradescope((autograder / "results" / "results.json").read_text())
    (autograder / "submission" / "homework" / "my_heads.yaml").rename(autograder / "submission" / "mine.yaml")
    run(autograder, ID)
    several = readers.gradescope((autograder / "results" / "results.json").read_text())

    assert found["extra_data"]["score"] == SCORE
    assert "(homework/notes.yaml, mine.yaml)" in several["output"]


def test_nothing_decided_is_no_grade(autograder: Path) -> None:
    results = handed_in(autograder, UNDECIDED)

    assert results["output"].startswith("Not graded: this 0 is not a grade.")


def test_without_weights_the_student_reads_whose_fault_it_is(
    autograder: Path, without_weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (autograder / "source" / "exercises" / ID).unlink()
    (autograder / "source" / "exercises" / ID).symlink_to(without_weights)

    results = handed_in(autograder)

    assert (results["score"], results["extra_data"]["exit_code"]) == (0, 3)
    assert "this is not your fault" in results["output"]
    assert "Traceback" not in results["output"]
    assert "Traceback" in capsys.readouterr().err


def test_metadata_that_nobody_can_read_is_our_fault_and_never_full_credit(autograder: Path) -> None:
    results = handed_in(autograder, created_at="yesterday")

    assert results["extra_data"]["exit_code"] == 3


def test_lateness_is_computed_from_the_time_of_the_submission(autograder: Path) -> None:
    with_policy(autograder, "{due: 2026-01-01T00:00:00Z, late_days: 5, late_costs: 0.2}")

    in_time = handed_in(autograder)
    late = handed_in(autograder, created_at="2026-08-01T22:00:00-07:00")
    users = [{**METADATA["users"][0], "assignment": {"due_date": "2026-08-02T00:00:00-07:00"}}]
    extended = handed_in(autograder, created_at="2026-08-01T22:00:00-07:00", users=users)
    closed = handed_in(autograder, created_at="2026-09-01T22:00:00-07:00")

    assert in_time["score"] == extended["score"] == pytest.approx(20 * 64 / 120, abs=1e-4)
    assert late["score"] == pytest.approx(0.8 * 20 * 64 / 120, abs=1e-4)
    assert "Late: 80 % of the score counts." in late["output"]
    assert "this exercise closed on" in closed["output"]


def test_attempts_are_counted_and_the_last_grade_stays(autograder: Path) -> None:
    first = handed_in(autograder)
    other = EXAMPLE.read_bytes().replace(b"a guess", b"another guess")
    second = handed_in(autograder, other, previous_submissions=[earlier(first)])
    broken = handed_in(autograder, INVALID, previous_submissions=[earlier(first), earlier(second)])
    before = [earlier(first), earlier(second), earlier(broken), earlier(first, autograder_error=True)]
    third = handed_in(autograder, other.replace(b"another", b"a third"), previous_submissions=before)
    again = handed_in(autograder, previous_submissions=before)

    assert first["score"] == second["score"] == again["score"] > 0
    assert broken["score"] == third["score"] == second["score"]
    assert "cannot be `inducton`" in broken["output"]
    assert "all 2 attempts are used" in third["output"]
    assert third["extra_data"]["kept"] is True
    assert len(third["output"]) < 3 * len(second["output"]), "a reason does not pile up on another"
    assert "all 2 attempts are used" not in again["output"]
