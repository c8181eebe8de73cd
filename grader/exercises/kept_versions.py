"""Versions of exercises in use: a version that was used may not change what it grades.

What a version was is kept in the ledger when its first submission is graded. An exercise that was edited under the same
version is refused, and its submissions wait, until the edit is undone or the version is raised. So is a version that is
lower than one that was used: some students would be graded by one rule, and those after them by an older one.
"""

from grader.base.errors import ExerciseError
from grader.exercises import versions
from grader.ledger import Ledger, exists
from grader.ledger.versions import keep, kept, later
from grader.schema import Exercise


class EditedExercise(ExerciseError):
    """The exercise does not grade as its version did when it was first used, or a higher version is in use."""


class MissingExercise(ExerciseError):
    """The exercise was used, and its folder is not there any more."""


class KeptVersions:
    """The versions that one ledger keeps."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._sound: dict[str, Exercise] = {}  # the last one of each exercise that was compared and is as it was

    def vet(self, exercise: Exercise) -> None:
        """Compare the exercise with what its version was; a version that was never used may be anything.

        Raises:
            EditedExercise: It grades otherwise.
        """
        self._was_used(exercise)

    def vet_missing(self, exercise: str) -> None:
        """Refuse that an exercise is missing which was used before: its folder may come back.

        Raises:
            MissingExercise: It was used.
        """
        if last := later(self.ledger, exercise, 0):
            message = (
                f"{exercise}: there is no such exercise now, and version {last.version} of it was first used on "
                f"{last.used_at:%Y-%m-%d}; put its folder back; to end it, give it a deadline"
            )
            raise MissingExercise(message)

    def use(self, exercise: Exercise) -> None:
        """Keep what this version is at its first use; later on, the same as `vet`.

        Raises:
            EditedExercise: It was used before, and graded otherwise.
        """
        if not self._was_used(exercise):
            text = versions.text(exercise)
            keep(self.ledger, exercise.id, exercise.version, versions.digest(text), text)
            self._was_used(exercise)  # another process may have been faster, with another text

    def _was_used(self, exercise: Exercise) -> bool:
        """Return whether the version was used before, and is what it was then; False if nobody has used it."""
        if self._sound.get(exercise.id) is exercise:
            return True
        if over := later(self.ledger, exercise.id, exercise.version):
            message = (
                f"{exercise.id}: version {exercise.version} is over: version {over.version} was first used on "
                f"{over.used_at:%Y-%m-%d}; write `version: {over.version + 1}`, also to go back to an older rule"
            )
            raise EditedExercise(message)
        was = kept(self.ledger, exercise.id, exercise.version)
        if was is None:
            return False
        if was.digest != versions.digest(versions.text(exercise)):
            changes = "; ".join(versions.edits(was.content, exercise)) or "its text is another one"
            message = (
                f"{exercise.id}: version {exercise.version} grades otherwise than on {was.used_at:%Y-%m-%d}, when it "
                f"was first used ({changes}); undo that, or write `version: {exercise.version + 1}`"
            )
            raise EditedExercise(message)
        self._sound[exercise.id] = exercise
        return True


def vet_here(exercise: Exercise) -> None:
    """Compare the exercise with what its version was in this machine's ledger, if there is one.

    Raises:
        EditedExercise: It was used before, and graded otherwise.
        LedgerError: The ledger cannot be read.
    """
    if exists():
        with Ledger() as ledger:
            KeptVersions(ledger).vet(exercise)
