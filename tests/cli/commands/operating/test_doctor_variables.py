"""`grade doctor` names each GRADER_ variable that nothing reads, and the one that was probably meant."""

import json
import re
from pathlib import Path

import pytest

from grader.base.environment import PERSONAL, is_on
from grader.checkup import service, variables
from grader.service.settings import VARIABLES
from tests.cli.conftest import Bench


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("GRADER_HOMES", "nothing reads it; did you mean `GRADER_HOME`?"),
        ("grader_home", "nothing reads it; did you mean `GRADER_HOME`?"),
        ("GRADER_DATABSE_URL", "nothing reads it; did you mean `GRADER_DATABASE_URL`?"),
        ("GRADER_DATABASE_URL_FILES", "nothing reads it; did you mean `GRADER_DATABASE_URL_FILE`?"),
        ("GRADER_TASK_SECOND", "nothing reads it; did you mean `GRADER_TASK_SECONDS`?"),
        ("GRADER_HOME_FILE", "nothing reads it; did you mean `GRADER_HOME`?"),
        (
            "GRADER_TRANSFORMER_GPT",
            "no exercise here has a transformer of this name; did you mean `GRADER_TRANSFORMER_GPT2`?",
        ),
        ("GRADER_Q", "nothing reads it"),
    ],
)
def test_a_variable_that_nothing_reads_is_named(name: str, says: str) -> None:
    (check,) = variables.all_checks({name: "1", "HOME": "/root", "OTHER_GRADER_HOME": "1"})

    assert (check.is_ok, check.subject, check.result) == (False, name, says)
    assert check.is_optional


def test_every_variable_of_ours_is_known() -> None:
    ours = {*PERSONAL, *VARIABLES, "GRADER_QUEUE_URL_FILE", "GRADER_TRANSFORMER_SMOLLM2"}
    assert list(variables.all_checks(dict.fromkeys(ours, "1"))) == []


def test_doctor_shows_them_and_what_a_measurement_follows_from(bench: Bench, home: Path, tmp_path: Path) -> None:
    shown = bench.grade(home, "doctor", GRADER_HOMES="elsewhere").stdout
    report = json.loads(bench.grade(home, "submit", bench.passing(tmp_path), "--format", "json").stdout)

    assert "LOOK  GRADER_HOMES: nothing reads it; did you mean `GRADER_HOME`?" in shown
    assert re.search(
        r"exercise bert-heads: there is no score table .*\n +before you grade with it: "
        r"`grade doctor --exercise bert-heads` measures it .*`grade exercises check .*bert-heads` compares `passing`\n",
        shown,
    )
    assert "--exercise tiny-heads" not in shown  # no publication names its heads
    (line,) = [line for line in shown.splitlines() if "exercise tiny-heads: it follows from " in line]
    basis = report["basis"]
    digests = ", ".join(f"{name} {basis[name][:12]}" for name in ("transformer", "code", "probes"))
    libraries = ", ".join(f"{name} {version}" for name, version in basis["libraries"].items())
    assert line.endswith(f"it follows from {digests}, float32 on cpu, {libraries}")


def test_settings_are_checked_on_a_machine_without_a_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_HOME", str(tmp_path))
    assert list(service.all_checks()) == []
    monkeypatch.setenv("GRADER_TASK_SECONDS", "1")
    (check,) = service.all_checks()

    assert (check.is_ok, check.subject) == (False, "settings")
    assert check.result.startswith("GRADER_TASK_SECONDS=1: 2 to 86399 is allowed")


@pytest.mark.parametrize(
    ("value", "expected"), [("1", True), ("yes", True), ("0", False), ("False", False), ("", False)]
)
def test_a_switch_is_off_where_its_value_says_so(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("GRADER_DEBUG", value)
    assert is_on("GRADER_DEBUG") is expected
