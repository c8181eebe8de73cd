"""`grade submit` and `grade check`: a submission graded, here or through a queue, or only validated."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from grader.base.errors import InvalidInput, Problem
from grader.base.language import _, ngettext
from grader.cli.options import FORMAT, Device, OutPath, PlainFormat, TransformerPath, laboratory, print_or_write
from grader.cli.rendering import FormatOption, Out, Points, or_the_reason
from grader.cli.who import login_name
from grader.exercises import submissions
from grader.report.formats import Format

if TYPE_CHECKING:
    from grader.report.graded import GradedSubmission

SubmissionFile = Annotated[Path, typer.Argument(help="The submission, such as my_heads.yaml.", show_default=False)]
ExerciseOption = Annotated[
    str | None, typer.Option("--exercise", help="Use this exercise instead of the one in the file.", metavar="ID")
]
Queue = Annotated[
    str | None, typer.Option("--queue", help="Hand it in to this queue; a worker grades it.", metavar="URL")
]
Web = Annotated[
    str | None, typer.Option("--web", help="Hand it in at this service's web door; a worker grades it.", metavar="URL")
]
Wait = Annotated[
    bool | None, typer.Option("--wait/--no-wait", help="With --queue or --web: wait for the result (the default).")
]
Timeout = Annotated[
    float | None,
    typer.Option(min=0, help="With --queue or --web: wait at most this long. Default: 300.", metavar="SECONDS"),
]
QueuePlatform = Annotated[
    str | None, typer.Option("--platform", help="With --queue: the platform. Default: the URL's user.", metavar="NAME")
]
Sync = Annotated[
    bool | None,
    typer.Option("--sync/--no-sync", help="With --queue: also hand in offline work (the default)."),
]
IdOption = Annotated[
    str | None,
    typer.Option("--id", help="With --queue or --web: the submission's id. Default: a random one.", metavar="ID"),
]


def submit(
    file: SubmissionFile,
    exercise_id: ExerciseOption = None,
    form: FormatOption = Format.terminal,
    out: Out = None,
    points: Points = None,
    transformer: TransformerPath = None,
    device: Device = None,
    queue: Queue = None,
    web: Web = None,
    wait: Wait = None,
    timeout: Timeout = None,
    platform: QueuePlatform = None,
    submission_id: IdOption = None,
    sync: Sync = None,
) -> None:
    """Grade a submission: recompute the attention and check every claim against its thresholds."""
    with or_the_reason(str(file), form, out):
        if queue is None and web is None:
            if any(given is not None for given in (wait, timeout, platform, submission_id, sync)):
                raise _usage(_("--wait, --timeout, --platform, --id and --sync need --queue URL; add it"))
            _grade_here(file, exercise_id, (form, out, points), (transformer, device))
        if transformer is not None or device is not None:
            message = _(
                "with --queue, the worker has its own transformer and device; leave out {option} or --queue",
                option="--device" if transformer is None else "--transformer",
            )
            raise _usage(message)
        if web is not None and any(given is not None for given in (queue, platform, sync)):
            raise _usage(_("--web goes with neither --queue nor --platform nor --sync; leave them out"))
        from grader.cli.handing_in import over_web, queued

        shown_as = queued.ResultOptions(form, out, wait is not False, sync is not False, points)
        if web is not None:
            over_web.submit(file, exercise_id, over_web.WebOptions(web, submission_id, timeout), shown_as)
        queued.submit(file, exercise_id, queued.HandInOptions(queue or "", platform, submission_id, timeout), shown_as)


def _grade_here(
    file: Path,
    exercise_id: str | None,
    result_options: tuple[Format, Path | None, float | None],
    means: tuple[Path | None, str | None],
) -> NoReturn:
    """Grade the file on this machine, show the report, and exit."""
    from grader.report.graded import graded

    form, out, points = result_options
    submission, exercise = submissions.load(file, exercise_override=exercise_id)
    with laboratory(exercise, *means) as lab:
        result = graded(lab, submission, login_name())
        text = result.rendered(form, to_file=out is not None, total_points=points)
    _end(result, text, out)


def _end(result: "GradedSubmission", text: str, out: Path | None) -> NoReturn:
    """Show the report of a submission that was graded on this machine, and exit."""
    if out is not None:  # first, so that nothing is counted if it cannot be written
        print_or_write(text, out)
    result.count()
    if out is None:
        print_or_write(text, out)
    raise typer.Exit(0 if result.report.passed else 1)


def check(
    file: SubmissionFile,
    exercise_id: ExerciseOption = None,
    form: Annotated[PlainFormat, FORMAT] = PlainFormat.text,
    out: OutPath = None,
) -> None:
    """Validate a submission without grading it. This uses no attempt."""
    with or_the_reason(str(file), Format(form), out):
        submission, exercise = submissions.load(file, exercise_override=exercise_id)
    claims, budget = len(submission.claims), exercise.budget
    if form is PlainFormat.json:
        valid = {"state": "valid", "source": str(file), "exercise": exercise.id, "claims": claims, "budget": budget}
        print_or_write(json.dumps(valid, sort_keys=True, indent=2), out)
        return
    message = ngettext(
        "{file} is valid: {number} claim of {budget} allowed for {exercise}",
        "{file} is valid: {number} claims of {budget} allowed for {exercise}",
        claims,
        file=file,
        budget=budget,
        exercise=exercise.id,
    )
    print_or_write(message, out)


def _usage(message: str) -> InvalidInput:
    return InvalidInput("grade submit", [Problem("usage", message)])
