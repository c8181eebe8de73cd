"""The command line: a thin shell, one file for each command, nothing heavy imported until a command needs it."""

import os
import signal
import sys

import typer

from grader import __version__
from grader.cli import (
    authoring,
    calibrate,
    cohort,
    dead,
    doctor,
    progress,
    scan,
    schema,
    show,
    status,
    submit,
    up,
    whatif,
)
from grader.errors import GraderError, InvalidInput

DEBUG = "GRADER_DEBUG"
"""Set, an unforeseen error shows its traceback."""
INTERRUPTED = 130
"""What a shell expects of a program that Ctrl-C ended."""

app = typer.Typer(
    name="grade",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Claims about attention heads, verified by measurement.",
    epilog="Exit codes: 0 graded and passed, 1 graded and not passed, 2 the input is invalid, 3 we failed.",
)
app.command("submit")(submit.submit)
app.command("check")(submit.check)
app.command("show")(show.show)
app.command("scan")(scan.scan)
app.command("progress")(progress.progress)
app.add_typer(authoring.app, name="exercises")
app.command("schema")(schema.schema)
app.command("calibrate")(calibrate.calibrate)
app.command("cohort")(cohort.cohort)
app.command("whatif")(whatif.whatif)
app.command("regrade")(whatif.regrade)
app.command("up")(up.up)
app.command("status")(status.status)
app.command("report")(status.report)
app.command("dead")(dead.dead)
app.command("doctor")(doctor.doctor)


@app.callback(invoke_without_command=True)
def version(show_version: bool = typer.Option(False, "--version", help="Print the version and stop.")) -> None:
    """Claims about attention heads, verified by measurement."""
    if show_version:
        typer.echo(f"grade {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line; every error of ours is a few lines on stderr and an exit code, never a traceback."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that wait leave the cores to others
    signal.signal(signal.SIGINT, lambda *_: sys.exit(INTERRUPTED))
    try:
        app()
    except InvalidInput as error:
        for line in error.lines():
            typer.echo(line, err=True)
        sys.exit(error.exit_code)
    except GraderError as error:
        typer.echo(f"grade: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        typer.echo(f"grade: {type(error).__name__}: {error}", err=True)
        typer.echo(f"This is our fault and costs no attempt; {DEBUG}=1 shows where it happened.", err=True)
        sys.exit(GraderError.exit_code)
