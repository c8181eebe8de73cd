"""The submission: a student's claims on one exercise."""

from typing import Self

from pydantic import Field, model_validator

from grader.base.language import _
from grader.schema.kinds import (
    GalleryName,
    Identifier,
    Kind,
    Record,
    StudentName,
    head_name,
)


class Claim(Kind):
    """One claim: the student says that a head is of a kind."""

    layer: int = Field(ge=0, le=999, description="The head's layer, counted from 0.")
    head: int = Field(ge=0, le=999, description="The head's number in its layer, counted from 0.")
    note: str | None = Field(default=None, max_length=2000, description="The student's own words.")
    evidence: str | None = Field(
        default=None,
        min_length=1,
        max_length=400,
        description="A sentence on which the student saw the behaviour; we always recompute it.",
    )

    @property
    def place(self) -> str:
        """The head's name, such as `L5H10`."""
        return head_name(self.layer, self.head)


class Submission(Record):
    """A student's claims on one exercise."""

    exercise: Identifier = Field(description="The exercise's id.")
    student: StudentName | None = Field(
        default=None, description="The student's name; the command line fills it in if it is missing."
    )
    claims: tuple[Claim, ...] = Field(min_length=1, max_length=1000, strict=False)  # a program may give a list
    gallery: bool = Field(default=False, description="Show confirmed claims in the gallery, under a pseudonym.")
    gallery_name: GalleryName | None = Field(
        default=None, description="The name to show in the gallery instead of the pseudonym."
    )

    @model_validator(mode="after")
    def _named_only_if_shown(self) -> Self:
        if self.gallery_name is not None and not self.gallery:
            raise ValueError(_("`gallery_name` is only for the gallery; write `gallery: true` as well"))
        return self
