"""`grade status` and `grade report`: what became of a submission that was handed in, by its id, from the ledger."""

from typing import Annotated

import typer

from grader.base.errors import GraderError
from grader.base.language import _
from grader.cli import outcome
from grader.cli.options import AsJson
from grader.cli.rendering import FormatOption, Out
from grader.report.formats import Format
from grader.schema.queue import Result
from grader.service.platforms import LOCAL

Id = Annotated[str, typer.Argument(help="What it was called when it was handed in.", metavar="ID", show_default=False)]
PlatformOption = Annotated[str, typer.Option("--platform", help="Where it was handed in.", metavar="NAME")]


class UnknownSubmission(GraderError):
    """Somebody asked for a submission that there is not."""

    exit_code = 2


def status(submission_id: Id, platform: PlatformOption = LOCAL, as_json: AsJson = False) -> None:
    """Show how far a submission has come: its state, attempts, lateness, and what was wrong with it."""
    result = _result(submission_id, platform)
    typer.echo(result.model_dump_json(indent=2) if as_json else outcome.told(result))


def report(
    submission_id: Id, platform: PlatformOption = LOCAL, form: FormatOption = Format.terminal, out: Out = None
) -> None:
    """Show a submission's report, with the exit codes of `grade submit`."""
    outcome.conclude(_result(submission_id, platform), submission_id, form, out)


def _result(submission_id: str, platform: str) -> Result:
    from grader.ledger import Ledger
    from grader.service import answers

    with Ledger() as ledger:
        found = answers.result(ledger, platform, submission_id)
        if found is None:
            message = _(
                "{ledger}: platform {platform} has handed in nothing called {id}; look at the id and at --platform, "
                "or wait a moment: what was just handed in may still be on the queue",
                ledger=ledger.where,
                platform=platform,
                id=submission_id,
            )
            raise UnknownSubmission(message)
    return found
