"""The laboratories of one process: one for each exercise, set up once with its transformer and score table."""

import logging
from collections.abc import Iterable
from pathlib import Path

from grader import exercises
from grader.base.errors import ExerciseError, UnknownExercise
from grader.laboratory import Laboratory
from grader.schema import REFERENCE, Exercise

log = logging.getLogger(__name__)


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

        What a process holds on a GPU is lost to the children that it forks, so there each child loads its own.
        An exercise whose file has a fault is left out: its submissions wait, and others must not.

        Raises:
            GraderError: There is no such exercise, or its transformer cannot be used.
        """
        for name in names:
            try:
                laboratory = self.of(exercises.load(name))
            except UnknownExercise:
                raise
            except ExerciseError as error:
                log.error("not loaded beforehand: %s", error)
                continue
            if laboratory.exercise.is_causal:
                _ = laboratory.whole
            elif laboratory.place == REFERENCE:
                _ = laboratory.loaded
            if laboratory.is_measured:
                _ = laboratory.standings
