"""A submission that is graded on this machine: its report in any format, and its entry in the ledger."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from grader.report import formats, needs
from grader.report.formats import Format, Material
from grader.schema import Exercise, Report, Submission

if TYPE_CHECKING:
    from grader.laboratory import Laboratory


@dataclass(frozen=True)
class GradedSubmission:
    """The report on one submission, with the laboratory that made it."""

    laboratory: "Laboratory"
    report: Report
    """Everything that was measured, as the ledger keeps it."""

    @property
    def exercise(self) -> Exercise:
        """The exercise that was graded."""
        return self.laboratory.exercise

    @cached_property
    def shown(self) -> Report:
        """The report as its student may see it."""
        from grader.grading.grade import shown

        return shown(self.report)

    def rendered(self, form: Format, *, to_file: bool = False, total_points: float | None = None) -> str:
        """Return what its student may see in this format, as `Material` says."""
        lab = self.laboratory
        material = Material(
            self.shown,
            self.exercise,
            lambda: lab.pictures(self.report),
            lambda: lab.standings,
            lambda: needs.kept(lab),
            total_points,
            to_file=to_file,
        )
        return formats.rendered(form, material)

    def count(self) -> None:
        """Enter the report into the ledger of this machine, which keeps what the exercise's version is.

        Raises:
            EditedExercise: The version was used before, and graded otherwise.
        """
        from grader.exercises.kept_versions import KeptVersions
        from grader.ledger import Ledger

        with Ledger() as ledger:
            KeptVersions(ledger).use(self.exercise)
            ledger.hand_in(self.report)


def graded(laboratory: "Laboratory", submission: Submission, login: str) -> GradedSubmission:
    """Return the graded submission, which is not in the ledger yet; one without a name is that of `login`.

    Raises:
        EditedExercise: The exercise's version was used on this machine before, and graded otherwise.
    """
    from grader.exercises.kept_versions import vet_here

    vet_here(laboratory.exercise)  # before anything is measured
    if submission.student is None:
        submission = submission.model_copy(update={"student": login})
    return GradedSubmission(laboratory, laboratory.report(submission))
