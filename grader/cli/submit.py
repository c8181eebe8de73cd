"""`grade submit` and `grade check`: a submission graded, or only validated."""

import getpass
import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader import submissions
from grader.cli.options import TransformerPath, deliver, laboratory
from grader.schema import Exercise, Report, Submission

if TYPE_CHECKING:
    from grader.laboratory import Laboratory

File = Annotated[Path, typer.Argument(help="The submission, such as my_heads.yaml.", show_default=False)]
ExerciseId = Annotated[
    str | None, typer.Option("--exercise", help="In place of the exercise that the file names.", metavar="ID")
]


class Format(StrEnum):
    """What a report can be shown as."""

    text = "text"
    json = "json"
    html = "html"
    gradescope = "gradescope"
    junit = "junit"


def submit(
    file: File,
    exercise_id: ExerciseId = None,
    form: Annotated[Format, typer.Option("--format", help="What to show the report as.")] = Format.text,
    out: Annotated[Path | None, typer.Option(help="Write the report to this file.", metavar="PATH")] = None,
    transformer: TransformerPath = None,
) -> None:
    """Grade a submission: attention is recomputed and every claim verified against its threshold."""
    submission, exercise = submissions.load(file, exercise_override=exercise_id)
    if submission.student is None:
        submission = submission.model_copy(update={"student": login_name()})
    from grader.ledger import Ledger

    with laboratory(exercise, transformer) as bench:
        report = bench.report(submission)
        text = _rendered(form, report, exercise, bench, submission, plain=out is not None)
    with Ledger() as ledger:
        ledger.append(report)
    deliver(text, out)
    raise typer.Exit(0 if report.passed else 1)


def check(file: File, exercise_id: ExerciseId = None) -> None:
    """Validate a submission and grade nothing; costs no attempt."""
    submission, exercise = submissions.load(file, exercise_override=exercise_id)
    claims = len(submission.claims)
    typer.echo(
        f"{file} is valid: {claims} claim{'s' if claims != 1 else ''} of {exercise.budget} allowed for {exercise.id}"
    )


def login_name() -> str:
    """The login name, as far as it may stand in a report; `student` where there is none."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        return "student"
    return re.sub(r"[^\w.@+-]", "-", name).lstrip(".@+-")[:64] or "student"


def _rendered(
    form: Format, full: Report, exercise: Exercise, bench: "Laboratory", submission: Submission, *, plain: bool
) -> str:
    from grader.grading import shown

    report = shown(full)
    match form:
        case Format.text:
            from grader.report import terminal

            return terminal.render(report, exercise) if plain else terminal.for_stream(report, exercise)
        case Format.json:
            from grader.report import json

            return json.render(report)
        case Format.html:
            from grader.report import html

            pictures = bench.pictures(submission) if report.feedback == "all" else {}
            return html.render(report, pictures, exercise)
        case Format.gradescope:
            from grader.report import gradescope

            return gradescope.render(report, exercise)
        case Format.junit:
            from grader.report import junit

            return junit.render(report)
