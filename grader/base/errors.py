"""The operator's errors: each message says what is wrong, where, and what to do.

A student's mistake in judgement is a verdict, never one of these.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class GraderError(Exception):
    """Something on our side must be mended before grading can go on."""

    exit_code = 3


@dataclass(frozen=True)
class Problem:
    """One thing wrong with an input, at one place in it."""

    code: str
    """Stable, for programs: `unknown-type`, `no-such-head`, ..."""
    message: str
    """For people: what is wrong, what is allowed, and "did you mean"."""
    line: int | None = None
    """Counted from 1."""
    column: int | None = None
    """Counted from 1."""
    where: str = ""
    """The path inside the document, such as `claims[2].layer`."""


class InvalidInput(GraderError):
    """An input file cannot be read as what it should be; all its problems at once."""

    exit_code = 2

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        """Keep the problems of the input called `source` in the order of their places."""
        self.source = source
        self.problems = tuple(sorted(problems, key=lambda p: (p.line or 0, p.column or 0)))
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """One line for each problem: `source:line:column: message [code]`."""
        return [
            ":".join(
                [self.source]
                + [str(n) for n in (problem.line, problem.column) if n is not None]
                + [f" {problem.message} [{problem.code}]"]
            )
            for problem in self.problems
        ]


class ExerciseError(GraderError):
    """An exercise cannot be used as it is written."""


class UnknownExercise(ExerciseError):
    """Somebody asked for an exercise that there is not."""

    exit_code = 2


class TransformerNotFound(GraderError):
    """The weights are neither bundled, nor at a given path, nor cached, nor to be had from the hub."""


class DigestMismatch(GraderError):
    """A file of the transformer is not, byte for byte, the one that the exercise pins."""


class UnsupportedTransformer(GraderError):
    """The transformer cannot be measured: its attention is out of reach."""


class ScoreTableError(GraderError):
    """A kept score table cannot be read."""


class BeingMeasured(ScoreTableError):
    """Another process is measuring the heads right now; its table can be read when it is done."""


class LedgerError(GraderError):
    """The ledger cannot be opened or written."""
