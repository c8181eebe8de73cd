"""The points of claims, for a cell of a notebook that an autograder reads, such as nbgrader's."""

import sys
from collections.abc import Iterable, Mapping
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

from grader.base import home
from grader.base.screen import harmless
from grader.doors.python.grading import submitted
from grader.exercises import load
from grader.grading.grade import shown
from grader.laboratory import Laboratory
from grader.report.failures import told
from grader.report.formats import terminal
from grader.schema import Claim, Report, Submission

DECIMALS = 4


def check(exercise: str | Path, claims: Submission | Iterable[Claim | Mapping[str, Any]], *, points: float) -> float:
    """Grade claims, print what was found, and return their points.

    It is for the last line of a cell: nbgrader takes the number below a cell as its points, and full points if there
    is none. So a number is returned whatever happens: 0.0 for claims that cannot be graded, with the reason in print.
    Nothing is written to the error output, for which nbgrader gives 0 points.

    Args:
        exercise: The id of an exercise, or the `Path` of its folder, with its scores in it.
        claims: A list of `Claim`, or of dictionaries with the same keys; or a whole `Submission`.
        points: The points of a full score.

    Returns:
        The points: the report's `score` times `points`; 0.0 without a grade.

    Raises:
        TypeError: `points` is missing, or is not a number.
    """
    with redirect_stderr(sys.stdout):
        try:
            report, text = _graded(exercise, claims)
        except Exception as error:  # noqa: BLE001 - a cell without a number would earn full points
            return _say("\n".join(told(error, "claims").lines))
    return _say(text, report.score * points if report.gradable else 0.0)


def _graded(exercise: str | Path, claims: Submission | Iterable[Claim | Mapping[str, Any]]) -> tuple[Report, str]:
    """Return the report and what its student may read of it."""
    tables = home.writable_folder(home.TABLES)
    if isinstance(exercise, Path):
        laboratory = Laboratory.of_folder(exercise, tables)
    else:
        laboratory = Laboratory(load(exercise), tables)
    report = laboratory.report(submitted(laboratory.exercise, claims, None))
    return report, terminal.render(shown(report), laboratory.exercise)


def _say(text: str, points: float = 0.0) -> float:
    """Print the text and return the points as a number that prints as one."""
    sys.stdout.write(f"{harmless(text)}\n")
    return round(float(points), DECIMALS)
