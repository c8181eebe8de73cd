"""The formats of other platforms, with every report that there can be, read as strictly as they are read there."""

import json
from typing import Any
from xml.etree import ElementTree

import pytest

from grader.base.errors import Problem
from grader.grading.grade import shown
from grader.report.formats import Failure, Format, Material, failed, prairielearn, rendered
from grader.schema import Exercise, Report
from tests.support import readers

MANY = 2000
FAILURE = Failure("my_heads.yaml", "rejected", (Problem("wrong-type", "]]>\x00<b>", 3, 5),), 2)


def learnt(report: Report, exercise: Exercise) -> dict[str, Any]:
    return readers.prairielearn(rendered(Format.prairielearn, Material(report, exercise)).encode())


def answered(report: Report, exercise: Exercise) -> tuple[bool, float, ElementTree.Element]:
    answer = json.loads(rendered(Format.xqueue, Material(report, exercise)))
    return answer["correct"], answer["score"], ElementTree.fromstring(answer["msg"])  # noqa: S314 - our own


def test_the_score_is_the_same_everywhere(report: Report, exercise: Exercise) -> None:
    late = report.model_copy(update={"credit": 0.5, "score": 0.2167})

    assert learnt(late, exercise)["score"] == 0.2167
    assert answered(late, exercise)[:2] == (False, 0.2167)


def test_points_are_shown_of_all_claims_or_of_none(
    report: Report, exercise: Exercise, verdicts_only: Report, score_only: Report
) -> None:
    points = [(test["points"], test["max_points"]) for test in learnt(report, exercise)["tests"]]

    assert points == [(10, 0), (10, 30), (0, 0), (10, 0), (0, 0)], "the exercise of these tests asks only for induction"
    assert all("points" not in test for test in learnt(verdicts_only, exercise)["tests"])
    assert learnt(score_only, exercise)["tests"] == []


def test_nothing_decided_has_no_score(ungradable: Report, exercise: Exercise) -> None:
    assert learnt(ungradable, exercise)["gradable"] is False
    assert answered(ungradable, exercise)[:2] == (False, 0)


def test_hostile_texts_are_only_texts(hostile: Report, exercise: Exercise) -> None:
    learnt(hostile, exercise)
    tags = {element.tag for element in answered(hostile, exercise)[2].iter()}

    assert tags == {"div", "p", "section", "h4", "ul", "li"}


@pytest.mark.parametrize("feedback", ["verdicts", "score"])
def test_feedback_is_rationed(report: Report, exercise: Exercise, feedback: str) -> None:
    rationed = shown(report.model_copy(update={"feedback": feedback}))
    texts = [rendered(form, Material(rationed, exercise)) for form in (Format.prairielearn, Format.xqueue)]

    assert all("needed 0." not in text and "measured 0." not in text for text in texts)
    assert all(("L4H11" in text) == (feedback == "verdicts") for text in texts)


def test_a_report_that_is_too_large_loses_explanations_and_no_verdict(report: Report, exercise: Exercise) -> None:
    large = report.model_copy(update={"verdicts": report.verdicts[:1] * MANY})
    content = learnt(large, exercise)

    assert len(content["tests"]) == MANY
    assert "Some explanations were left out" in content["message"]
    assert len(rendered(Format.prairielearn, Material(large, exercise))) <= prairielearn.LIMIT


def test_problems_are_told_in_each_platforms_terms() -> None:
    learnt = readers.prairielearn(failed(Format.prairielearn, FAILURE).encode())
    answer = json.loads(failed(Format.xqueue, FAILURE))
    message = "".join(ElementTree.fromstring(answer["msg"]).itertext())  # noqa: S314 - our own

    assert learnt["format_errors"] == ["my_heads.yaml:3:5: ]]>\\x00<b> [wrong-type]"]
    assert (answer["correct"], answer["score"]) == (False, 0)
    assert "my_heads.yaml:3:5: ]]>\\x00<b> [wrong-type]" in message
