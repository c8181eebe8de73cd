"""The report as Gradescope's `results.json`: one test for each claim, all of them visible, all text plain.

What the format does not say, and we heed: a score at the top overrides the sum of the tests; one hidden test
hides the total from the student; text is HTML unless its format says otherwise; a time is a number.
Gradescope has no word for "not graded": where nothing could be measured it gets a score of 0, because it
refuses a file without one, and the first line says that this is no grade.
"""

import json
from typing import Any

from grader.base.language import _
from grader.grading.hashing import content_hash
from grader.report.formats import Material
from grader.report.text import words
from grader.report.text.labels import visible
from grader.schema import Exercise, Report, Verdict, title

STATUSES = {"confirmed": "passed", "refuted": "failed"}
"""A claim that could not be graded has neither."""


def show(material: Material) -> str:
    """Return `results.json` with the report's own points."""
    return render(material.report, material.exercise)


def render(
    report: Report,
    exercise: Exercise | None = None,
    *,
    total_points: float | None = None,
    seconds: float | None = None,
) -> str:
    """`results.json`; the score is in the report's points unless the assignment has a total of its own."""
    score = report.points if total_points is None else report.score * total_points
    content: dict[str, Any] = {
        "score": round(score + 0.0, 4) if report.gradable else 0.0,
        "output": _summary(report, exercise),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [],
        "extra_data": {
            "content_hash": report.content_hash or content_hash(report),
            "exercise": report.exercise,
            "exercise_version": report.exercise_version,
            "gradable": report.gradable,
            "grader_version": report.grader_version,
            "passed": report.passed,
            "xp": report.xp,
        },
    }
    if seconds is not None:
        content["execution_time"] = round(seconds, 2)
    if report.feedback != "score":
        content["tests"] = [_test(number, verdict, report) for number, verdict in enumerate(report.verdicts, start=1)]
    return json.dumps(content, sort_keys=True, indent=2, allow_nan=False) + "\n"


def _summary(report: Report, exercise: Exercise | None) -> str:
    standing = words.standing(report).word.capitalize()
    message = f"{words.result(report)}." if report.gradable else _("this 0 is not a grade.")
    told = [f"{standing}: {message}"]
    told += [words.missing(report, exercise), words.earned(report) if report.gradable else "", words.luck(report)]
    return "\n".join(filter(None, told))


def _test(number: int, verdict: Verdict, report: Report) -> dict[str, Any]:
    test: dict[str, Any] = {
        "name": f"{verdict.claim.place} {title(verdict.claim)}: {words.OUTCOMES[verdict.outcome].word}",
        "name_format": "text",
        "number": str(number),
        "output": "\n".join(words.account(verdict)),
        "output_format": "text",
        "tags": [verdict.claim.type],
        "visibility": "visible",
    }
    if verdict.outcome in STATUSES:
        test["status"] = STATUSES[verdict.outcome]
        if report.feedback == "all":
            test["score"] = round(verdict.points + 0.0, 4)
    return test | {"extra_data": {"outcome": verdict.outcome, "note": visible(verdict.claim.note or "")}}
