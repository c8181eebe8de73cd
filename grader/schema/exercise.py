"""What an exercise asks, of which transformer, and how it counts."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from grader.kinds.definition import Statistic
from grader.schema.kinds import (
    Borderline,
    Feedback,
    Fraction,
    Identifier,
    Kind,
    Precision,
    Record,
    Relation,
    Sha256,
)

FIRST_YEAR, LAST_YEAR = 1970, 9000
"""Of a date; beyond, arithmetic with days may leave the calendar."""


def _moment(value: object) -> object:
    """A date with its time and zone, where text was given."""
    if isinstance(value, datetime):
        return value
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(f"`{value}` must be a date with its time and zone, such as 2026-12-01T23:59:00+01:00")
    return found


Moment = Annotated[datetime, BeforeValidator(_moment)]


class TransformerSource(Record):
    """Which transformer an exercise measures, and how its bytes are known to be the right ones."""

    name: Identifier = Field(description="Its short name; `GRADER_TRANSFORMER_<NAME>` overrides where it lies.")
    family: Literal["decoder", "encoder"]
    layers: int = Field(ge=1, le=1000)
    heads: int = Field(ge=1, le=1000, description="Heads in each layer.")
    bundled: str | None = Field(
        default=None, description="Its folder among the transformers that come with the grader."
    )
    hub: str | None = Field(default=None, pattern=r"^[\w.-]+/[\w.-]+$", description="Its id on the hub.")
    revision: str | None = Field(default=None, pattern=r"^[0-9a-f]{40}$", description="The hub's commit.")
    python_package: str | None = Field(
        default=None, description="A package on the Python package index that carries the weights: `name==version`."
    )
    package_path: str | None = Field(
        default=None, pattern=r"^[\w-]+(/[\w-][\w.-]*)*$", description="The weights' place inside the package."
    )
    gguf: str | None = Field(default=None, pattern=r"^[\w.-]+\.gguf$", description="The `.gguf` file's name.")
    files: dict[str, Sha256] = Field(
        default_factory=dict, description="Pinned files: name to SHA-256; a changed byte is refused."
    )


class Threshold(Record):
    """The score from which a detector says yes, with its source."""

    statistic: Statistic
    at_least: float = Field(ge=0, le=100)
    source: str = Field(min_length=1)
    slices: tuple[str, ...] = Field(
        default=(), strict=False, description="The slices of the probe it must hold on; none named: all."
    )

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.statistic != "lift" and self.at_least > 1:
            raise ValueError(f"`at_least` of a {self.statistic} is 1 at most, not {self.at_least:g}")
        return self


class AskedKind(Kind):
    """A kind that an exercise wants found."""

    heads: int = Field(ge=1, le=100, description="How many heads of the kind are wanted.")
    points: int = Field(ge=1, le=1000, description="For all of them together.")
    passing: int = Field(ge=1, description="How many heads pass, as measured once: the guess rule reckons with it.")
    thresholds: tuple[Threshold, ...] = Field(
        default=(), strict=False, description="In place of the defaults, by statistic."
    )
    hint: str = ""


class OwnSentence(Record):
    """A sentence that an instructor brings, with its arcs."""

    words: tuple[str, ...] = Field(min_length=3, max_length=200)
    classes: tuple[str, ...] = Field(description="A word class for each word, such as NOUN; the baselines use it.")
    arcs: tuple["OwnArc", ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _places_exist(self) -> Self:
        if len(self.classes) != len(self.words):
            raise ValueError(f"{len(self.words)} words but {len(self.classes)} classes")
        for arc in self.arcs:
            if not arc.target < arc.query < len(self.words):
                raise ValueError(f"arc {arc.query} -> {arc.target}: the query is the later word, counted from 0")
        return self


class OwnArc(Record):
    """One relation in an instructor's sentence; words are counted from 0."""

    relation: Relation
    query: int = Field(ge=1)
    target: int = Field(ge=0)
    group: str = ""


class ProbeSettings(Record):
    """What an exercise may change about its probes."""

    seed: int = Field(ge=0, le=2**31 - 1)
    random_sequences: int = Field(default=16, ge=4, le=1000)
    repeat_sequences: int = Field(default=36, ge=6, le=1000)
    sentences: int = Field(default=240, ge=20, le=5000, description="For each relation.")
    category_sequences: int = Field(default=60, ge=10, le=5000)
    rare_sequences: int = Field(default=60, ge=10, le=5000)
    precision: Precision = Field(
        default="float32", description="Of the weights and products; attention itself is never below float32."
    )
    own_sentences: tuple[OwnSentence, ...] = Field(
        default=(), description="Used in place of the grammar's, for the relations that they carry."
    )


class Rate(Record):
    """A token bucket: how often a student may hand in."""

    burst: int = Field(ge=1, le=1000, description="So many at once, when nothing came in for long.")
    per_hour: float = Field(ge=0.001, le=3600, description="How fast the bucket fills again.")


class Policy(Record):
    """When and how often an exercise takes submissions from a platform; nothing said, nothing refused."""

    attempts: int | None = Field(
        default=None, ge=1, le=10_000, description="Graded submissions for each student; the same one again is none."
    )
    rate: Rate | None = None
    opens: Moment | None = None
    due: Moment | None = Field(default=None, description="From here on a submission is late.")
    late_days: int = Field(default=0, ge=0, le=365, description="How many days after `due` are still taken.")
    late_costs: Fraction = Field(
        default=0.1, description="The part of the score that each late day, once begun, costs."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.due is None and self.late_days:
            raise ValueError("`late_days` count from `due`; say when that is")
        if self.opens and self.due and self.opens >= self.due:
            raise ValueError("`due` must be later than `opens`")
        return self


class Exercise(Record):
    """What is asked, of which transformer, and how it counts."""

    id: Identifier
    version: int = Field(ge=1)
    title: str = Field(min_length=1)
    transformer: TransformerSource
    probes: ProbeSettings
    kinds: tuple[AskedKind, ...] = Field(min_length=1)
    budget: int = Field(ge=1, le=1000, description="How many claims one submission may make.")
    wrong_costs: float = Field(gt=0, description="Points that each refuted claim costs.")
    pass_at: Fraction = Field(default=0.6, description="The score from which a submission passes.")
    kinds_needed: int = Field(default=3, ge=1, description="Kinds with a confirmed head that a pass needs.")
    borderline: Borderline = Field(
        default="in_favour", description="What decides when the threshold lies inside the measured interval."
    )
    feedback: Feedback = "all"
    hint_costs: int = Field(default=0, ge=0, le=1000, description="XP for each hint that a student asks for.")
    policy: Policy = Field(
        default=Policy.model_construct(),  # `Policy()` would build its validator whenever this file is imported
        description="For submissions that come through a platform.",
    )

    @field_validator("kinds")
    @classmethod
    def _kinds_differ(cls, kinds: tuple[AskedKind, ...]) -> tuple[AskedKind, ...]:
        names = [kind.name for kind in kinds]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"asked twice: {', '.join(sorted(twice))}")
        return kinds

    @property
    def points(self) -> int:
        """All the points there are."""
        return sum(kind.points for kind in self.kinds)

    def asked(self, kind: Kind) -> AskedKind | None:
        """The exercise's own entry for this kind, or None where it does not ask for it."""
        return next((asked for asked in self.kinds if asked.name == kind.name), None)
