"""The reason why there is no report, from the error that prevented it."""

from dataclasses import replace
from typing import TYPE_CHECKING

from grader.base.errors import GraderError, InvalidInput, Problem
from grader.base.language import N_, _
from grader.report.formats import Failure

if TYPE_CHECKING:
    from grader.schema.queue import State


FOR_INSTRUCTOR = N_("tell your instructor: {why}")


class NoResult(GraderError):
    """There is no report, or not yet, through no fault of the student."""

    def __init__(self, message: str, state: "State" = "dead") -> None:
        """`state` is that of the submission on its queue."""
        super().__init__(message)
        self.state = state


def failure_of(error: Exception, source: str) -> Failure:
    """Return an error as the reason why there is no report."""
    exit_code = error.exit_code if isinstance(error, GraderError) else GraderError.exit_code
    if isinstance(error, InvalidInput):
        return Failure(error.source, "rejected", error.problems, exit_code)
    is_theirs = exit_code == InvalidInput.exit_code
    state = "rejected" if is_theirs else error.state if isinstance(error, NoResult) else "dead"
    text = str(error) if isinstance(error, GraderError) else f"{type(error).__name__}: {error}"
    return Failure(source, state, (Problem("wrong-input" if is_theirs else state, text),), exit_code)


def told(error: Exception, source: str) -> Failure:
    """Return an error as a student reads it where nobody else does: of a fault of ours, one line for the instructor."""
    failure = failure_of(error, source)
    if failure.state == "rejected":
        return failure
    first = next(iter(failure.problems[0].message.splitlines()), "")
    return failure._replace(problems=(replace(failure.problems[0], message=_(FOR_INSTRUCTOR, why=first)),))
