"""Grade a student's repository in GitHub Actions: `python -m grader.doors.packages.github EXERCISE`."""

import html
import json
import os
import secrets
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path

from grader.base.files import write_whole
from grader.base.screen import harmless
from grader.doors.packages.grading import Answer, FromPlatform, answer, content_of, rendered, submission_in
from grader.doors.packages.making import MY_HEADS
from grader.report.formats import Failure, Format
from grader.schema import Exercise

REPORTS = {Format.junit: "junit.xml", Format.html: "report.html", Format.json: "report.json"}
"""The files with the report, which the workflow keeps."""


def run(repository: Path, place: Path, points: float) -> int:
    """Grade the repository's submission and return the exit code of `grade submit`.

    The report goes into the folder `report`, onto the run's summary page and into its log; problems are marked in the
    student's file; the points are notices, from which GitHub Classroom takes them, and the step's outputs.
    """

    def handed_in(_asked: Exercise) -> FromPlatform:
        path = submission_in(repository, MY_HEADS)
        return FromPlatform(content_of(path), path.relative_to(repository).as_posix())

    result = answer(place, handed_in)
    for form, name in REPORTS.items():
        write_whole(repository / "report" / name, harmless(rendered(result, form)).encode())
    text = rendered(result, Format.terminal)
    _append("GITHUB_STEP_SUMMARY", f"<pre>{html.escape(harmless(text))}</pre>\n")
    earned = _earned(result, points)
    if earned is not None:
        _append("GITHUB_OUTPUT", f"points={earned:g}\nmax_points={points:g}\n")
    for line in (*_log(result, text), *_notices(earned, points)):
        sys.stdout.write(f"{line}\n")
    if isinstance(result, Failure):
        return result.exit_code
    return 0 if result.report.passed else 1


def _earned(result: Answer, points: float) -> float | None:
    """Return the points of the score that counts; None without a grade."""
    if isinstance(result, Failure) or not result.report.gradable:
        return None
    return round(result.report.score * points, 4)


def _notices(earned: float | None, points: float) -> Iterator[str]:
    """Yield the notices of the points, in the form that GitHub Classroom reads; none without a grade."""
    if earned is not None:
        totals = json.dumps({"totalPoints": earned, "maxPoints": points})
        yield f"::notice title=Autograding complete::Points {earned:g}/{points:g}"
        yield f"::notice title=Autograding report::{totals}"


def _log(result: Answer, text: str) -> Iterator[str]:
    """Yield the lines of the log: the report, in which no text can be a command to the runner, and the problems."""
    token = secrets.token_hex()
    yield f"::stop-commands::{token}"
    yield harmless(text)
    yield f"::{token}::"
    if isinstance(result, Failure):
        file = {"file": result.source} if result.state == "rejected" else {}  # a fault of ours is in no file of theirs
        for problem in result.problems:
            place = {**file, "line": problem.line, "col": problem.column, "title": problem.code}
            where = ",".join(f"{key}={_escaped(str(value), ',:')}" for key, value in place.items() if value is not None)
            yield f"::error {where}::{_escaped(harmless(problem.message))}"


def _escaped(text: str, more: str = "") -> str:
    """Return the text as a command to the runner takes it: without lines, and without its own signs."""
    for sign in f"%\r\n{more}":
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text


def _append(variable: str, text: str) -> None:
    """Add the text to the file that a variable of GitHub Actions names; elsewhere there is none."""
    if name := os.environ.get(variable):
        with Path(name).open("a", encoding="utf-8") as file:
            file.write(text)


def main() -> None:
    """Read the command line and grade."""
    parser = ArgumentParser(prog="python -m grader.doors.packages.github", description=__doc__)
    parser.add_argument("exercise", type=Path, help="the exercise's folder")
    parser.add_argument("--points", type=float, required=True, help="the points of a full score")
    given = parser.parse_args(sys.argv[1:])
    sys.exit(run(Path.cwd(), given.exercise, given.points))


if __name__ == "__main__":
    main()
