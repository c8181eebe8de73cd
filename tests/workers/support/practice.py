"""An exercise for a crowd: `mini-heads` without a limit of attempts, under an id and in a folder of its own."""

from functools import cache
from pathlib import Path

from grader import exercises
from grader.schema import Exercise
from grader.schema.exercise import Policy
from tests.workers.support.service import EXERCISE

ID = "practice-heads"


@cache
def practice() -> Exercise:
    """Return the exercise; its heads score as those of `mini-heads`."""
    return exercises.load(EXERCISE).model_copy(update={"id": ID, "policy": Policy()})


def write(root: Path) -> str:
    """Write the exercise under this folder, and return the folder for `GRADER_EXERCISES`."""
    folder = root / ID
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "exercise.yaml").write_text(practice().model_dump_json(exclude_none=True), "utf-8")
    return str(root)
