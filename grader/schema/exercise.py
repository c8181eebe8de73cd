"""The exercise: the transformer, the kinds of heads to find, the points, and the rules for submissions."""

from datetime import UTC
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

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
from grader.schema.moments import Moment, ZoneName
from grader.schema.tried import TriedText


class TransformerSource(Record):
    """The transformer that an exercise measures, and the hashes that its files must have."""

    name: Identifier = Field(
        description="The transformer's short name; `GRADER_TRANSFORMER_<NAME>` may give another path to its files."
    )
    family: Literal["decoder", "encoder"]
    layers: int = Field(ge=1, le=1000)
    heads: int = Field(ge=1, le=1000, description="The number of heads in each layer.")
    bundled: str | None = Field(
        default=None, description="The name of the transformer's folder, if it comes with the grader."
    )
    hub: str | None = Field(default=None, pattern=r"^[\w.-]+/[\w.-]+$", description="The id on the Hugging Face hub.")
    revision: str | None = Field(default=None, pattern=r"^[0-9a-f]{40}$", description="The commit on the hub.")
    python_package: str | None = Field(
        default=None,
        description="A package on the Python package index that contains the weights, as `name==version`.",
    )
    package_path: str | None = Field(
        default=None, pattern=r"^[\w-]+(/[\w-][\w.-]*)*$", description="The path of the weights inside the package."
    )
    gguf: str | None = Field(default=None, pattern=r"^[\w.-]+\.gguf$", description="The name of the `.gguf` file.")
    files: dict[str, Sha256] = Field(
        default_factory=dict,
        description="The SHA-256 of each pinned file, by file name; a file that differs is refused.",
    )


class Threshold(Record):
    """The value of a statistic that a head must reach, with the source for this value."""

    statistic: Statistic
    at_least: float = Field(ge=0, le=100)
    source: str = Field(min_length=1)
    slices: tuple[str, ...] = Field(
        default=(),
        strict=False,
        description="The slices of the probe on which a head must reach the threshold; an empty list means all.",
    )

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.statistic != "lift" and self.at_least > 1:
            raise ValueError(f"`at_least` of a {self.statistic} must be at most 1, not {self.at_least:g}")
        return self


