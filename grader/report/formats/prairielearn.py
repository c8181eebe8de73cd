"""The report as PrairieLearn's `results.json`: one test for each claim, and no score where there is no grade.

PrairieLearn's rules: the file has 1 MB at most; points are shown for all tests or for none; a test with no points to
earn is shown as neither right nor wrong; what is not gradable costs no attempt.
"""

import json
from typing import Any

from grader.base.language import _
from grader.base.screen import harmless_values
from grader.report.formats import Failure, Material
from grader.report.text import words
from grader.schema import Exercise, Report, Verdict

LIMIT = 1_000_000
"""The largest file, in bytes."""
LEFT_OUT = ("output", "message")
"""The parts of a test that are left out of a file that is too large, the first one first."""


def show(material: Material) -> str:
    """Return `results.json`; the score is the one that counts, 0 to 1."""
    report, exercise = material.report, material.exercise
    content: dict[str, Any] = {"gradable": report.gradable, "message": words.summary(report, exercise), "output": ""}
    if report.gradable:
        content["score"] = report.score
    else:
        content["format_errors"] = [words.still_needed(report, exercise)]
    verdicts = report.verdicts if report.feedback != "score" else ()
    return _written(content | {"tests": [_test(verdict, report, exercise) for verdict in verdicts]})


def failed(failure: Failure) -> str:
    """Return `results.json` that is not gradable, with all problems."""
    content = {"gradable": False, "message": failure.says, "output": "", "tests": []}
    return _written(content | {"format_errors": failure.lines[1:]})


def _test(verdict: Verdict, report: Report, exercise: Exercise) -> dict[str, Any]:
    test: dict[str, Any] = {
        "name": words.heading(verdict),
        "message": "\n".join(words.conclusion(verdict)),
        "output": "\n".join([*words.check_lines(verdict), *words.remark_lines(verdict), *words.source_lines(verdict)]),
    }
    if report.feedback == "all":
        is_decided = verdict.outcome != "not_graded"
        test["points"] = round(words.earned(verdict) + 0.0, 4)
        test["max_points"] = round(words.worth(verdict, exercise), 4) if is_decided else 0.0
    return test


def _written(content: dict[str, Any]) -> str:
    """Return the content as JSON; what would make it too large is left out, and the message says so."""
    text = _json(content)
    for part in LEFT_OUT:
        if len(text) > LIMIT:
            tests = [{key: value for key, value in test.items() if key != part} for test in content["tests"]]
            note = _("Some explanations were left out, because there would be too many.")
            message = content["message"].removesuffix(f"\n{note}")
            content = content | {"message": f"{message}\n{note}", "tests": tests}
            text = _json(content)
    return text


def _json(content: dict[str, Any]) -> str:
    return json.dumps(harmless_values(content), sort_keys=True, indent=2, allow_nan=False) + "\n"
