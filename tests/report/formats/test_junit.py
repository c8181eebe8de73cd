from xml.etree import ElementTree

from grader.report.formats import junit
from grader.schema import Report


def parsed(report: Report) -> ElementTree.Element:
    return ElementTree.fromstring(junit.render(report))  # noqa: S314 - our own output


def test_outcomes_become_what_continuous_integration_knows(report: Report) -> None:
    root = parsed(report)
    suite = root.find("testsuite")

    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped"), suite.get("errors")) == (
        "5",
        "1",
        "1",
        "0",
    )
    assert next(case.get("name") for case in root.iter("testcase")) == "L4H11 positional, offset -1"
    assert len(list(root.iter("failure"))) == 1
    assert len(list(root.iter("skipped"))) == 1


def test_numbers_are_properties(report: Report) -> None:
    properties = {found.get("name"): found.get("value") for found in parsed(report).iter("property")}

    assert properties["share on random tokens"] == "measured 0.9700, needed 0.4000"
    assert properties["score"] == "0.4333"
    assert properties["passed"] == "false"


def test_hostile_text_is_still_xml(hostile: Report) -> None:
    assert "<script>alert(1)</script>" in (parsed(hostile).findtext("testsuite/testcase/system-out") or "")


def test_feedback_is_rationed(score_only: Report, ungradable: Report) -> None:
    assert list(parsed(score_only).iter("testcase")) == []
    assert "score" not in {found.get("name") for found in parsed(ungradable).iter("property")}
