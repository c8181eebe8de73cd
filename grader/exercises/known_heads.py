"""Known heads: heads labelled with the outcome that an exercise should find, each with a source.

A publication may name a head for something that no kind here measures. Such a head has a role in place of a type, and
its label says that it is not measured.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, Self

from pydantic import ConfigDict, Field, RootModel, model_validator

from grader import documents
from grader.base.errors import ExerciseError, InvalidInput, Problem
from grader.base.language import _
from grader.kinds import PARAMETERS
from grader.schema import Exercise, Kind, TypeName, head_name

FILE_NAME = "known_heads.yaml"
NOT_MEASURED = "not_measured"
Label = Literal["confirmed", "refuted", "not_measured"]


class KnownHead(Kind):
    """One head with what was published of it: a kind, a role or both, and the outcome that it should have."""

    type: TypeName = Field(default="", description="The type of head; left out where no type measures the role.")
    role: str = Field(
        default="", max_length=80, description="The role in the publication's own words, such as name mover."
    )
    layer: int = Field(ge=0, le=999)
    head: int = Field(ge=0, le=999)
    published: float | None = Field(default=None, description="The score that the source gives.")
    expect: Label = Field(
        description="The outcome that the exercise should find; `not_measured` if it asks for no such kind."
    )
    source: str = Field(min_length=1)

    def _refuse_misfits(self) -> None:
        if self.type:
            super()._refuse_misfits()
        for name in () if self.type else PARAMETERS:
            if getattr(self, name) is not None:
                raise ValueError(_("`{parameter}` needs a `type`", parameter=name))

    @model_validator(mode="after")
    def _says_what_the_head_does(self) -> Self:
        if not self.type and not self.role:
            raise ValueError(_("`type` is missing; if no type measures the head, give its published `role`"))
        if not self.type and self.expect != NOT_MEASURED:
            message = _("`expect` must be `not_measured` without a `type`, because a `role` alone is not measured")
            raise ValueError(message)
        return self

    @property
    def name(self) -> str:
        """The kind's unique name, or the role if there is no kind."""
        return super().name if self.type else self.role

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


def measured(known: Iterable[KnownHead]) -> tuple[KnownHead, ...]:
    """Return the heads whose label can be compared with a measurement."""
    return tuple(head for head in known if head.expect != NOT_MEASURED)


def refuse_misfits(known: tuple[KnownHead, ...], exercise: Exercise, source: str) -> None:
    """Refuse labels that cannot be compared with measurements.

    Raises:
        InvalidInput: A head does not exist in the exercise's transformer, is labelled twice, or is labelled as not
            measured under a kind that the exercise asks for.
    """
    asked = {kind.name for kind in exercise.kinds}
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
        if head.expect == NOT_MEASURED and head.type and head.name in asked:
            message = f"`{where}`: {head.name} is measured here; for {head.place} expect confirmed or refuted"
            problems.append(Problem("is-measured", message, where=where))
    if problems:
        raise InvalidInput(source, problems)
