from xml.etree import ElementTree

import pytest

from grader.grading.grade import shown
from grader.report.formats import junit
from grader.schema import Report


def parsed(report: Report) -> ElementTree.Element:
    return ElementTree.fromstring(junit.render(report))  # noqa: S314 - our own output


def test_outcomes_become_what_continuous_integration_knows(report: Report) -> None:
    root = parsed(report)
    suite = root.find("testsuite")

    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped"), suite.get("errors")) == (
        "6",
        "2",
        "1",
        "0",
    )
    assert [case.get("name") for case in root.iter("testcase")][:2] == ["passed", "L4H11 positional, offset -1"]
    assert len(list(root.iter("failure"))) == 2
    assert len(list(root.iter("skipped"))) == 1


def test_numbers_are_properties(report: Report) -> None:
    properties = {found.get("name"): found.get("value") for found in parsed(report).iter("property")}

    assert properties["share on random tokens"] == "measured 0.9700, needed 0.4000"
    assert properties["score"] == "0.4333"
    assert properties["passed"] == "false"


def test_hostile_text_is_still_xml(hostile: Report) -> None:
    assert "<script>alert(1)</script>" in (parsed(hostile).findtext("testsuite/testcase[2]/system-out") or "")


def test_feedback_is_rationed(score_only: Report, ungradable: Report) -> None:
    assert [case.get("name") for case in parsed(score_only).iter("testcase")] == ["passed"]
    assert "score" not in {found.get("name") for found in parsed(ungradable).iter("property")}


@pytest.mark.parametrize("feedback", ["all", "verdicts", "score"])
@pytest.mark.parametrize(("gradable", "passed"), [(True, True), (True, False), (False, False)])
def test_the_suite_is_green_if_the_submission_has_passed_and_red_if_not(
    report: Report, feedback: str, gradable: bool, passed: bool
) -> None:
    given = report.model_copy(update={"feedback": feedback, "gradable": gradable, "passed": passed})
    for suite in parsed(shown(given)).iter("testsuite"):
        counts = {name: int(suite.get(name, "")) for name in ("tests", "failures", "errors", "skipped")}

        assert counts["tests"] == len(list(suite.iter("testcase"))) > 0
        assert (counts["failures"] + counts["errors"] == 0) == passed
        assert counts["failures"] == len(list(suite.iter("failure")))
        assert counts["skipped"] == len(list(suite.iter("skipped")))
