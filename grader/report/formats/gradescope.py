"""The report as Gradescope's `results.json`: one visible test with plain text for each claim.

Gradescope's rules that its documentation does not state: a score at the top replaces the sum of the tests; one hidden
test hides the total from the student; text is HTML unless its format says otherwise; a time is a number.
Gradescope has no word for "not graded" and refuses a file without a score: if no claim could be decided, the score
is 0, and the first line says that this is not a grade.
"""

import json
from typing import Any

from grader.base.language import _
from grader.base.screen import harmless_values
from grader.exercises.scoring import worth
from grader.grading.hashing import content_hash
from grader.report.formats import Failure, Material
from grader.report.text import words
from grader.report.text.labels import visible
from grader.schema import Exercise, Report, Verdict

STATUSES = {"confirmed": "passed", "refuted": "failed"}
"""The status of a claim by its outcome; a claim that is not graded has none."""


def show(material: Material) -> str:
    """Return `results.json`, with the points that the material gives a full score, else with the exercise's own."""
    return render(material.report, material.exercise, total_points=material.total_points)


def failed(failure: Failure) -> str:
    """Return `results.json` with the score 0, which Gradescope asks for, and all problems for the student to read."""
    content = {
        **_frame(0.0, "\n".join([_("this 0 is not a grade."), *failure.lines])),
        "extra_data": {"exit_code": failure.exit_code, "gradable": False, "state": failure.state},
    }
    return json.dumps(harmless_values(content), sort_keys=True, indent=2) + "\n"


def render(
    report: Report,
    exercise: Exercise | None = None,
    *,
    total_points: float | None = None,
    seconds: float | None = None,
) -> str:
    """Return `results.json`; a full score is worth `total_points`, by default the exercise's own points.

    Gradescope takes the total from the assignment; give the number of points that it has there.
    """
    scale = 1.0 if total_points is None else total_points / report.possible
    content: dict[str, Any] = {
        **_frame(worth(report, total_points), words.summary(report, exercise)),
        "extra_data": {
            "content_hash": report.content_hash or content_hash(report),
            "exercise": report.exercise,
            "exercise_version": report.exercise_version,
            "gradable": report.gradable,
            "grader_version": report.grader_version,
            "passed": report.passed,
            "score": report.score if report.gradable else None,
            "xp": report.xp,
        },
    }
    if seconds is not None:
        content["execution_time"] = round(seconds, 2)
    if report.feedback != "score":
        content["tests"] = [
            _test(number, verdict, report, exercise, scale) for number, verdict in enumerate(report.verdicts, start=1)
        ]
    return json.dumps(harmless_values(content), sort_keys=True, indent=2, allow_nan=False) + "\n"


def _frame(score: float, output: str) -> dict[str, Any]:
    return {
        "score": score,
        "output": output,
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [],
    }


def _test(number: int, verdict: Verdict, report: Report, exercise: Exercise | None, scale: float) -> dict[str, Any]:
    test: dict[str, Any] = {
        "name": words.heading(verdict),
        "name_format": "text",
        "number": str(number),
        "output": "\n".join(words.verdict_lines(verdict)),
        "output_format": "text",
        "tags": [verdict.claim.type],
        "visibility": "visible",
    }
    if verdict.outcome in STATUSES:
        test["status"] = STATUSES[verdict.outcome]
        if report.feedback == "all":
            test["score"] = round(words.earned(verdict) * scale + 0.0, 4)
            if exercise and (most := words.worth(verdict, exercise)):
                test["max_score"] = round(most * scale, 4)
    return test | {"extra_data": {"outcome": verdict.outcome, "note": visible(verdict.claim.note or "")}}
