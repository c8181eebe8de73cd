"""The records that cross a boundary: frozen, unknown keys refused, no NaN."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

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

SPELLINGS: dict[str, int] = {"previous_token": -1, "next_token": +1}
"""Other words for `positional`, with the offset that each one means."""


class Record(BaseModel):
    """What every record has in common."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)


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
                raise ValueError(f"`{data['type']}` means offset {offset:+d}; leave `offset` out")
            return {**data, "type": "positional", "offset": offset}
        if data["type"] == "positional" and data.get("offset") is None:
            return {**data, "offset": -1}
        if data["type"] == "syntactic" and data.get("direction") is None:
            return {**data, "direction": "backward"}
        return data

    @model_validator(mode="after")
    def _parameters_fit(self) -> Self:
        if self.type == "syntactic" and self.relation is None:
            raise ValueError("a syntactic head needs `relation`")
        if self.type != "syntactic" and (self.relation is not None or self.direction is not None):
            raise ValueError(f"`relation` and `direction` belong to syntactic heads, not to {self.type}")
        if self.type != "positional" and self.offset is not None:
            raise ValueError(f"`offset` belongs to positional heads, not to {self.type}")
        if self.offset == 0:
            raise ValueError("offset 0 is the token itself; use -1 for the previous token or +1 for the next")
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


class Claim(Kind):
    """What a student asserts of one head."""

    layer: int = Field(ge=0, le=999, description="The head's layer, counted from 0.")
    head: int = Field(ge=0, le=999, description="The head's number in its layer, counted from 0.")
    note: str | None = Field(default=None, max_length=2000, description="The student's own words.")
    evidence: str | None = Field(
        default=None,
        min_length=1,
        max_length=400,
        description="A sentence in which the student saw the behaviour; it is always recomputed.",
    )

    @property
    def kind(self) -> Kind:
        """The kind alone, without the head."""
        return Kind(type=self.type, offset=self.offset, relation=self.relation, direction=self.direction)

    @property
    def place(self) -> str:
        """The head, printed as `L5H10`."""
        return f"L{self.layer}H{self.head}"


class Submission(Record):
    """What a student hands in."""

    exercise: Identifier = Field(description="The exercise's id.")
    student: StudentName | None = Field(default=None, description="Who submits; the command line fills it in.")
    claims: tuple[Claim, ...] = Field(min_length=1, max_length=1000)
    gallery: bool = Field(default=False, description="Show what is confirmed in the gallery, under a pseudonym.")
    gallery_name: GalleryName | None = Field(default=None, description="The name to show there in its place.")

    @model_validator(mode="after")
    def _named_only_if_shown(self) -> Self:
        if self.gallery_name is not None and not self.gallery:
            raise ValueError("`gallery_name` is shown in the gallery only; write `gallery: true` as well")
        return self


class TransformerSource(Record):
    """Which transformer an exercise measures, and how its bytes are known to be the right ones."""

    name: Identifier = Field(description="Its short name; `GRADER_TRANSFORMER_<NAME>` overrides where it lies.")
    family: Literal["decoder", "encoder"]
    layers: int = Field(ge=1, le=1000)
    heads: int = Field(ge=1, le=1000, description="Heads in each layer.")
    bundled: str | None = Field(default=None, description="Its folder under `grader/bundled`.")
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

    @property
    def kind(self) -> Kind:
        """The kind alone."""
        return Kind(type=self.type, offset=self.offset, relation=self.relation, direction=self.direction)


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
    policy: Policy = Field(default=Policy(), description="For submissions that come through a platform.")

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


class Check(Record):
    """One reading held against one threshold."""

    statistic: Statistic
    on: str
    measured: float
    interval: tuple[float, float]
    at_least: float
    source: str
    result: Literal["over", "borderline", "under"]


class Lookalike(Record):
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
    threshold: tuple[Check, ...] = ()
    rank: int | None = Field(default=None, description="1 is the head with the highest score for this kind.")
    of: int | None = Field(default=None, description="How many heads there are.")
    looks_like: Lookalike | None = None
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
