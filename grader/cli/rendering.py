"""A report in one of its formats, the same wherever it was graded."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.base.errors import GraderError, InvalidInput, Problem
from grader.cli.options import FORMAT, OutPath, print_or_write
from grader.report import formats
from grader.report.formats import Failure, Format, Material
from grader.schema import Exercise, Report

if TYPE_CHECKING:
    from grader.schema.queue import State

FormatOption = Annotated[Format, FORMAT]
Out = OutPath


class NoResult(GraderError):
    """There is no report, or not yet, through no fault of the student."""

    def __init__(self, message: str, state: "State" = "dead") -> None:
        """`state` is that of the submission on its queue."""
        super().__init__(message)
        self.state = state


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


def failure_of(error: Exception, source: str) -> Failure:
    """Return an error as the reason why there is no report."""
    exit_code = error.exit_code if isinstance(error, GraderError) else GraderError.exit_code
    if isinstance(error, InvalidInput):
        return Failure(error.source, "rejected", error.problems, exit_code)
    is_theirs = exit_code == InvalidInput.exit_code
    state = "rejected" if is_theirs else error.state if isinstance(error, NoResult) else "dead"
    text = str(error) if isinstance(error, GraderError) else f"{type(error).__name__}: {error}"
    return Failure(source, state, (Problem("wrong-input" if is_theirs else state, text),), exit_code)


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


def rendered(form: Format, full: Report, exercise: Exercise, *, plain: bool, total_points: float | None = None) -> str:
    """Return a report that was made elsewhere as its student may see it; `plain` text is for a file.

    A platform that counts in points of its own gives a full score `total_points`.
    """
    from grader.grading.grade import shown

    return formats.rendered(form, Material(shown(full), exercise, total_points=total_points, to_file=plain))
