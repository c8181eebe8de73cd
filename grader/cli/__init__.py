"""The command line: one file for each command; only the command in use is imported."""

# ruff: noqa: E402 - the first lines are for the imports after them
import gc

GARBAGE_AFTER = 200_000
"""New objects before garbage is collected. Imports create many and discard none: collecting earlier wastes time."""
gc.set_threshold(GARBAGE_AFTER)

import atexit
import os
import re
import sys
from collections import UserDict
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException
from typer.main import get_group

from grader import __version__
from grader.base import interrupt
from grader.base.environment import is_on
from grader.base.errors import GraderError, InvalidInput
from grader.base.language import LANGUAGES, _
from grader.base.memory import ran_out
from grader.cli import speech
from grader.cli.console import say

DEBUG = "GRADER_DEBUG"
"""The environment variable that shows the traceback of an unexpected error."""
LANG_HELP = "The language of messages to students. Default: GRADER_LANG, else your system's language."
NEGATIVE = re.compile(r"-[0-9.]+")
WIDTH = 120
"""The most characters in a line of help."""

COMMANDS: dict[str, tuple[str, str]] = {
    "submit": (
        "submit:submit",
        "Grade a submission: recompute the attention and check every claim against its thresholds.",
    ),
    "check": ("submit:check", "Validate a submission without grading it. This uses no attempt."),
    "show": ("show:show", "Draw what heads attend to: each row is a query, each column a key."),
    "scan": ("scan:scan", "Score every head under every kind that an exercise asks for."),
    "atlas": ("atlas:atlas", "Score every head of any transformer under all kinds that apply, without an exercise."),
    "ablate": ("ablate:ablate", "Replace the output of heads, and show what the transformer loses."),
    "trace": (
        "trace:trace",
        "Show which earlier heads feed a head: what is left of its score when each of them is replaced.",
    ),
    "progress": ("progress:progress", "Show XP, level and achievements."),
    "hint": (
        "hint:hint",
        "Show the next hint for a kind of head: what to look for, what it is not, where to look, what to try.",
    ),
    "exercises": (
        "teaching.exercises:app",
        "List the exercises, show one, start a new one, check them, or publish scores.",
    ),
    "schema": (
        "schema:schema",
        "Print the JSON Schema of a submission, an exercise, a report, an atlas or a list of known heads.",
    ),
    "calibrate": (
        "teaching.calibrate:calibrate",
        "Show each kind's scores, the gaps and the noise among them, and the effect of its threshold.",
    ),
    "cohort": (
        "teaching.cohort:cohort",
        "Show what students found, the most common wrong claims, and the spread of scores.",
    ),
    "students": (
        "teaching.students:app",
        "List students, show one, decide something for one, hand out or erase what is kept of one.",
    ),
    "grades": (
        "teaching.grades:grades",
        "List each student's grade on an exercise, also as a table that Canvas or Moodle imports.",
    ),
    "explore": ("explore:app", "Look at the heads of a transformer on any sentence, and claim them."),
    "gallery": ("gallery:app", "Build a static site of the confirmed claims that students want to show, and view it."),
    "whatif": (
        "teaching.whatif:whatif",
        "Show whose grade would change, without changing it. Without options: the effect of `grade regrade`.",
    ),
    "regrade": (
        "teaching.whatif:regrade",
        "Grade all stored reports again with the exercise as it is now; old reports stay in the ledger.",
    ),
    "package": (
        "teaching.package:package",
        "Write what a platform's autograder takes for an exercise, with its scores: no torch is needed there.",
    ),
    "up": (
        "operating.up:up",
        "Run the whole service on this machine until Ctrl-C: queue, intake, dispatcher, courier, web door and workers.",
    ),
    "status": (
        "status:status",
        "Show the state of a submission, its attempts, its lateness and its problems.",
    ),
    "report": ("status:report", "Show a submission's report, with the exit codes of `grade submit`."),
    "platforms": (
        "operating.platforms:app",
        "Make, list and revoke the tokens with which platforms use the web door.",
    ),
    "dead": (
        "operating.dead:dead",
        "List what could not be taken in or graded, with the reason; or try it again after fixing the cause.",
    ),
    "backup": (
        "operating.backup:backup",
        "Write the ledger and all else that cannot be made again into one file, while the service runs.",
    ),
    "restore": (
        "operating.backup:restore",
        "Put a backup back: everything in it, or nothing if something is wrong with it.",
    ),
    "lti": (
        "operating.lti:app",
        "Register platforms that come in by LTI 1.3, list them, and change the keys that they know us by.",
    ),
    "doctor": (
        "operating.doctor:doctor",
        "Check transformers, digests, folders, the ledger and, if there is one, the service. Needs no internet.",
    ),
}
"""Each command: its module and its name there, and its line of help, which is also the first line of its docstring."""


