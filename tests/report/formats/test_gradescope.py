import json
from typing import Any

import pytest

from grader.report.formats import gradescope
from grader.schema import Exercise, Report

TOP = {
    "score", "execution_time", "output", "output_format", "test_output_format", "test_name_format", "visibility",
    "stdout_visibility", "extra_data", "tests", "leaderboard",
}  # fmt: skip
TEST = {
    "score", "max_score", "status", "name", "name_format", "number", "output", "output_format", "tags", "visibility",
    "extra_data",
}  # fmt: skip


def results(report: Report, exercise: Exercise | None = None, **options: float) -> dict[str, Any]:
    return json.loads(gradescope.render(report, exercise, **options))


def test_only_keys_that_gradescope_knows(report: Report, exercise: Exercise) -> None:
    content = results(report, exercise, seconds=1.234)

    assert set(content) <= TOP
    assert all(set(test) <= TEST for test in content["tests"])
    assert content["execution_time"] == 1.23


def test_each_claim_is_a_test_with_the_status_of_its_outcome(report: Report) -> None:
    tests = results(report)["tests"]

    assert [test.get("status") for test in tests] == ["passed", "passed", "failed", "passed", None]
    assert tests[0]["name"] == "L4H11 positional, offset -1: confirmed"
    assert tests[0]["score"] == 10
    assert "score" not in tests[4]
    assert "measured 0.97, needed 0.40" in tests[0]["output"]


def test_the_score_is_in_points_or_in_the_assignments_own(report: Report) -> None:
    assert results(report)["score"] == 26
    assert results(report, total_points=20.0)["score"] == pytest.approx(20 * 26 / 60, abs=1e-4)


def test_the_tests_share_in_the_assignments_points(report: Report, exercise: Exercise) -> None:
    tests = results(report, exercise, total_points=30.0)["tests"]

    assert [test.get("score") for test in tests] == [5, 5, 0, 5, None]
    assert [test["max_score"] for test in tests if "max_score" in test] == [15]


def test_a_late_submission_gets_what_lateness_leaves(report: Report, exercise: Exercise) -> None:
    content = results(report.model_copy(update={"credit": 0.5, "score": 0.2167}), exercise)

    assert content["score"] == 13
    assert "Late: 50 % of the score counts." in content["output"]
    assert (content["extra_data"]["score"], content["extra_data"]["passed"]) == (0.2167, False)


def test_nothing_is_hidden_and_nothing_is_html(hostile: Report) -> None:
    content = results(hostile)

    assert {content["visibility"], *(test["visibility"] for test in content["tests"])} == {"visible"}
    for key in ("output_format", "test_output_format", "test_name_format"):
        assert content[key] == "text"
    assert all(test["output_format"] == test["name_format"] == "text" for test in content["tests"])
    assert "\x1b" not in content["tests"][0]["output"]


def test_nothing_measured_is_said_to_be_no_grade(ungradable: Report) -> None:
    content = results(ungradable)

    assert content["output"].startswith("Not graded: this 0 is not a grade.")
    assert content["extra_data"]["gradable"] is False


def test_feedback_is_rationed(verdicts_only: Report, score_only: Report) -> None:
    assert results(score_only)["tests"] == []
    for test in results(verdicts_only)["tests"]:
        assert "score" not in test
        assert "needed" not in test["output"]
