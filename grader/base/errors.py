"""The errors of operators and of input files: each message says what is wrong, where, and what to do.

A student's wrong claim is never an error; it gets a verdict.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class GraderError(Exception):
    """The operator has to fix something before grading can go on."""

    exit_code = 3


@dataclass(frozen=True)
class Problem:
    """One thing wrong with an input, at one place in it."""

    code: str
    """A stable name for programs, such as `unknown-type` or `no-such-head`."""
    message: str
    """The text for people: what is wrong, what is allowed, and "did you mean"."""
    line: int | None = None
    """Counted from 1."""
    column: int | None = None
    """Counted from 1."""
    where: str = ""
    """The path inside the document, such as `claims[2].layer`."""


class InvalidInput(GraderError):
    """An input file is not valid; the error carries all its problems."""

    exit_code = 2

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        """Sort the problems of the input called `source` by line and column."""
        self.source = source
        self.problems = tuple(sorted(problems, key=lambda p: (p.line or 0, p.column or 0)))
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """Return one line for each problem: `source:line:column: message [code]`."""
        return [
            ":".join(
                [_one_line(self.source)]
                + [str(n) for n in (problem.line, problem.column) if n is not None]
                + [f" {_one_line(problem.message)} [{problem.code}]"]
            )
            for problem in self.problems
        ]


def _one_line(text: str) -> str:
    """Return the text on one line, so that a message cannot look like several."""
    return "\\n".join(text.split("\n"))


class ExerciseError(GraderError):
    """The exercise is not valid."""


class UnknownExercise(ExerciseError):
    """There is no exercise of this name."""

    exit_code = 2


class TransformerNotFound(GraderError):
    """The weights are not bundled, not at a given path, not in a cache and not on the hub."""


class DigestMismatch(GraderError):
    """A file of the transformer differs from the one that the exercise pins."""


class DeviceError(GraderError):
    """The device is not one, is not there, or cannot compute what is asked."""

    exit_code = 2


class UnsupportedTransformer(GraderError):
    """The transformer cannot be measured, because its attention cannot be read."""


class NotInstalled(GraderError):
    """Something is not installed on this machine, or cannot be."""


class OutOfMemory(GraderError):
    """There is not enough memory."""


class ScoreTableError(GraderError):
    """A stored score table cannot be read."""


class BeingMeasured(ScoreTableError):
    """Another process is measuring the heads; its score table can be read when it has finished."""


class LedgerError(GraderError):
    """The ledger cannot be opened or written."""


class LedgerUnavailable(LedgerError):
    """The ledger's database is away, full or locked; another try may succeed with nothing changed here."""


class SchemaChanged(LedgerError):
    """The ledger's tables belong to another version of the grader: this process must end."""
