"""Options, progress and output that several commands share."""

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import wraps
from inspect import Parameter, Signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar

import typer

from grader.base import home, interrupt
from grader.base.errors import ExerciseError, InvalidInput, Problem
from grader.base.files import write_whole
from grader.base.language import _
from grader.base.screen import Clean, harmless
from grader.cli.console import say
from grader.schema import Exercise

if TYPE_CHECKING:
    from grader.laboratory import Laboratory
    from grader.ledger import Ledger
    from grader.students.selection import Selection

TransformerPath = Annotated[
    Path | None,
    typer.Option("--transformer", help="A folder or .gguf file with the transformer's weights.", metavar="PATH"),
]
Device = Annotated[
    str | None,
    typer.Option(
        "--device",
        help="Where heads are measured: auto, cpu, cuda, cuda:1, mps.",
        metavar="DEVICE",
    ),
]
FORMAT = typer.Option("--format", help="The format.")
"""The option of every command that prints, with the formats that it has."""
OutPath = Annotated[Path | None, typer.Option("--out", help="Write it to this file.", metavar="PATH")]
OfPlatform = Annotated[str | None, typer.Option("--platform", help="Only students of this platform.", metavar="NAME")]
OfCourse = Annotated[str | None, typer.Option("--course", help="Only what came from this course.", metavar="NAME")]
OfSection = Annotated[
    str | None, typer.Option("--section", help="Only students who are in this section by the roster.", metavar="NAME")
]
Since = Annotated[
    str | None,
    typer.Option("--since", help="Only what came in from this day or time on, such as 2026-09-01.", metavar="TIME"),
]
Until = Annotated[
    str | None,
    typer.Option("--until", help="Only what came in until the end of this day, or before this time.", metavar="TIME"),
]
OldJson = Annotated[bool, typer.Option("--json", hidden=True)]
OldHtml = Annotated[Path | None, typer.Option("--html", hidden=True)]


class PlainFormat(StrEnum):
    """The formats of a command for people and for programs."""

    text = "text"
    json = "json"


class TableFormat(StrEnum):
    """The formats of a command that also writes a table."""

    text = "text"
    json = "json"
    csv = "csv"


class PageFormat(StrEnum):
    """The formats of a command that also writes a page."""

    text = "text"
    json = "json"
    html = "html"


F = TypeVar("F", PlainFormat, PageFormat)


def old_spelling(
    form: F, out: Path | None, *, as_json: bool = False, html: Path | None = None
) -> tuple[F, Path | None]:
    """Return the format and the file; `--json` and `--html PATH` still name them, and stderr says how to do it now."""
    if html is not None:
        say(_("{old} still works; from now on, write {new}", old="--html", new=f"--format html --out {html}"), err=True)
        return type(form)("html"), html
    if as_json:
        say(_("{old} still works; from now on, write {new}", old="--json", new="--format json"), err=True)
        return type(form)("json"), out
    return form, out


class SelectionOptions(NamedTuple):
    """The students and submissions that the options of a command ask for."""

    platform: str | None = None
    course: str | None = None
    section: str | None = None
    since: str | None = None
    until: str | None = None

    def selection(self, ledger: "Ledger", zone: str | None = None) -> "Selection":
        """Return the selection; times are by the clocks of the zone, else in UTC.

        Raises:
            InvalidInput: The ledger does not know a name, or a time is none.
        """
        from grader.ledger.people.rosters import listed
        from grader.students.register import Register
        from grader.students.selection import Selection, moment

        selection = Selection(
            platform=self.platform,
            course=self.course,
            section=self.section,
            since=moment(self.since, "--since", zone) if self.since else None,
            until=moment(self.until, "--until", zone, is_end=True) if self.until else None,
            register=Register(listed(ledger)),
        )
        selection.vet(ledger)
        return selection


SELECTION = {"platform": OfPlatform, "course": OfCourse, "section": OfSection, "since": Since, "until": Until}


def selecting(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with the options of a selection, which it gets as one argument, `asked`."""

    @wraps(command)
    def with_options(**given: Any) -> None:  # noqa: ANN401 - as the options say
        command(asked=SelectionOptions(**{name: given.pop(name) for name in SELECTION}), **given)

    own = inspect.signature(command, eval_str=True).parameters
    options = [Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=of) for name, of in SELECTION.items()]
    kept = {name: [one.replace(kind=Parameter.KEYWORD_ONLY)] for name, one in own.items()}
    parameters = [each for some in (kept | {"asked": options}).values() for each in some]
    with_options.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    with_options.__annotations__ = {each.name: each.annotation for each in parameters}
    return with_options


def readable() -> dict[str, Exercise]:
    """Return all exercises that can be read, and print what is wrong with the others."""
    from grader import exercises

    found = {}
    for name in exercises.available():
        try:
            found[name] = exercises.load(name)
        except ExerciseError as fault:
            say(_("left out: {error}", error=fault), err=True)
    return found


@contextmanager
def laboratory(exercise: Exercise, transformer: Path | None, device: str | None = None) -> Iterator["Laboratory"]:
    """Provide the exercise's laboratory; its progress is shown on stderr if that is a terminal.

    Raises:
        GraderError: A transformer is given, and is not the one that the exercise pins; or there is no such device.
    """
    from grader.laboratory import Laboratory

    if transformer is not None:  # before anything is looked up or loaded
        from grader.measuring.transformer import digest

        digest(exercise.transformer, transformer)
    with progress() as shown:
        folder = home.writable_folder(home.TABLES)
        yield Laboratory(exercise, folder, explicit=transformer, device=device, **shown._asdict())


class ProgressCalls(NamedTuple):
    """The functions that are called with what is being done, and how far a scan is."""

    say: Callable[[str], None]
    progress: Callable[[float], None]


@contextmanager
def progress() -> Iterator[ProgressCalls]:
    """Show on stderr, if that is a terminal, what is being done, and how far it is."""
    if not sys.stderr.isatty():
        yield ProgressCalls(lambda doing: None, lambda done: None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    # The bar is on stderr, so it must not touch what goes to stdout, nor its encoding.
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task(_("looking up the score table"), total=None)
        yield ProgressCalls(
            say=lambda doing: bar.update(task, description=harmless(doing)),
            progress=lambda done: bar.update(task, completed=done, total=1.0),
        )


@contextmanager
def waiting(doing: str) -> Iterator[None]:
    """Show on stderr, if that is a terminal, what is being done."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(doing):
        yield


def print_or_write(text: str, out: Path | None) -> None:
    """Print the text, or write all of it to a file; Ctrl-C is ignored from here on, so that it is all there or not.

    Raises:
        InvalidInput: The file cannot be written.
    """
    interrupt.over()
    if out is None:
        say(text, nl=not text.endswith("\n"))
    else:
        write(harmless(text if text.endswith("\n") else Clean(f"{harmless(text)}\n")).encode(), out)


def write(content: bytes, out: Path) -> None:
    """Write the file as a whole, and say so.

    Raises:
        InvalidInput: It cannot be written.
    """
    try:
        if out.is_dir():
            raise InvalidInput(str(out), [Problem("unwritable", _("this is a folder; name a file in it"))])
        write_whole(out, content)
    except OSError as error:
        message = _("cannot be written: {why}", why=error.strerror)
        raise InvalidInput(str(out), [Problem("unwritable", message)]) from None
    say(_("written to {path}", path=out), err=True)
