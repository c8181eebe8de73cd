"""The report as Open edX's external graders answer: correct or not, a score from 0 to 1, and a message in XML.

Open edX parses the message as XML and shows it as HTML. It has no word for "not graded": then the answer is a score of
0, and the message says that this is not a grade.
"""

import json
from collections.abc import Iterable
from xml.etree import ElementTree

from grader.base.language import _
from grader.base.screen import harmless_tree
from grader.report.formats import Failure, Material
from grader.report.text import words


def show(material: Material) -> str:
    """Return the answer; the score is the one that counts."""
    report = material.report
    verdicts = report.verdicts if report.feedback != "score" else ()
    claims = [(words.heading(verdict), words.verdict_lines(verdict)) for verdict in verdicts]
    message = _message(words.summary(report, material.exercise), claims)
    return _answer(message, report.score if report.gradable else 0.0, correct=report.passed)


def failed(failure: Failure) -> str:
    """Return the answer that nothing is graded, with all problems."""
    lines = [_("this 0 is not a grade.")]
    if failure.state != "rejected":
        lines.append(_("we could not grade it; this is not your fault"))
    lines += failure.lines[1:]  # without the state, which says that no attempt is used: Open edX uses one
    return _answer(_message("\n".join(lines)), 0.0, correct=False)


def _message(summary: str, claims: Iterable[tuple[str, list[str]]] = ()) -> str:
    root = ElementTree.Element("div", {"class": "head-grader"})
    for line in summary.splitlines():
        ElementTree.SubElement(root, "p").text = line
    for heading, lines in claims:
        section = ElementTree.SubElement(root, "section")
        ElementTree.SubElement(section, "h4").text = heading
        listed = ElementTree.SubElement(section, "ul")
        for line in lines:
            ElementTree.SubElement(listed, "li").text = line
    return ElementTree.tostring(harmless_tree(root), encoding="unicode")


def _answer(message: str, score: float, *, correct: bool) -> str:
    return json.dumps({"correct": correct, "score": score, "msg": message}, sort_keys=True, allow_nan=False) + "\n"
