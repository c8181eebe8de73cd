"""A version that was used may not change what it grades; submissions wait until the exercise is mended."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from grader.base.errors import ExerciseError
from grader.checkup import service as checkup
from grader.cli import app
from grader.exercises import loading, versions
from grader.exercises.kept_versions import EditedExercise, KeptVersions
from grader.ledger import Ledger
from grader.ledger.queue.jobs import TRIES
from grader.service import answers
from grader.service.laboratories import Laboratories
from grader.service.reception import Reception
from grader.service.worker import Worker
from tests.service import planted
from tests.service.planted import envelope, let_time_pass, owed, rows

EDITS = {
    "pass_at": {"pass_at": 0.9},
    "wrong_costs": {"wrong_costs": 7.0},
    "probes": {"probes": {"seed": 8}},
    "counts best -> last": {"policy": {"counts": "last"}},
    "positional:-1 points": {"kinds": ({**planted.RULES["kinds"][0], "points": 19}, planted.RULES["kinds"][1])},
    "positional:-1 share 0.4 -> 0.5": {
        "kinds": (
            {
                **planted.RULES["kinds"][0],
                "thresholds": ({"statistic": "share", "at_least": 0.5, "source": "our own scan of it"},),
            },
            planted.RULES["kinds"][1],
        )
    },
}
"""Edits that change grades, by what the message says of them."""
HARMLESS = (
    {"title": "Planted heads, mended"},
    {"feedback": "score", "hint_costs": 5},
    {"policy": {"attempts": 3, "due": "2026-12-01T23:59:00+01:00"}},
    {"kinds": ({**planted.RULES["kinds"][0], "hint": "look left", "passing": 2}, planted.RULES["kinds"][1])},
)


@pytest.mark.parametrize("said", EDITS)
def test_an_edit_that_changes_grades_holds_what_comes_in_until_it_is_undone(
    said: str, reception: Reception, worker: Worker, ledger: Ledger, exercises: Path
) -> None:
    reception.accept([envelope("s1")])
    worker.work(1)
    planted.write(exercises, **EDITS[said])
    reception.accept([envelope("s2", "two")])
    for _ in range(TRIES + 1):
        let_time_pass(ledger)
        worker.work(2)

    row = rows(ledger)["s2"]
    assert (row["state"], row["tries"], row["content"]) == ("received", 0, None)
    assert said in row["waits_for"]
    assert "version: 4" in row["waits_for"]
    planted.write(exercises)
    let_time_pass(ledger)
    worker.work(2)
    assert (rows(ledger)["s2"]["state"], rows(ledger)["s2"]["waits_for"]) == ("graded", None)
    assert owed(ledger) == {"s1": 1, "s2": 1}


def test_a_higher_version_ends_the_wait_and_both_versions_are_kept(
    reception: Reception, worker: Worker, ledger: Ledger, exercises: Path
) -> None:
    reception.accept([envelope("s1"), envelope("s2", "two")])
    worker.work(1)
    planted.write(exercises, pass_at=0.9)
    worker.work(2)
    assert rows(ledger)["s2"]["state"] == "received"

    planted.write(exercises, pass_at=0.9, version=4)
    let_time_pass(ledger)
    worker.work(2)
    assert [entry.report.exercise_version for entry in ledger.entries()] == [3, 4]
    for older in (planted.planted(), planted.planted(pass_at=0.9)):
        with pytest.raises(EditedExercise, match=r"version 3 is over: .* write `version: 5`"):
            KeptVersions(ledger).vet(older)
    KeptVersions(ledger).vet(planted.planted(pass_at=0.9, version=4))

    planted.write(exercises)  # as it was, and lower than what is in use
    reception.accept([envelope("s3", "three")])
    worker.work(3)
    assert "version 3 is over: version 4 was first used on" in rows(ledger)["s3"]["waits_for"]
    planted.write(exercises, version=5)
    let_time_pass(ledger)
    worker.work(3)
    assert [entry.report.exercise_version for entry in ledger.entries()] == [3, 4, 5]


@pytest.mark.parametrize("change", HARMLESS)
def test_what_changes_no_grade_is_no_edit(
    change: dict[str, Any], reception: Reception, worker: Worker, ledger: Ledger, exercises: Path
) -> None:
    reception.accept([envelope("s1")])
    worker.work(1)
    planted.write(exercises, **change)
    reception.accept([envelope("s2", "two")])
    worker.work(2)

    assert rows(ledger)["s2"]["state"] == "graded"


def test_an_edit_before_the_first_use_is_none(
    worker: Worker, reception: Reception, ledger: Ledger, exercises: Path
) -> None:
    reception.accept([envelope("s1")])
    planted.write(exercises, pass_at=0.9)
    worker.work(1)

    assert rows(ledger)["s1"]["state"] == "graded"


def test_a_file_is_the_same_however_it_is_written() -> None:
    spelled_out = planted.planted(budget=6, feedback="all", kinds_needed=1)

    assert versions.text(spelled_out) == versions.text(planted.planted())
    assert versions.edits(versions.text(spelled_out), planted.planted()) == []
    assert versions.edits("not JSON", planted.planted()) == []


def test_a_typo_holds_what_comes_in_and_student_operator_and_log_are_told(
    reception: Reception, worker: Worker, ledger: Ledger, exercises: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = exercises / planted.ID / "exercise.yaml"
    reception.accept([envelope("s1")])
    file.write_text(file.read_text("utf-8").replace('"budget"', '"bugdet"'), "utf-8")
    reception.accept([envelope("s2", "two")])
    with caplog.at_level(logging.WARNING):
        for job in (1, 2):
            worker.work(job)

    assert "held: " in caplog.text
    assert "bugdet" in caplog.text
    for name in ("s1", "s2"):
        answer = answers.result(ledger, "local", name)
        assert answer
        assert (answer.state, answer.tries) == ("received", 0)
        assert "must be mended" in answer.says
    told = [check for check in checkup._rows(ledger) if check.subject == "held submissions"]
    assert [(check.is_ok, "2 wait" in check.result, "bugdet" in check.result) for check in told] == [
        (False, True, True)
    ]


def test_an_exercise_in_use_whose_folder_is_away_holds_what_comes_in_until_it_is_back(
    reception: Reception, worker: Worker, ledger: Ledger, exercises: Path
) -> None:
    """As when a disk is not mounted. One that was never used is unknown, as a misspelt one is."""
    reception.accept([envelope("s1")])
    away = exercises.with_name("away")
    (exercises / planted.ID).rename(away)
    reception.accept([envelope("s2", "two")])
    assert rows(ledger)["s2"]["state"] == "rejected"
    away.rename(exercises / planted.ID)
    worker.work(1)

    (exercises / planted.ID).rename(away)
    reception.accept([envelope("s3", "three")])
    for _ in range(TRIES + 1):
        let_time_pass(ledger)
        worker.work(3)
    row = rows(ledger)["s3"]
    assert (row["state"], row["tries"]) == ("received", 0)
    assert "put its folder back" in row["waits_for"]

    away.rename(exercises / planted.ID)
    let_time_pass(ledger)
    worker.work(3)
    assert rows(ledger)["s3"]["state"] == "graded"


def test_a_worker_starts_although_an_exercise_that_it_loads_beforehand_has_a_fault(
    exercises: Path, tables: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (exercises / planted.ID / "exercise.yaml").write_text("id: [", "utf-8")

    Laboratories(tables).preload([planted.ID])

    assert "not loaded beforehand" in caplog.text


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exercises: Path) -> Callable[[], Ledger]:
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("GRADER_DATABASE_URL", raising=False)
    return Ledger


def test_check_and_doctor_name_an_edited_version(at_home: Callable[[], Ledger], exercises: Path, tables: Path) -> None:
    from grader import checkup as doctor
    from grader.authoring import checking

    folder = exercises / planted.ID
    (before,) = checking.check([folder], tables)
    assert not before.problems
    with at_home() as ledger:
        KeptVersions(ledger).use(planted.planted())
    edited = planted.write(exercises, wrong_costs=7.0)

    (after,) = checking.check([folder], tables)
    assert "wrong_costs 6 -> 7" in after.problems[0]
    assert ["wrong_costs 6 -> 7" in check.result for check in doctor._version(edited)] == [True]
    assert list(doctor._version(planted.write(exercises))) == []


def test_submit_keeps_a_version_and_refuses_an_edit_with_the_difference(
    at_home: Callable[[], Ledger], exercises: Path, tmp_path: Path
) -> None:
    planted.measure(tmp_path / "home" / "tables", planted.planted())
    file = tmp_path / "my_heads.yaml"
    file.write_text(planted.document(), "utf-8")
    assert CliRunner().invoke(app, ["submit", str(file)], catch_exceptions=False).exit_code in (0, 1)
    planted.write(exercises, wrong_costs=7.0)
    file.write_text(planted.document("another note"), "utf-8")
    with pytest.raises(EditedExercise, match=r"wrong_costs 6 -> 7\); undo that, or write `version: 4`"):
        CliRunner().invoke(app, ["submit", str(file)], catch_exceptions=False)

    with at_home() as ledger:
        assert [entry.report.exercise_version for entry in ledger.entries()] == [3]
    planted.write(exercises, wrong_costs=7.0, version=4)
    assert CliRunner().invoke(app, ["submit", str(file)], catch_exceptions=False).exit_code in (0, 1)


def test_a_hub_id_without_a_commit_gets_a_warning(at_home: Callable[[], Ledger], exercises: Path, tables: Path) -> None:
    from grader.authoring import checking

    source = {**planted.RULES["transformer"], "hub": "somebody/heads"}  # type: ignore[dict-item]
    files = source.pop("files")
    planted.write(exercises, transformer=source)
    (loose,) = checking.check([exercises / planted.ID], tables)
    planted.write(exercises, transformer=source | {"files": files})
    assert loose.problems == ()
    (pinned,) = checking.check([exercises / planted.ID], tables)

    assert ["`hub: somebody/heads` without `revision`" in warning for warning in loose.warnings].count(True) == 1
    assert not [warning for warning in pinned.warnings if "without `revision`" in warning]


@pytest.mark.parametrize("key", ["path", "folder"])
def test_a_place_of_weights_in_an_exercise_is_told_where_it_belongs(key: str, exercises: Path) -> None:
    file = exercises / planted.ID / "exercise.yaml"
    file.write_text(file.read_text("utf-8").replace('"name":"planted"', f'"name":"planted","{key}":"/w"'), "utf-8")

    with pytest.raises(ExerciseError, match=r"--transformer PATH.*GRADER_TRANSFORMER_<NAME>"):
        loading.load(planted.ID)
