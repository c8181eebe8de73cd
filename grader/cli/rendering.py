"""A report in one of its formats, the same wherever it was graded."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer

from grader.base.errors import InvalidInput
from grader.cli.options import FORMAT, OutPath, print_or_write
from grader.report import formats
from grader.report.failures import failure_of
from grader.report.formats import Failure, Format

FormatOption = Annotated[Format, FORMAT]
Out = OutPath


@contextmanager
def or_the_reason(source: str, form: Format, out: Path | None) -> Iterator[None]:
    """Also print or write an error in the format, because a program may read only that."""
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        with suppress(InvalidInput):  # that the file cannot be written is told already, or matters less
            give_reason(failure_of(error, source), form, out)
        raise


def give_reason(failure: Failure, form: Format, out: Path | None) -> None:
    """Print or write the reason; on a terminal, people have read it already on stderr."""
    if form is not Format.terminal or out is not None:
        print_or_write(formats.failed(form, failure), out)


Points = Annotated[
    float | None,
    typer.Option(
        "--points",
        min=0.01,
        help="With --format gradescope: the points that a full score is worth there. Default: the exercise's own.",
        metavar="NUMBER",
    ),
]
