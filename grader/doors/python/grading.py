"""Claims that a program makes, graded: the report that `grade submit` would give, without an entry in the ledger."""

from collections.abc import Iterable, Mapping
from numbers import Integral
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, PrivateAttr

from grader.base.errors import InvalidInput, Problem
from grader.base.numbers import percent
from grader.documents import Plain
from grader.doors.python.notebook import framed
from grader.doors.python.opening import opened
from grader.exercises import submissions
from grader.grading.grade import shown
from grader.laboratory import Laboratory
from grader.schema import Claim, Exercise, Report, Submission

SOURCE = "grader.grade"
"""The name of a program's claims in messages."""


class GradedFrom(NamedTuple):
    """Everything besides a report that its page is made from."""

    exercise: Exercise
    tables: Path
    transformer: Path | None
    device: str


class GradedReport(Report):
    """A report that shows itself: as its page in a notebook, as plain text when it is printed."""

    _graded_from: GradedFrom = PrivateAttr()

    @classmethod
    def of(cls, report: Report, laboratory: Laboratory) -> "GradedReport":
        """Return the report that a laboratory made, able to show itself."""
        made = cls.model_construct(**dict(report))
        made._graded_from = GradedFrom(laboratory.exercise, laboratory.folder, laboratory.explicit, laboratory.device)
        return made

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Report) and dict(self) == dict(other)

    __hash__ = None  # type: ignore[assignment]  # `wanted` is a dictionary: no report can be hashed

    def __repr__(self) -> str:
        from grader.report.text import words

        right = sum(verdict.outcome == "confirmed" for verdict in self.verdicts)
        student = f" by {self.student}" if self.student else ""
        return (
            f"<Report on {self.exercise}{student}: {words.total_sign(self).name}, score {percent(self.score)}, "
            f"{right} of {len(self.verdicts)} claims confirmed>"
        )

    def __str__(self) -> str:
        from grader.report.formats import terminal

        return terminal.render(shown(self), self._graded_from.exercise)

    def _repr_html_(self) -> str:
        """The page that `grade submit --format html` writes, in a frame."""
        from grader.report.formats import html

        exercise, tables, transformer, device = self._graded_from
        laboratory = Laboratory(exercise, tables, explicit=transformer, device=device)
        if self.feedback != "all" or not laboratory.is_measured:
            return framed(html.render(shown(self), {}, exercise))
        return framed(html.render(self, laboratory.pictures(self), exercise, laboratory.standings))


def grade(
    exercise: Exercise,
    claims: Submission | Iterable[Claim | Mapping[str, Any]],
    *,
    student: str | None = None,
    transformer: str | Path | None = None,
    device: str | None = None,
) -> Report:
    """Grade claims about the heads of an exercise's transformer.

    Every head is measured the first time, which takes seconds for a small transformer and minutes for a large one; the
    score table is kept in the folder that `GRADER_HOME` names, the same that the command line uses. Sentences given as
    evidence are recomputed. Nothing is written to the ledger, so that no attempt is used up and no XP is earned.

    Args:
        exercise: What `load_exercise` returns.
        claims: A list of `Claim`, or of dictionaries with the same keys, as many as the exercise's `budget` at most; or
            a whole `Submission`.
        student: Whose report it is; by default nobody's, or the submission's own student.
        transformer: A folder or `.gguf` file with the weights, where the grader does not find them itself.
        device: Where the transformer is measured: `auto`, `cpu`, `cuda`, `cuda:1` or `mps`. By default what
            `GRADER_DEVICE` says, else `auto`, which is a GPU where there is one.

    Returns:
        The report that `grade submit` makes of the same claims, byte for byte, with its `content_hash`: one verdict a
        claim, in their order. Scores, shares and hit rates go from 0 to 1, points from 0 to `possible`. All of it is
        there, whatever `feedback` the exercise gives students; only what a notebook shows keeps to that.

    Raises:
        InvalidInput: A claim cannot be graded: a head that does not exist, a kind that is misspelt, a claim that is
            repeated, too many claims. It lists every problem, each with its claim, counted from 0.
        GraderError: The transformer is not found or is not the one that the exercise means, or a table is damaged.
    """
    submission = submitted(exercise, claims, student)
    with opened(exercise, transformer, device) as laboratory:
        return GradedReport.of(laboratory.report(submission), laboratory)


def submitted(
    exercise: Exercise, claims: Submission | Iterable[Claim | Mapping[str, Any]], student: str | None
) -> Submission:
    """Return the claims as a submission that was checked against the exercise."""
    if isinstance(claims, Submission):
        if claims.exercise != exercise.id:
            message = f"the submission answers `{claims.exercise}`, not `{exercise.id}`; give that exercise"
            raise InvalidInput(SOURCE, [Problem("other-exercise", message)])
        values = claims.model_dump(exclude_none=True)
    else:
        values = {"exercise": exercise.id, "claims": list(claims)}
    if student is not None:
        values["student"] = student
    return submissions.made(_plain(values), exercise, SOURCE)


def _plain(value: Any) -> Plain:  # noqa: ANN401 - whatever a program gives; a value that is not plain is refused later
    """Return the value as it would be read from a file: numpy's whole numbers as Python's, lists as tuples."""
    match value:
        case BaseModel():
            return _plain(value.model_dump(exclude_none=True))
        case Mapping():
            return {key: _plain(each) for key, each in value.items()}
        case list() | tuple():
            return tuple(map(_plain, value))
        case Integral() if not isinstance(value, bool):
            return int(value)
    return value  # type: ignore[no-any-return]
