"""The report: measurements, verdicts and pictures."""

from pydantic import Field

from grader.kinds.definition import Statistic
from grader.schema.causal import CircuitVerdict, Level, Matters, Scope, Without, Writes
from grader.schema.kinds import (
    Borderline,
    Feedback,
    Fraction,
    Identifier,
    Kind,
    Outcome,
    Precision,
    Record,
    Side,
    WhyNot,
)
from grader.schema.submission import Claim


class Reading(Record):
    """One statistic of one head on one slice of the probe, with its 95 % bootstrap interval."""

    statistic: Statistic
    on: str
    value: float
    interval: tuple[float, float]


class Measurement(Record):
    """The measurements of one head under one kind; `score` is the deciding statistic on the worst slice."""

    share: Fraction
    hit_rate: Fraction
    baseline: Fraction
    score: Fraction
    interval: tuple[float, float]
    queries: int
    readings: tuple[Reading, ...]


class ThresholdResult(Record):
    """One reading compared with one threshold."""

    statistic: Statistic
    on: str
    measured: float
    interval: tuple[float, float]
    at_least: float
    source: str
    result: Side


class OtherKind(Record):
    """Another kind, which the head has instead of the claimed one."""

    kind: Kind
    score: Fraction
    rank: int


class Fit(Record):
    """The look-alike of the claimed kind that a refuted head is most like."""

    lookalike: str = Field(description="The look-alike's name.")
    knows: str = Field(description="One sentence on what it looks at.")
    agreement: Fraction = Field(
        description="The fraction of asked queries whose most attended key is one that the look-alike looks at."
    )


class Evidence(Record):
    """The student's own sentence, with the attention that we recomputed on it."""

    text: str
    tokens: tuple[str, ...]
    share: Fraction | None = None
    hit_rate: Fraction | None = None
    queries: int = 0


class Verdict(Record):
    """The verdict on one claim."""

    claim: Claim
    outcome: Outcome
    why_not: WhyNot | None = Field(default=None, description="The reason, if the claim is not graded.")
    borderline: bool = False
    points: float = Field(
        default=0,
        description="The points that it earns, 0 if refuted; what refuted claims cost is taken off the total.",
    )
    rationale: str
    measured: Measurement | None = None
    threshold: tuple[ThresholdResult, ...] = ()
    rank: int | None = Field(
        default=None, description="The head's rank by score for this kind; 1 is the highest score."
    )
    of: int | None = Field(default=None, description="The number of heads in the transformer.")
    looks_like: OtherKind | None = Field(
        default=None,
        description="What the head is instead, if it is refuted: only a kind of which the report confirms all heads.",
    )
    fits: Fit | None = Field(
        default=None,
        exclude_if=lambda fit: fit is None,  # reports from before it keep their content hash
        description="The look-alike of the kind that the head fits best, if it is refuted and fits one.",
    )
    help: str = ""
    evidence: Evidence | None = None
    level: Level | None = Field(
        default=None,
        exclude_if=lambda level: level is None,  # reports from before it keep their content hash, as with the next ones
        description="The level of the evidence for a head that has the pattern, where causal evidence was asked for.",
    )
    matters: Matters | None = Field(
        default=None,
        exclude_if=lambda matters: matters is None,
        description="What was seen of the head's importance, if the claim says that it matters.",
    )
    circuit: CircuitVerdict | None = Field(
        default=None,
        exclude_if=lambda circuit: circuit is None,
        description="The verdict on `feeds`, which earns points of its own.",
    )
    scope: Scope | None = Field(
        default=None,
        exclude_if=lambda scope: scope is None,
        description="How much of the head's attention on ordinary text the kind explains.",
    )
    writes: Writes | None = Field(
        default=None,
        exclude_if=lambda writes: writes is None,
        description="The rank of the token that the heads attend to, in what they write.",
    )


REFERENCE = "cpu"
"""The kind of device whose scores count everywhere."""


class Basis(Record):
    """All that a measurement follows from, besides the exercise: change any of it, and it is measured anew."""

    transformer: str = Field(description="The digest of the transformer's files that were read.")
    code: str = Field(description="The digest of the code that measures.")
    libraries: dict[str, str] = Field(description="The version of each library that numbers or probes depend on.")
    precision: Precision = Field(description="The precision of weights and products.")
    device: str = Field(
        default=REFERENCE,
        exclude_if=lambda device: device == REFERENCE,  # reports from before it keep their content hash
        description="The kind of device that it was measured on; missing if it was the CPU, which is the reference. "
        "Elsewhere intervals are wider by a margin, so that no verdict contradicts the CPU's.",
    )
    probes: str = Field(default="", description="The digest of the probes, as they were built.")


class Report(Record):
    """All verdicts on one submission, with everything that is needed to repeat them."""

    grader_version: str
    exercise: Identifier
    exercise_version: int
    transformer: str
    transformer_digest: str
    seed: int
    table: str = Field(
        description="The hash of all that the score table follows from: the exercise's transformer, probes and kinds, "
        "and `basis`."
    )
    basis: Basis | None = Field(
        default=None,
        exclude_if=lambda basis: basis is None,  # reports from before it keep their content hash
        description="All else that the measurements follow from.",
    )
    student: str | None
    gallery: bool = Field(default=False, description="True if the student wants confirmed claims shown in the gallery.")
    gallery_name: str | None = Field(default=None, description="The name for the gallery; null means a pseudonym.")
    feedback: Feedback
    borderline: Borderline = Field(description="The rule that decided borderline verdicts.")
    wanted: dict[str, int] = Field(
        description="The number of heads of each kind that the exercise asks for, by the kind's name."
    )
    wanted_circuits: dict[str, int] = Field(
        default_factory=dict,
        exclude_if=lambda wanted: not wanted,  # reports from before it keep their content hash
        description="The number of circuits that the exercise asks for, by the name of the receivers' kind.",
    )
    verdicts: tuple[Verdict, ...]
    without: tuple[Without, ...] = Field(
        default=(),
        exclude_if=lambda without: not without,
        description="What is left of each behaviour without all confirmed heads of the submission.",
    )
    points: float
    possible: float
    credit: Fraction = Field(
        default=1.0,
        exclude_if=lambda credit: credit == 1,  # so that reports that are in time keep their content hash
        description="The part of the score that lateness leaves; missing if all of it counts.",
    )
    score: Fraction = Field(description="The score that counts: points of possible points, times the credit.")
    luck: Fraction = Field(
        description="The chance that random claims of the same kinds have at least as many confirmed claims."
    )
    kinds_confirmed: int
    gradable: bool = Field(description="True if any claim could be decided.")
    counts_from_one: bool = Field(
        default=False,
        exclude_if=lambda counts: not counts,  # reports from before it keep their content hash
        description="True if no claim is right, but half of several would be with each layer and head one less.",
    )
    passed: bool = Field(description="True if the score that counts, the kinds and the luck suffice to pass.")
    xp: int = Field(ge=0, description="The XP for the confirmed claims; each claim earns it once.")
    content_hash: str = Field(default="", description="The SHA-256 of all fields above.")


class Picture(Record):
    """One head's attention pattern on one short sequence, for drawing."""

    caption: str
    tokens: tuple[str, ...]
    pattern: tuple[tuple[float, ...], ...] = Field(
        description="The attention of each query (row) to each key (column); each row sums to 1 at most."
    )
    targets: tuple[tuple[int, int], ...] = Field(
        default=(), description="The target keys of each query, as (query, key) pairs."
    )