class AskedCircuits(Record):
    """The circuits that students have to find for one kind: heads that feed heads of the kind."""

    wanted: int = Field(ge=1, le=100, description="The number of circuits to find.")
    points: int = Field(ge=1, le=1000, description="The points for all these circuits together.")
    passing: int = Field(
        ge=1, description="The measured number of pairs that are confirmed; used for the chance of guessing."
    )
    pairs: int = Field(
        ge=1, description="The number of pairs of a confirmed head of the kind and a head of an earlier layer."
    )
    left_at_most: Fraction = Field(
        default=0.5, description="The part of the receiver's score that may be left without the sender."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.passing > self.pairs:
            raise ValueError(f"`passing` is {self.passing}, but there are {self.pairs} pairs")
        return self


class AskedKind(Kind):
    """A kind of head that students have to find."""

    heads: int = Field(ge=1, le=100, description="The number of heads of this kind to find.")
    points: int = Field(ge=1, le=1000, description="The points for all these heads together.")
    passing: int = Field(
        ge=1,
        description="The measured number of heads that reach the thresholds; used for the chance of guessing.",
    )
    too_close: int = Field(
        default=0,
        ge=0,
        description="The measured number of heads on which no claim is decided, because the interval is too wide; "
        "used for the chance of guessing.",
    )
    thresholds: tuple[Threshold, ...] = Field(
        default=(), strict=False, description="Thresholds that replace the default for the same statistic."
    )
    evidence: Literal["pattern", "needed"] = Field(
        default="pattern",
        exclude_if=lambda evidence: evidence == "pattern",  # exercises from before it keep their content
        description="The evidence that a claim needs: with `needed`, the transformer must also need the head, and a "
        "claim says so with `matters`.",
    )
    needed_at: Fraction = Field(
        default=0.1,
        gt=0,
        exclude_if=lambda part: part == 0.1,
        description="The part of the behaviour that must be lost, under resampling and under the mean, for a head or a "
        "set of heads to be needed.",
    )
    circuits: AskedCircuits | None = Field(
        default=None,
        exclude_if=lambda circuits: circuits is None,
        description="The circuits that are asked for: a claim says with `feeds` which head feeds one of this kind.",
    )
    hint: str = ""
    sentence: TriedText | None = Field(
        default=None,
        exclude_if=lambda sentence: sentence is None,
        description="A text of your own for the last hint, on which heads of the kind show what they are.",
    )


class OwnSentence(Record):
    """A sentence that an instructor adds, with its grammatical relations (arcs)."""

    words: tuple[str, ...] = Field(min_length=3, max_length=200)
    classes: tuple[str, ...] = Field(description="The word class of each word, such as NOUN, for the baselines.")
    arcs: tuple["OwnArc", ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _places_exist(self) -> Self:
        if len(self.classes) != len(self.words):
            raise ValueError(f"there are {len(self.words)} words but {len(self.classes)} classes")
        for arc in self.arcs:
            if not arc.target < arc.query < len(self.words):
                raise ValueError(
                    f"arc {arc.query} -> {arc.target}: the query must be the later word; words are counted from 0"
                )
        return self


class OwnArc(Record):
    """One relation in an instructor's sentence; words are counted from 0."""

    relation: Relation
    query: int = Field(ge=1)
    target: int = Field(ge=0)
    group: str = ""

    @property
    def groups(self) -> tuple[str, ...]:
        """The slices that the relation belongs to besides `all`."""
        return (self.group,) if self.group else ()


Counts = Literal["best", "last", "first"]
"""The attempt that counts for a student's grade."""
DRAWS_APART = 1_000_003
"""The difference between the seeds of two draws of an exercise's probes."""


class ProbeSettings(Record):
    """The settings of an exercise's probes."""

    seed: int = Field(ge=0, le=2**31 - 1)
    random_sequences: int = Field(default=16, ge=4, le=1000)
    repeat_sequences: int = Field(default=36, ge=6, le=1000)
    sentences: int = Field(default=240, ge=20, le=5000, description="The number of sentences for each relation.")
    language: Literal["en", "ko"] = Field(
        default="en", description="The language of the generated sentences; the lists of words stay English."
    )
    category_sequences: int = Field(default=120, ge=10, le=5000)
    rare_sequences: int = Field(default=60, ge=10, le=5000)
    grows_to: int = Field(
        default=4,
        ge=1,
        le=64,
        description="How many times larger a kind's probe may become while its intervals are too wide; 1 for never.",
    )
    causal_sequences: int = Field(
        default=24,
        ge=8,
        le=1000,
        exclude_if=lambda number: number == 24,
        description="The number of sequences on which the effect of heads is measured.",
    )
    long_context: int | None = Field(
        default=None,
        ge=512,
        le=1_048_576,
        exclude_if=lambda tokens: tokens is None,
        description="The tokens of each sequence of random tokens and of repeats, in place of a few dozen; there are "
        "eight of each at most.",
    )
    precision: Precision = Field(
        default="float32",
        description="The precision of weights and products; attention is computed in float32 or float64.",
    )
    own_sentences: tuple[OwnSentence, ...] = Field(
        default=(), description="Sentences that replace the generated ones for the relations that they contain."
    )

    def drawn(self, number: int) -> Self:
        """Return the settings of the same probes, drawn again: 0 is the first draw."""
        return self.model_copy(update={"seed": (self.seed + number * DRAWS_APART) % 2**31})

    @property
    def short(self) -> Self:
        """The settings of the same probes with their usual lengths, for pictures and for replacing heads."""
        return self.model_copy(update={"long_context": None})

    def generates(self, kind: Kind) -> bool:
        """Return whether the kind's probe is generated, and so can grow; an instructor's sentences cannot."""
        own = {arc.relation for sentence in self.own_sentences for arc in sentence.arcs}
        return kind.parameters.get("relation") not in own


class Rate(Record):
    """The limit on how often a student may submit, as a token bucket."""

    burst: int = Field(ge=1, le=1000, description="The most submissions in a row after a long pause.")
    per_hour: float = Field(ge=0.001, le=3600, description="The submissions per hour that become possible again.")


class Policy(Record):
    """The rules for submissions from a platform: when, and how often; by default there are no limits."""

    attempts: int | None = Field(
        default=None,
        ge=1,
        le=10_000,
        description="The most graded submissions for each student; an identical submission does not count again.",
    )
    rate: Rate | None = None
    time_zone: ZoneName | None = Field(
        default=None,
        description="The time zone of `opens`, `due` and late days, by its IANA name, such as `Asia/Seoul`.",
    )
    opens: Moment | None = None
    due: Moment | None = Field(default=None, description="The deadline; later submissions are late.")
    late_days: int = Field(
        default=0, ge=0, le=365, description="The number of days after `due` on which submissions are still accepted."
    )
    late_costs: Fraction = Field(
        default=0.1,
        description="The part of the score that is lost for each late day; a day that has begun counts. With a "
        "`time_zone` it is a calendar day there, else 24 hours.",
    )

    late_passes: bool = Field(
        default=False,
        description="True if a late submission passes by its score before lateness; else by the score that counts.",
    )

    counts: Counts = Field(
        default="best",
        exclude_if=lambda counts: counts == "best",  # exercises from before it keep their content
        description="The attempt that counts for a student's grade: the best one, the one that was handed in last, or "
        "the one that was handed in first. Another value needs another `version` of the exercise.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.due is None and self.late_days:
            raise ValueError("`late_days` are counted from `due`; write `due` as well")
        if self.opens and self.due and self.opens.astimezone(UTC) >= self.due.astimezone(UTC):
            raise ValueError("`due` must be later than `opens`")
        return self


class Exercise(Record):
    """An exercise: the transformer, the kinds of heads to find, the points, and the rules for submissions."""

    id: Identifier
    version: int = Field(ge=1)
    title: str = Field(min_length=1)
    transformer: TransformerSource
    probes: ProbeSettings
    kinds: tuple[AskedKind, ...] = Field(min_length=1)
    budget: int = Field(ge=1, le=1000, description="The most claims in one submission.")
    wrong_costs: float = Field(gt=0, description="The points that each refuted claim costs.")
    pass_at: Fraction = Field(default=0.6, description="The score that a submission needs to pass.")
    kinds_needed: int = Field(
        default=3, ge=1, description="The number of kinds that need at least one confirmed head to pass."
    )
    borderline: Borderline = Field(
        default="not_yet",
        description="The rule for a threshold that lies inside the measured interval: with `not_yet`, the claim is "
        "not decided.",
    )
    feedback: Feedback = "all"
    hint_costs: int = Field(default=0, ge=0, le=1000, description="The XP that each hint costs.")
    policy: Policy = Field(
        default=Policy.model_construct(),  # `Policy()` would build its validator whenever this file is imported
        description="The rules for submissions from a platform.",
    )

    @field_validator("kinds")
    @classmethod
    def _kinds_differ(cls, kinds: tuple[AskedKind, ...]) -> tuple[AskedKind, ...]:
        names = [kind.name for kind in kinds]
        if repeated := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"`kinds` names {', '.join(sorted(repeated))} twice")
        return kinds

    @property
    def points(self) -> int:
        """The most points that a submission can earn."""
        return sum(kind.points + (kind.circuits.points if kind.circuits else 0) for kind in self.kinds)

    @property
    def is_causal(self) -> bool:
        """True if a claim on it may need causal evidence."""
        return any(kind.evidence == "needed" or kind.circuits is not None for kind in self.kinds)

    def asked(self, kind: Kind) -> AskedKind | None:
        """Return the exercise's entry for this kind, or None if it does not ask for it."""
        return next((asked for asked in self.kinds if asked.name == kind.name), None)
