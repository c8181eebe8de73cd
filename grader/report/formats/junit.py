"""The report as JUnit XML: red if the submission has not passed, green if it has, whatever the feedback.

The first test case is the submission as a whole. Refuted claims are failures only if it has not passed; else they are
skipped, as claims that are not graded are, with the reason.
"""

from xml.etree import ElementTree

from grader.base.numbers import number
from grader.base.screen import harmless_tree
from grader.report.formats import Failure, Material
from grader.report.text import causal, words
from grader.report.text.labels import visible
from grader.schema import Exercise, Report, Verdict, title

DECIMALS = 4


def show(material: Material) -> str:
    """Return the report as JUnit XML."""
    return render(material.report, material.exercise)


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


def render(report: Report, exercise: Exercise | None = None) -> str:
    """Return a test case for the whole and one for each claim; numbers that the feedback allows are properties."""
    suite = ElementTree.Element("testsuite", {"name": report.exercise})
    totals = {
        "content_hash": report.content_hash,
        "gradable": str(report.gradable).lower(),
        "passed": str(report.passed).lower(),
        "score": f"{report.score:.4f}" if report.gradable else "",
    }
    _properties(suite, totals)
    _whole(suite, report, exercise)
    for verdict in report.verdicts if report.feedback != "score" else ():
        _case(suite, report, verdict)
    counts = {
        "tests": str(len(suite.findall("testcase"))),
        "failures": str(len(suite.findall("testcase/failure"))),
        "errors": "0",
        "skipped": str(len(suite.findall("testcase/skipped"))),
    }
    suite.attrib.update(counts)
    suites = ElementTree.Element("testsuites", {"name": "grade", **counts})
    suites.append(suite)
    ElementTree.indent(harmless_tree(suites))
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=False) + "\n"


def _whole(suite: ElementTree.Element, report: Report, exercise: Exercise | None) -> None:
    """Add the case of the submission as a whole, which fails unless it has passed."""
    case = ElementTree.SubElement(suite, "testcase", {"classname": report.exercise, "name": "passed"})
    lines = [words.score_line(report, exercise) if report.gradable else "", words.late(report)]
    text = "\n".join(filter(None, [*lines, words.still_needed(report, exercise), *causal.without(report)]))
    if report.passed:
        ElementTree.SubElement(case, "system-out").text = text
    else:
        ElementTree.SubElement(case, "failure", {"message": words.total_sign(report).word}).text = text


def _case(suite: ElementTree.Element, report: Report, verdict: Verdict) -> None:
    name = f"{verdict.claim.place} {title(verdict.claim)}"
    case = ElementTree.SubElement(suite, "testcase", {"classname": report.exercise, "name": name})
    numbers = {
        f"{check.statistic} on {visible(check.on)}": f"measured {number(check.measured, check.at_least, DECIMALS)}, "
        f"needed {number(check.at_least, check.measured, DECIMALS)}"
        for check in verdict.threshold
    }
    _properties(case, {"outcome": verdict.outcome, **numbers})
    details = "\n".join(words.verdict_lines(verdict))
    if verdict.outcome == "confirmed":
        ElementTree.SubElement(case, "system-out").text = details
        return
    message = {"message": visible(words.rationale(verdict))}
    if verdict.outcome == "refuted" and not report.passed:
        ElementTree.SubElement(case, "failure", message).text = details
    else:
        ElementTree.SubElement(case, "skipped", message)


def _properties(parent: ElementTree.Element, values: dict[str, str]) -> None:
    properties = ElementTree.SubElement(parent, "properties")
    for name, value in values.items():
        if value:
            ElementTree.SubElement(properties, "property", {"name": name, "value": value})
