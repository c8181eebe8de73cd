"""Known heads: heads labelled with the outcome that an exercise should find, each with a source."""

from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, Field, RootModel

from grader import documents
from grader.base.errors import ExerciseError, InvalidInput, Problem
from grader.schema import Exercise, Kind, head_name

FILE_NAME = "known_heads.yaml"


class KnownHead(Kind):
    """One head under one kind, with the outcome that it should have."""

    layer: int = Field(ge=0, le=999)
    head: int = Field(ge=0, le=999)
    published: float | None = Field(default=None, description="The score that the source gives.")
    expect: Literal["confirmed", "refuted"]
    source: str = Field(min_length=1)

    @property
    def place(self) -> str:
        """The head, printed as `L5H10`."""
        return head_name(self.layer, self.head)


class KnownHeads(RootModel[tuple[KnownHead, ...]]):
    """The content of a file of known heads."""

    model_config = ConfigDict(frozen=True, strict=True)


def read(file: Path) -> tuple[KnownHead, ...]:
    """Return the known heads in a file.

    Raises:
        InvalidInput: It is not such a list. It carries all problems, with line and column.
    """
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise InvalidInput(str(file), [Problem("unreadable", f"cannot be read: {error.strerror}")]) from None
    return documents.read(raw, str(file), KnownHeads).root


def of_exercise(folder: Path | None) -> tuple[KnownHead, ...]:
    """Return the known heads in an exercise's folder; none if there is no list.

    Raises:
        ExerciseError: The list cannot be read.
    """
    if folder is None or not (folder / FILE_NAME).is_file():
        return ()
    try:
        return read(folder / FILE_NAME)
    except InvalidInput as error:
        raise ExerciseError(str(error)) from None


def refuse_misfits(known: tuple[KnownHead, ...], exercise: Exercise, source: str) -> None:
    """Refuse labels that cannot be compared with measurements.

    Raises:
        InvalidInput: A head does not exist in the exercise's transformer, or is labelled twice.
    """
    problems: list[Problem] = []
    first: dict[tuple[str, str], int] = {}
    for number, head in enumerate(known):
        where = f"[{number}]"
        if head.layer >= exercise.transformer.layers or head.head >= exercise.transformer.heads:
            message = f"`{where}`: {exercise.transformer.name} has no head {head.place}"
            problems.append(Problem("no-such-head", message, where=where))
        earlier = first.setdefault((head.name, head.place), number)
        if earlier != number:
            message = f"`{where}`: {head.place} {head.name} is labelled already, in `[{earlier}]`"
            problems.append(Problem("labelled-twice", message, where=where))
    if problems:
        raise InvalidInput(source, problems)
