"""`grade submit` and `grade check`: a submission graded, here or through a queue, or only validated."""

from pathlib import Path
from typing import Annotated

import typer

from grader.base.errors import InvalidInput, Problem
from grader.base.language import _, ngettext
from grader.cli.options import TransformerPath, deliver, laboratory
from grader.cli.rendering import FormatOption, Out, rendered
from grader.cli.who import login_name
from grader.exercises import submissions
from grader.report.formats import Format

SubmissionFile = Annotated[Path, typer.Argument(help="The submission, such as my_heads.yaml.", show_default=False)]
ExerciseOption = Annotated[
    str | None, typer.Option("--exercise", help="In place of the exercise that the file names.", metavar="ID")
]
Queue = Annotated[str | None, typer.Option("--queue", help="Hand it in here, for others to grade.", metavar="URL")]
Wait = Annotated[bool | None, typer.Option("--wait/--no-wait", help="With --queue: wait for the result, the default.")]
Timeout = Annotated[
    float | None, typer.Option(min=0, help="With --queue: wait so long at most; 300 by default.", metavar="SECONDS")
]
QueuePlatform = Annotated[
    str | None, typer.Option("--platform", help="With --queue: whose; the URL's user by default.", metavar="NAME")
]
Sync = Annotated[
    bool | None,
    typer.Option("--sync/--no-sync", help="With --queue: hand in what was graded offline as well, the default."),
]
IdOption = Annotated[
    str | None, typer.Option("--id", help="With --queue: what to call it; random by default.", metavar="ID")
]


def submit(
    file: SubmissionFile,
    exercise_id: ExerciseOption = None,
    form: FormatOption = Format.terminal,
    out: Out = None,
    transformer: TransformerPath = None,
    queue: Queue = None,
    wait: Wait = None,
    timeout: Timeout = None,
    platform: QueuePlatform = None,
    submission_id: IdOption = None,
    sync: Sync = None,
) -> None:
    """Grade a submission: attention is recomputed and every claim verified against its threshold."""
    if queue is not None:
        if transformer is not None:
            raise _usage(_("whoever grades has the transformer; leave --transformer out, or --queue"))
        from grader.cli.handing_in import queued

        where = queued.Where(queue, platform, submission_id, timeout)
        queued.submit(file, exercise_id, where, queued.Answer(form, out, wait is not False, sync is not False))
    if any(given is not None for given in (wait, timeout, platform, submission_id, sync)):
        raise _usage(_("--wait, --timeout, --platform, --id and --sync belong to --queue URL; give that as well"))
    submission, exercise = submissions.load(file, exercise_override=exercise_id)
    if submission.student is None:
        submission = submission.model_copy(update={"student": login_name()})
    from grader.ledger import Ledger

    with laboratory(exercise, transformer) as bench:
        report = bench.report(submission)
        text = rendered(
            form,
            report,
            exercise,
            lambda: bench.pictures(report),
            plain=out is not None,
            standings=lambda: bench.standings,
        )
    if out is not None:  # where it cannot be written, nothing is to be counted
        deliver(text, out)
    with Ledger() as ledger:
        ledger.hand_in(report)
    if out is None:
        deliver(text, out)
    raise typer.Exit(0 if report.passed else 1)


def check(file: SubmissionFile, exercise_id: ExerciseOption = None) -> None:
    """Validate a submission and grade nothing; costs no attempt."""
    submission, exercise = submissions.load(file, exercise_override=exercise_id)
    typer.echo(
        ngettext(
            "{file} is valid: {number} claim of {budget} allowed for {exercise}",
            "{file} is valid: {number} claims of {budget} allowed for {exercise}",
            len(submission.claims),
            file=file,
            budget=exercise.budget,
            exercise=exercise.id,
        )
    )


def _usage(message: str) -> InvalidInput:
    return InvalidInput("grade submit", [Problem("usage", message)])
