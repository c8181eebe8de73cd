"""The laboratories of one process: one for each exercise, set up once with its transformer and score table."""

from collections.abc import Iterable
from pathlib import Path

from grader import exercises
from grader.laboratory import Laboratory
from grader.schema import Exercise


class Laboratories:
    """Laboratories by exercise; a changed exercise gets a new one, and so does a transformer whose files changed."""

    def __init__(self, folder: Path) -> None:
        """Keep score tables and recomputed evidence in the folder."""
        self.folder = folder
        self._kept: dict[str, Laboratory] = {}

    def of(self, exercise: Exercise) -> Laboratory:
        """Return the exercise's laboratory.

        Raises:
            GraderError: Its transformer is not found, or is not the one that it pins.
        """
        kept = self._kept.get(exercise.id)
        if kept is None or kept.exercise != exercise or not kept.is_current:
            kept = self._kept[exercise.id] = Laboratory(exercise, self.folder)
        return kept

    def preload(self, names: Iterable[str]) -> None:
        """Load the transformers of these exercises, and their score tables if there are any.

        Raises:
            GraderError: One of them cannot be used.
        """
        for name in names:
            laboratory = self.of(exercises.load(name))
            _ = laboratory.loaded
            if laboratory.is_measured:
                _ = laboratory.standings
