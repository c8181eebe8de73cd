"""The report as JUnit XML: a refuted claim is a failure, a claim that is not graded is skipped."""

from xml.etree import ElementTree

from grader.base.screen import harmless_tree
from grader.report.formats import Failure, Material
from grader.report.text import words
from grader.report.text.labels import visible
from grader.schema import Report, Verdict, title


def show(material: Material) -> str:
    """Return the report as JUnit XML."""
    return render(material.report)


def failed(failure: Failure) -> str:
    """Return one test case with an error: the submission itself."""
    counts = {"tests": "1", "failures": "0", "errors": "1", "skipped": "0"}
    suites = ElementTree.Element("testsuites", {"name": "grade", **counts})
    suite = ElementTree.SubElement(suites, "testsuite", {"name": failure.source, **counts})
    case = ElementTree.SubElement(suite, "testcase", {"classname": failure.source, "name": "submission"})
    kind = failure.problems[0].code if failure.problems else failure.state
    error = ElementTree.SubElement(case, "error", {"type": kind, "message": failure.says})
    error.text = "\n".join(failure.lines)
    ElementTree.indent(harmless_tree(suites))
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=False) + "\n"


def render(report: Report) -> str:
    """Return one test case for each claim; the numbers that the feedback allows are properties."""
    verdicts = report.verdicts if report.feedback != "score" else ()
    counts = {
        "tests": str(len(verdicts)),
        "failures": str(sum(verdict.outcome == "refuted" for verdict in verdicts)),
        "errors": "0",
        "skipped": str(sum(verdict.outcome == "not_graded" for verdict in verdicts)),
    }
    suites = ElementTree.Element("testsuites", {"name": "grade", **counts})
    suite = ElementTree.SubElement(suites, "testsuite", {"name": report.exercise, **counts})
    totals = {
        "content_hash": report.content_hash,
        "gradable": str(report.gradable).lower(),
        "passed": str(report.passed).lower(),
        "score": f"{report.score:.4f}" if report.gradable else "",
    }
    _properties(suite, totals)
    for verdict in verdicts:
        _case(suite, report.exercise, verdict)
    ElementTree.indent(harmless_tree(suites))
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=False) + "\n"


def _case(suite: ElementTree.Element, exercise: str, verdict: Verdict) -> None:
    name = f"{verdict.claim.place} {title(verdict.claim)}"
    case = ElementTree.SubElement(suite, "testcase", {"classname": exercise, "name": name})
    numbers = {
        f"{check.statistic} on {visible(check.on)}": f"measured {check.measured:.4f}, needed {check.at_least:.4f}"
        for check in verdict.threshold
    }
    _properties(case, {"outcome": verdict.outcome, **numbers})
    details = "\n".join(words.verdict_lines(verdict))
    if verdict.outcome == "refuted":
        ElementTree.SubElement(case, "failure", {"message": visible(words.rationale(verdict))}).text = details
    elif verdict.outcome == "not_graded":
        ElementTree.SubElement(case, "skipped", {"message": visible(words.rationale(verdict))})
    else:
        ElementTree.SubElement(case, "system-out").text = details


def _properties(parent: ElementTree.Element, values: dict[str, str]) -> None:
    properties = ElementTree.SubElement(parent, "properties")
    for name, value in values.items():
        if value:
            ElementTree.SubElement(properties, "property", {"name": name, "value": value})
