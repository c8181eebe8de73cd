"""An exercise and its laboratory, as a program opens them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from grader import exercises
from grader.base import home
from grader.doors.python.notebook import progress_bar
from grader.laboratory import Laboratory
from grader.schema import Exercise

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def load_exercise(exercise: str | Path) -> Exercise:
    """Load an exercise.

    Args:
        exercise: The id of a shipped exercise, or of one in the folders that `GRADER_EXERCISES` names; or a `Path` to
            an exercise's folder or to its `exercise.yaml`.

    Returns:
        The exercise, which is never changed: what it asks, of which transformer, and how it counts.

    Raises:
        GraderError: There is no such exercise, or it cannot be used as it is written; the message says what to mend.
    """
    return exercises.load(exercise)


@contextmanager
def opened(exercise: Exercise, transformer: str | Path | None, device: str | None = None) -> Iterator[Laboratory]:
    """The exercise's laboratory, whose tables lie where those of the command line do; a bar shows what takes long."""
    explicit = None if transformer is None else Path(transformer)
    with progress_bar() as bar:
        folder = home.writable_folder(home.TABLES)
        yield Laboratory(exercise, folder, explicit=explicit, device=device, say=bar.say, progress=bar.reach)


def refuse_in_memory(**given: object) -> None:
    """Refuse arguments about a transformer in memory beside an exercise.

    Raises:
        TypeError: One of them is given.
    """
    if names := [name for name, value in given.items() if value is not None]:
        raise TypeError(f"an exercise has its own transformer and probes; leave {' and '.join(names)} out")


def in_memory(
    model: "PreTrainedModel | None",
    tokenizer: "PreTrainedTokenizerBase | None",
    transformer: str | Path | None,
    device: str | None = None,
) -> "tuple[PreTrainedModel, PreTrainedTokenizerBase]":
    """Return the caller's transformer and tokenizer, for a call without an exercise.

    Raises:
        TypeError: One of them is missing, or something is given that belongs to an exercise.
    """
    if model is None or tokenizer is None:
        raise TypeError("give an exercise, or both model and tokenizer")
    if transformer is not None:
        raise TypeError("`transformer` says where the weights of an exercise are; leave it out beside model")
    if device is not None:
        raise TypeError('a transformer in memory is measured where it lies; leave `device` out, or `model.to("cuda")`')
    return model, tokenizer
