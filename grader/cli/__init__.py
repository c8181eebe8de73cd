"""The command line: a thin shell, one file for each command, and only the command that is asked for is imported."""

# ruff: noqa: E402 - the first lines are for what is imported after them
import gc

GARBAGE_AFTER = 200_000
"""New objects; to import makes many and throws none away, so that to look for garbage any sooner is time lost."""
gc.set_threshold(GARBAGE_AFTER)

import atexit
import os
import signal
import sys
from collections import UserDict
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from grader import __version__
from grader.base.errors import GraderError, InvalidInput
from grader.base.language import _
from grader.cli import speech

DEBUG = "GRADER_DEBUG"
"""Set, an unforeseen error shows its traceback."""
INTERRUPTED = 130
"""What a shell expects of a program that Ctrl-C ended."""
LANG_HELP = "The language that students are spoken to in; GRADER_LANG or your system's by default."
WIDTH = 120
"""Characters of a line of help, at most."""

COMMANDS: dict[str, tuple[str, str]] = {
    "submit": (
        "submit:submit",
        "Grade a submission: attention is recomputed and every claim verified against its threshold.",
    ),
    "check": ("submit:check", "Validate a submission and grade nothing; costs no attempt."),
    "show": ("show:show", "Draw what one head attends to: each row is a query, each column a key."),
    "scan": ("scan:scan", "Score every head under every kind that an exercise asks for."),
    "progress": ("progress:progress", "Show XP, level and achievements."),
    "hint": (
        "hint:hint",
        "Show the next hint for a kind of head: what to look for, what it is not, where to look, what to try.",
    ),
    "exercises": ("exercises:app", "List the exercises, show what one asks for, write new ones and check them."),
    "schema": ("schema:schema", "Print the JSON Schema of a submission, an exercise or a report."),
    "calibrate": (
        "calibrate:calibrate",
        "Show every kind's scores, gaps and noise, and what its threshold does among them.",
    ),
    "cohort": ("cohort:cohort", "Show who found what, the most common wrong claims, and how the scores are spread."),
    "gallery": ("gallery:app", "Make a static site of what was confirmed and may be shown, and look at it."),
    "whatif": (
        "whatif:whatif",
        "Show whose grade would change, and change nothing. Without options: what `grade regrade` would do.",
    ),
    "regrade": (
        "whatif:regrade",
        "Grade every kept report again by the exercise as its file states it now; old reports stay in the ledger.",
    ),
    "up": (
        "up:up",
        "Run the whole service on this machine until Ctrl-C: queue, intake, dispatcher, courier and workers.",
    ),
    "status": (
        "status:status",
        "Show how far a submission has come: its state, attempts, lateness, and what was wrong with it.",
    ),
    "report": ("status:report", "Show a submission's report, with the exit codes of `grade submit`."),
    "dead": (
        "dead:dead",
        "List what could not be taken in or graded, with the reason; or try it again, once the reason is mended.",
    ),
    "doctor": (
        "doctor:doctor",
        "Check transformers, digests, folders, ledger, and the service where there is one; needs no internet.",
    ),
}
"""Each command: its module here and its name in it, and its one line of help, which is its docstring's first."""


class LoadedCommands(UserDict[str, Any]):
    """The commands by name, each imported when it is asked for."""

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - click's types, which Typer hides
        """The command of this name."""
        if self.data[name] is None:
            module, _, inside = COMMANDS[name][0].partition(":")
            found = getattr(import_module(f"{__name__}.commands.{module}"), inside)
            shell = typer.Typer(rich_markup_mode=None)
            shell.add_typer(found, name=name) if isinstance(found, typer.Typer) else shell.command(name)(found)
            self.data[name] = speech.helped(get_group(shell).commands[name])
        return self.data[name]


class Commands(TyperGroup):
    """All the commands; to list them needs none of them."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401
        super().__init__(**settings)
        speech.helped(self)
        self.commands = LoadedCommands(dict.fromkeys(COMMANDS))

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Each command with its one line."""
        with formatter.section(_("Commands")):
            formatter.write_dl([(name, _(line)) for name, (_where, line) in COMMANDS.items()])


app = typer.Typer(
    name="grade",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # help and errors are the same text everywhere, and `rich` is not imported for them
    context_settings={"max_content_width": WIDTH},
    help="Claims about attention heads, verified by measurement.",
    epilog="Exit codes: 0 graded and passed, 1 graded and not passed, 2 the input is invalid, 3 we failed.",
)


@app.callback(invoke_without_command=True)
def version(
    show_version: bool = typer.Option(False, "--version", help="Print the version and stop."),
    lang: str | None = typer.Option(None, speech.OPTION, help=LANG_HELP, metavar="en|ko"),  # read by `speech` already
) -> None:
    """Claims about attention heads, verified by measurement."""
    if show_version:
        typer.echo(f"grade {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line; every error of ours is a few lines on stderr and an exit code, never a traceback."""
    atexit.register(gc.freeze)  # Python looks for garbage once more before it ends; nobody needs that memory again
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # they are sought in every installed package
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that wait leave the cores to others
    signal.signal(signal.SIGINT, lambda *_: sys.exit(INTERRUPTED))
    try:
        speech.begin(sys.argv[1:])
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
        message = _(
            "This is our fault and costs no attempt; {variable} shows where it happened.", variable=f"{DEBUG}=1"
        )
        typer.echo(message, err=True)
        sys.exit(GraderError.exit_code)