class Command(TyperCommand):
    """A command for which -1 is a number and no option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - click's types, which Typer hides
        """Read the arguments; negative numbers are left to the command."""
        ctx.ignore_unknown_options = any(NEGATIVE.fullmatch(each) for each in args)
        return super().parse_args(ctx, args)


class LoadedCommands(UserDict[str, Any]):
    """The commands by name, each imported on first use."""

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - click's types, which Typer hides
        """Return the command of this name."""
        if self.data[name] is None:
            module, _, inside = COMMANDS[name][0].partition(":")
            command = getattr(import_module(f"{__name__}.commands.{module}"), inside)
            shell = typer.Typer(rich_markup_mode=None)
            if isinstance(command, typer.Typer):
                shell.add_typer(command, name=name)
            else:
                shell.command(name, cls=Command)(command)
            self.data[name] = speech.translated(get_group(shell).commands[name])
        return self.data[name]


class Commands(TyperGroup):
    """All commands; listing them imports none of them."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401
        super().__init__(**settings)
        speech.translated(self)
        self.commands = LoadedCommands(dict.fromkeys(COMMANDS))

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write each command with its line of help."""
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
    show_version: bool = typer.Option(False, "--version", help="Print the version and exit."),
    lang: str | None = typer.Option(
        None, speech.OPTION, help=LANG_HELP, metavar="|".join(LANGUAGES)
    ),  # read by `speech` already
) -> None:
    """Claims about attention heads, verified by measurement."""
    if show_version:
        say(f"grade {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line; an error of ours is a few lines on stderr and an exit code, never a traceback."""
    interrupt.prepare()
    try:
        _run()
    finally:
        if interrupt.came():  # also if a library made an error of its own of it
            interrupt.leave()
        interrupt.over()


def _run() -> None:
    atexit.register(gc.freeze)  # so that Python does not collect garbage once more at the end
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # finding them takes time: all packages are searched
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that wait leave the cores to others
    try:
        speech.choose_language(sys.argv[1:])
        sys.exit(app(standalone_mode=False) or 0)
    except TyperException as error:
        from grader.cli.usage import explained

        say(explained(error), err=True)
        sys.exit(error.exit_code)
    except typer.Abort:
        sys.exit(interrupt.CODE)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if interrupt.came():
            interrupt.leave()
        if is_on(DEBUG) and not isinstance(error, GraderError):
            raise
        for line in _explained(error):
            say(line, err=True)
        sys.exit(error.exit_code if isinstance(error, GraderError) else GraderError.exit_code)


def _explained(error: Exception) -> Iterator[str]:
    """Yield what went wrong, in lines."""
    if isinstance(error, InvalidInput):
        yield from error.lines()
    elif isinstance(error, GraderError):
        yield f"grade: {error}"
    elif shortage := _of_the_machine(error):
        yield f"grade: {shortage}"
    else:
        yield f"grade: {type(error).__name__}: {error}"
        yield _(
            "This is an error of the grader and uses no attempt. To see where it happened, set {variable}.",
            variable=f"{DEBUG}=1",
        )


def _of_the_machine(error: Exception) -> str:
    """Return the message about a machine that lets something down, empty if the error is ours.

    That is memory that runs out, a library that is not installed, or a file that is not as it should be, such as a
    folder in its place.
    """
    from grader.base.installed import lacking

    if shortage := ran_out(error, _("this command")) or lacking(error, _("this command")):
        return str(shortage)
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return ""
