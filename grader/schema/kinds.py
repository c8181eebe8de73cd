"""The words that all records are made of, and the kinds of head."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from grader.language import _, later

HeadType = Literal["positional", "induction", "duplicate_token", "syntactic", "semantic", "rare_token"]
Relation = Literal[
    "verb_subject",
    "noun_adjective",
    "pronoun_antecedent",
    "object_verb",
    "noun_determiner",
    "possessive_noun",
]
Direction = Literal["backward", "forward"]
Statistic = Literal["share", "hit_rate", "lead", "lift"]
Outcome = Literal["confirmed", "refuted", "not_graded"]
WhyNot = Literal["repeated", "no_such_head", "not_asked", "over_budget"]
Precision = Literal["float64", "float32", "bfloat16"]
Feedback = Literal["all", "verdicts", "score"]
Borderline = Literal["in_favour", "as_measured", "against"]

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
"""Lower-case words joined by hyphens; never a path."""
StudentName = Annotated[str, Field(pattern=r"^[\w][\w.@+ -]*$", max_length=64)]
GalleryName = Annotated[str, Field(pattern=r"^\w[\w.' -]*$", max_length=40)]
"""What a student wants to be called in public; no sign of an address fits in."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Fraction = Annotated[float, Field(ge=0, le=1)]
Offset = Annotated[int, Field(ge=-64, le=64)]

SPELLINGS: dict[str, int] = {"previous_token": -1, "next_token": +1}
"""Other words for `positional`, with the offset that each one means."""


class Record(BaseModel):
    """What every record has in common."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        strict=True,
        defer_build=True,  # a validator is built when it is first used: most commands use a few
    )


class Kind(Record):
    """A kind of head: its type with the type's own parameter."""

    type: HeadType = Field(description="What the head does.")
    offset: Offset | None = Field(
        default=None, description="positional only: key minus query; -1 is the previous token, +1 the next."
    )
    relation: Relation | None = Field(default=None, description="syntactic only: the grammatical relation followed.")
    direction: Direction | None = Field(
        default=None,
        description="syntactic only: `backward`, the later word looks at the earlier one (the only way in a "
        "decoder, and the default), or `forward`, the earlier at the later (encoders).",
    )

    @model_validator(mode="before")
    @classmethod
    def _spelled_out(cls, data: object) -> object:
        """Other spellings of positional, and what is left out: offset -1, direction backward."""
        if not isinstance(data, dict) or not isinstance(data.get("type"), str):
            return data
        if data["type"] in SPELLINGS:
            offset = SPELLINGS[data["type"]]
            if data.get("offset", offset) != offset:
                said = later("`{type}` means offset {offset}; leave `offset` out")
                raise ValueError(_(said, type=data["type"], offset=f"{offset:+d}"))
            return {**data, "type": "positional", "offset": offset}
        if data["type"] == "positional" and data.get("offset") is None:
            return {**data, "offset": -1}
        if data["type"] == "syntactic" and data.get("direction") is None:
            return {**data, "direction": "backward"}
        return data

    @model_validator(mode="after")
    def _parameters_fit(self) -> Self:
        if self.type == "syntactic" and self.relation is None:
            raise ValueError(_("a syntactic head needs `relation`"))
        if self.type != "syntactic" and (self.relation is not None or self.direction is not None):
            raise ValueError(_("`relation` and `direction` belong to syntactic heads, not to {type}", type=self.type))
        if self.type != "positional" and self.offset is not None:
            raise ValueError(_("`offset` belongs to positional heads, not to {type}", type=self.type))
        if self.offset == 0:
            raise ValueError(_("offset 0 is the token itself; use -1 for the previous token or +1 for the next"))
        return self

    @property
    def name(self) -> str:
        """The kind in one word, such as `positional:-1` or `syntactic:verb_subject`; unique among kinds."""
        if self.type == "positional":
            return f"positional:{self.offset:+d}"
        if self.type == "syntactic":
            forward = ":forward" if self.direction == "forward" else ""
            return f"syntactic:{self.relation}{forward}"
        return self.type
