"""The submission: a student's claims on one exercise."""

from typing import Literal, Self

from pydantic import Field, model_validator

from grader.base.language import _
from grader.schema.causal import Feeds, Place
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
    matters: Literal["alone", "together"] | None = Field(
        default=None,
        exclude_if=lambda matters: matters is None,  # claims from before it keep their content hash
        description="The student says that the transformer needs the head: alone, or together with companions.",
    )
    companions: tuple[Place, ...] = Field(
        default=(),
        max_length=15,
        strict=False,
        exclude_if=lambda companions: not companions,
        description="The heads that it is needed together with; by default those of all other claims on the kind that "
        "say `matters: together`.",
    )
    feeds: Feeds | None = Field(
        default=None,
        exclude_if=lambda feeds: feeds is None,
        description="The student says that one head feeds another; the claim's own head is one of the two.",
    )

    @model_validator(mode="after")
    def _causal_parts_fit(self) -> Self:
        own = (self.layer, self.head)
        if self.companions and self.matters != "together":
            raise ValueError(_("`companions` are for `matters: together`; write that as well, or leave them out"))
        if own in {each.index for each in self.companions}:
            raise ValueError(_("`companions` names {place} itself; leave it out", place=self.place))
        if self.feeds and own not in {self.feeds.sender.index, self.feeds.receiver.index}:
            message = "`feeds` is about {sender} and {receiver}; claim it on one of them, not on {place}"
            named = {"sender": self.feeds.sender, "receiver": self.feeds.receiver, "place": self.place}
            raise ValueError(_(message, **named))
        return self

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
