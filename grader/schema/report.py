"""What was measured, what became of each claim, and what is drawn."""

from pydantic import Field

from grader.kinds.definition import Statistic
from grader.schema.kinds import (
    Borderline,
    Feedback,
    Fraction,
    Identifier,
    Kind,
    Outcome,
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
    """What was measured of one head under one kind."""

    share: Fraction
    hit_rate: Fraction
    baseline: Fraction
    score: Fraction
    interval: tuple[float, float]
    queries: int
    readings: tuple[Reading, ...]


class ThresholdResult(Record):
    """One reading held against one threshold."""

    statistic: Statistic
    on: str
    measured: float
    interval: tuple[float, float]
    at_least: float
    source: str
    result: Side


class OtherKind(Record):
    """What a head is, when it is not what was claimed."""

    kind: Kind
    score: Fraction
    rank: int


class Evidence(Record):
    """The student's own sentence, recomputed."""

    text: str
    tokens: tuple[str, ...]
    share: Fraction | None = None
    hit_rate: Fraction | None = None
    queries: int = 0


class Verdict(Record):
    """What we found about one claim."""

    claim: Claim
    outcome: Outcome
    why_not: WhyNot | None = Field(default=None, description="Why a claim that is not graded is not.")
    borderline: bool = False
    points: float = 0
    rationale: str
    measured: Measurement | None = None
    threshold: tuple[ThresholdResult, ...] = ()
    rank: int | None = Field(default=None, description="1 is the head with the highest score for this kind.")
    of: int | None = Field(default=None, description="How many heads there are.")
    looks_like: OtherKind | None = None
    help: str = ""
    evidence: Evidence | None = None


class Report(Record):
    """All verdicts of one submission, with everything needed to repeat them."""

    grader_version: str
    exercise: Identifier
    exercise_version: int
    transformer: str
    transformer_digest: str
    seed: int
    table: str = Field(description="The content hash of the score table that was used.")
    student: str | None
    gallery: bool = Field(default=False, description="Whether the student wants it shown in the gallery.")
    gallery_name: str | None = Field(default=None, description="The name to show there; a pseudonym otherwise.")
    feedback: Feedback
    borderline: Borderline = Field(description="The rule that decided borderline verdicts.")
    wanted: dict[str, int] = Field(description="How many heads of each kind the exercise asks for, by the kind's name.")
    verdicts: tuple[Verdict, ...]
    points: float
    possible: float
    score: Fraction
    luck: Fraction = Field(description="The chance that random claims of the same kinds do at least as well.")
    kinds_confirmed: int
    gradable: bool
    passed: bool
    xp: int = Field(ge=0, description="What the confirmed claims are worth; a claim earns it once.")
    content_hash: str = Field(default="", description="SHA-256 of all of the above.")


class Picture(Record):
    """One head's attention pattern on one short sequence, to be drawn."""

    caption: str
    tokens: tuple[str, ...]
    pattern: tuple[tuple[float, ...], ...] = Field(description="Query, then key; each row sums to 1.")
    targets: tuple[tuple[int, int], ...] = Field(default=(), description="(query, key) pairs that the kind asks for.")
