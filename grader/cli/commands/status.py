"""`grade status` and `grade report`: a submission that was handed in, by its id, from the ledger."""

from typing import Annotated

import typer

from grader.base.errors import GraderError
from grader.base.language import _
from grader.cli import outcome
from grader.cli.options import FORMAT, OldJson, OutPath, PlainFormat, old_spelling, print_or_write
from grader.cli.rendering import FormatOption, Out, Points, or_the_reason
from grader.ledger import Ledger
from grader.report.formats import Format
from grader.schema.queue import Result
from grader.service import answers
from grader.service.platforms import LOCAL

Id = Annotated[str, typer.Argument(help="The submission's id.", metavar="ID", show_default=False)]
PlatformOption = Annotated[str, typer.Option("--platform", help="The platform that handed it in.", metavar="NAME")]


class UnknownSubmission(GraderError):
    """The ledger has no such submission."""

    exit_code = 2


def status(
    submission_id: Id,
    platform: PlatformOption = LOCAL,
    form: Annotated[PlainFormat, FORMAT] = PlainFormat.text,
    out: OutPath = None,
    as_json: OldJson = False,
) -> None:
    """Show the state of a submission, its attempts, its lateness and its problems."""
    form, out = old_spelling(form, out, as_json=as_json)
    result = _result(submission_id, platform)
    is_json = form is PlainFormat.json
    print_or_write(result.model_dump_json(indent=2, ensure_ascii=True) if is_json else outcome.summary(result), out)


def report(
    submission_id: Id,
    platform: PlatformOption = LOCAL,
    form: FormatOption = Format.terminal,
    out: Out = None,
    points: Points = None,
) -> None:
    """Show a submission's report, with the exit codes of `grade submit`."""
    with or_the_reason(submission_id, form, out):
        outcome.show_and_exit(_result(submission_id, platform), submission_id, form, out, points)


def _result(submission_id: str, platform: str) -> Result:
    with Ledger() as ledger:
        result = answers.result(ledger, platform, submission_id)
        if result is None:
            message = _(
                "{ledger}: there is no submission {id} from platform {platform}. Check the id and --platform, "
                "or wait a moment: a new submission may still be on the queue.",
                ledger=ledger.where,
                platform=platform,
                id=submission_id,
            )
            raise UnknownSubmission(message)
    return result
