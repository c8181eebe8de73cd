"""Options, progress and output that several commands share."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.base import home
from grader.base.errors import InvalidInput, Problem
from grader.base.files import write_whole
from grader.base.language import _
from grader.schema import Exercise

if TYPE_CHECKING:
    from grader.laboratory import Laboratory

TransformerPath = Annotated[
    Path | None,
    typer.Option("--transformer", help="A folder or .gguf file with the transformer's weights.", metavar="PATH"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print only JSON.")]


@contextmanager
def laboratory(exercise: Exercise, transformer: Path | None) -> Iterator["Laboratory"]:
    """Provide the exercise's laboratory; its progress is shown on stderr if that is a terminal.

    Raises:
        GraderError: A transformer is given, and is not the one that the exercise pins.
    """
    from grader.laboratory import Laboratory

    if transformer is not None:  # before anything is looked up or loaded
        from grader.measuring.transformer import digest

        digest(exercise.transformer, transformer)
    folder = home.writable_folder(home.TABLES)
    if not sys.stderr.isatty():
        yield Laboratory(exercise, folder, explicit=transformer)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    # The bar is on stderr, so it must not touch what goes to stdout, nor its encoding.
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as progress:
        task = progress.add_task(_("looking up the score table"), total=None)
        yield Laboratory(
            exercise,
            folder,
            explicit=transformer,
            say=lambda doing: progress.update(task, description=doing),
            progress=lambda done: progress.update(task, completed=done, total=1.0),
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
    """Print the text, or write all of it to a file.

    Raises:
        InvalidInput: The file cannot be written.
    """
    if out is None:
        typer.echo(text.rstrip("\n"))
    else:
        try:
            write_whole(out, text.encode())
        except OSError as error:
            message = _("cannot be written: {why}", why=error.strerror)
            raise InvalidInput(str(out), [Problem("unwritable", message)]) from None
        typer.echo(_("written to {path}", path=out), err=True)
