"""Causal evidence: what is lost when heads are replaced, and what is left of a head when its senders are."""

from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator

from grader.base.language import _
from grader.schema.kinds import Fraction, HeadIndex, Kind, Outcome, Record, WhyNot, head_name

Replacement = Literal["resample", "mean", "zero"]
"""The output in place of a head's own: that of a matched run without the behaviour, the mean over the probe, or 0.

Zero is for comparison only: it shows effects where the other two see none (docs/detectors.md).
"""
Unit = Literal["nats", "logits"]
Importance = Literal["needed alone", "needed together", "no effect seen", "too close to call", "no causal measure"]
Level = Literal["pattern", "pattern, needed together", "pattern, needed alone", "pattern, needed and enough by itself"]
"""The level of the evidence for a head, from the least to the most."""
Into = Literal["key", "query"]
"""The input of a receiver; its value changes what it writes, and not where it looks."""


class Place(Record):
    """One head."""

    layer: int = Field(ge=0, le=999, description="The head's layer, counted from 0.")
    head: int = Field(ge=0, le=999, description="The head's number in its layer, counted from 0.")

    @property
    def index(self) -> HeadIndex:
        """Layer and head."""
        return self.layer, self.head

    def __str__(self) -> str:
        return head_name(self.layer, self.head)


class Feeds(Record):
    """The claim that one head feeds another: what the sender writes decides where the receiver looks."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    sender: Place = Field(alias="from", description="The earlier head, which writes.")
    receiver: Place = Field(alias="to", description="The later head, which reads.")
    into: Into = Field(description="The receiver's input that it goes into.")

    @model_validator(mode="after")
    def _goes_up(self) -> Self:
        if self.sender.layer >= self.receiver.layer:
            message = "`feeds`: {sender} cannot feed {receiver}: only a head of an earlier layer can"
            raise ValueError(_(message, sender=self.sender, receiver=self.receiver))
        return self


class Estimate(Record):
    """A value with its 95 % bootstrap interval over the sequences."""

    value: float
    interval: tuple[float, float]


class Control(Record):
    """The same effect for other sets as large, drawn by the seed from heads that do not score on the kind."""

    value: float = Field(description="The mean over the sets.")
    most: float = Field(description="The largest of them.")
    sets: int = Field(ge=1, description="The number of sets.")
    elsewhere: bool = Field(
        default=False,
        exclude_if=lambda elsewhere: not elsewhere,
        description="True if they are of the nearest other layers, later ones first, because too few heads of the same "
        "layers do not score on the kind.",
    )


class Member(Record):
    """One head of a set, by what happens to the others."""

    layer: int
    head: int
    adds: dict[Replacement, Estimate] = Field(
        description="The effect of the whole set less that of the set without this head (leave-one-out)."
    )
    keeps: dict[Replacement, Estimate] = Field(
        description="The part of the behaviour that is left when all other heads of the kind, and of the set, are "
        "replaced, and this one is not (keep-one); 1 is all of it."
    )


class SizeEffect(Record):
    """The effect of the first heads of a set, which is ordered by their score."""

    size: int
    heads: tuple[Place, ...]
    effect: dict[Replacement, Estimate]


class SetEffect(Record):
    """The effect of a set of heads on what a kind is for."""

    kind: Kind
    measure: str = Field(description="The measure's name; empty if there is none.")
    why_none: str = Field(default="", exclude_if=lambda why: not why, description="The reason, if there is none.")
    unit: Unit = "nats"
    heads: tuple[Place, ...]
    behaviour: Estimate = Field(
        description="The strength of the behaviour in the whole transformer: by how much it is better than not knowing."
    )
    effect: dict[Replacement, Estimate] = Field(description="What is lost of the behaviour, in `unit`.")
    control: dict[Replacement, Control] = Field(
        description="Sets of the same size; empty if there are too few heads that do not score on the kind."
    )
    members: tuple[Member, ...] = ()
    curve: tuple[SizeEffect, ...] = ()
    sequences: int = 0


class SenderLeft(Record):
    """The score of a receiver that is left when a sender is replaced."""

    layer: int
    head: int
    left: float = Field(description="The score under resampling, all paths together.")
    interval: tuple[float, float]
    mean: Estimate = Field(description="The same with the mean over the probe in its place.")
    direct: dict[Into, Estimate] = Field(
        default_factory=dict,
        description="The score if only what the sender adds to this input of the receiver is resampled; empty if the "
        "family does not simply add what heads write.",
    )


class Trace(Record):
    """The earlier heads of one receiver, the one that leaves least first."""

    kind: Kind
    layer: int
    head: int
    score: float = Field(description="The receiver's score with nothing replaced.")
    interval: tuple[float, float]
    senders: tuple[SenderLeft, ...]


class Writes(Record):
    """The token that heads attend to, among all tokens by what the heads write when they attend to it."""

    heads: tuple[Place, ...]
    rank: float = Field(description="The median rank; 1 is the token that they raise most.")
    top: Fraction = Field(description="The part of queries on which it is among the first 5.")
    of: int = Field(description="The number of tokens.")
    others: float | None = Field(default=None, description="The least median rank of the other heads of the layers.")


class Scope(Record):
    """The part of a head's attention on ordinary text, without the first position, that lies on the kind's targets."""

    value: Fraction
    interval: tuple[float, float]


class Matters(Record):
    """The importance of a claimed head, as it was seen."""

    claimed: Literal["alone", "together"]
    result: Outcome
    importance: Importance
    needed_at: Fraction = Field(default=0.1, description="The part of the behaviour that must be lost.")
    companions: tuple[Place, ...] = Field(
        default=(),
        description="The heads that were replaced with it: only claimed ones that have the pattern.",
    )
    rationale: str
    effects: tuple[SetEffect, ...] = Field(description="Of the head alone, and of it with its companions.")


class CircuitVerdict(Record):
    """The verdict on what a claim says of a circuit."""

    feeds: Feeds
    kind: Kind = Field(description="The receiver's kind, whose score is looked at.")
    result: Outcome
    why_not: WhyNot | None = Field(default=None, description="The reason, if it is not graded.")
    points: float = 0.0
    rationale: str
    left_at_most: Fraction = Field(default=0.5, description="The part of the score that may be left without it.")
    score: float | None = Field(
        default=None, description="The receiver's score with nothing replaced; missing if it is not of the kind."
    )
    left: SenderLeft | None = None
    others: float | None = Field(default=None, description="The least score that another head of the layer leaves.")


class Without(Record):
    """The rest of a behaviour without all heads of a kind that a submission has found."""

    kind: Kind
    measure: str
    unit: Unit
    heads: tuple[Place, ...]
    behaviour: Estimate
    left: dict[Replacement, Estimate]
