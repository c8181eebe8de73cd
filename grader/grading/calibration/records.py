"""What a calibration finds, as records: the JSON of `grade calibrate --json` is these, key by key."""

from typing import Literal

from pydantic import Field

from grader.schema import Borderline, Kind, Record, Side, Statistic, head_name

HeadState = Literal["over", "borderline", "below", "ruled_out"]
"""Where a head stands at a threshold: `ruled_out` reaches it, but not what else is asked."""
CautionCode = Literal[
    "no_head_passes",
    "fewer_than_wanted",
    "more_than_budget",
    "passing_differs",
    "guessing_pays",
    "untrained_passes",
    "in_noise",
    "lookalike",
    "one_sided",
    "same_winner",
    "labels_disagree",
]


class Caution(Record):
    """One thing that an instructor should look at before trusting a threshold."""

    code: CautionCode
    kinds: tuple[str, ...] = Field(description="The names of the kinds it is about; none: the whole exercise.")
    heads: tuple[str, ...] = Field(description="The heads it is about, such as `L5H10`.")
    message: str


class HeadScore(Record):
    """One head on the axis of one kind."""

    layer: int
    head: int
    rank: int = Field(description="1 is the highest score.")
    score: float = Field(description="The deciding statistic on its worst slice.")
    interval: tuple[float, float] = Field(
        description="The lowest lower and the lowest upper end over the slices that decide: between them the "
        "threshold makes the verdict borderline. On one slice, its 95 % interval."
    )
    on: str = Field(description="The slice that is worst.")
    elsewhere: Side = Field(description="The worst result of what else is asked of the head.")
    met_elsewhere: bool = Field(description="Whether all else that is asked is met as measured, intervals aside.")
    fails: str = Field(description="The first of what else is asked that the head is under, in words; empty: none.")
    state: HeadState
    confirmed: bool = Field(description="What the grader says at the present threshold.")
    factor: float = Field(description="The least of measured / needed over all that is asked.")
    sure_factor: float = Field(
        description="The same with the lower ends of the intervals in place of what is measured."
    )
    expect: Literal["confirmed", "refuted"] | None = Field(description="The label; null: there is none.")

    @property
    def place(self) -> str:
        """The head, printed as `L5H10`."""
        return head_name(self.layer, self.head)


class Gap(Record):
    """A stretch of the axis between two neighbouring scores."""

    rank: int = Field(description="1 is the widest gap of the kind.")
    above: str = Field(description="The head at its upper end.")
    above_score: float
    below: str = Field(description="The head at its lower end.")
    below_score: float
    width: float
    middle: float
    clear: tuple[float, float] | None = Field(description="The part that no head's interval reaches; null: none.")


class Ask(Record):
    """What else is asked of a head of this kind, beside the deciding statistic."""

    statistic: Statistic
    at_least: float
    slices: tuple[str, ...]
    source: str
    on_axis: float | None = Field(description="The hit rate that a lead comes to; null: it has no place on the axis.")
    under: int = Field(description="How many heads are under it.")
    in_noise: tuple[str, ...] = Field(description="The heads that are not ruled out and whose interval holds it.")


class Step(Record):
    """What one threshold would do, everything else as it is."""

    at_least: float
    confirmed: int = Field(description="Heads that the grader would confirm.")
    in_noise: int = Field(description="Heads, not ruled out by what else is asked, whose interval holds the threshold.")
    right: int = Field(description="Labelled `confirmed`, and confirmed.")
    wrong: int = Field(description="Labelled `refuted`, and confirmed.")
    missed: int = Field(description="Labelled `confirmed`, and not confirmed.")
    precision: float | None = Field(description="right / (right + wrong); null: no labelled head is confirmed.")
    recall: float | None = Field(description="right / (right + missed); null: none is labelled `confirmed`.")
    f1: float | None = Field(description="2 right / (2 right + wrong + missed); null where that is 0 / 0.")
    margin: float | None = Field(
        description="How far the nearest labelled head stands on its own side of the threshold, negative on the "
        "other; null: there are not labels of both sorts. A head that what else is asked rules out does not count, "
        "unless all heads labelled `refuted` are ruled out: then those below every head labelled `confirmed` do."
    )


class Labels(Record):
    """What the labelled heads of a kind say of its threshold."""

    confirmed: int = Field(description="Heads labelled `confirmed`.")
    refuted: int = Field(description="Heads labelled `refuted`.")
    out_of_reach: tuple[str, ...] = Field(
        description="Labelled `confirmed`, but ruled out by what else is asked, whatever this threshold."
    )
    present: Step = Field(description="The present threshold.")
    best_margin: Step | None = Field(
        description="The grid step with the widest margin, of these the highest F1; null without both."
    )
    best_f1: Step | None = Field(description="The grid step with the highest F1, of these the widest margin.")


class Chance(Record):
    """What the same architecture with random weights reaches under a kind."""

    head: str = Field(description="Its head with the highest score.")
    score: float
    confirmed: int = Field(description="How many of its heads pass.")


class KindCalibration(Record):
    """One kind: its heads in order, and what its threshold does among them."""

    name: str
    kind: Kind
    statistic: Statistic = Field(description="The statistic that decides.")
    at_least: float
    slices: tuple[str, ...] = Field(description="The slices that decide: the score is that of the worst.")
    named_slices: tuple[str, ...] = Field(description="The slices as the threshold names them; none: all.")
    source: str
    also_asked: tuple[Ask, ...]
    baseline: float = Field(description="The hit rate of the best head that is blind to the kind.")
    wanted: int
    passing: int = Field(description="How many heads pass, as the exercise says.")
    confirmed: int = Field(description="How many heads pass, as measured.")
    in_noise: int = Field(description="Heads, not ruled out by what else is asked, whose interval holds the threshold.")
    noise: tuple[float, float] | None = Field(
        description="What the intervals of these heads cover; null: there is none."
    )
    heads: tuple[HeadScore, ...] = Field(description="All heads, best score first.")
    gaps: tuple[Gap, ...] = Field(description="The widest gaps, widest first.")
    stands_in: Gap | None = Field(description="The gap that holds the threshold; null: all heads are on one side.")
    labels: Labels | None = Field(description="null: no head of the kind is labelled.")
    chance: Chance | None = Field(description="Of the untrained twin; null: it was not measured.")
    sweep: tuple[Step, ...] = Field(description="Every threshold from 0 to 1 in steps of 0.01.")


class SharedKind(Record):
    """One of several kinds that claim a head."""

    name: str
    score: float
    factor: float


class SharedHead(Record):
    """A head that is confirmed for several kinds, the one that it clears by the largest factor first."""

    layer: int
    head: int
    kinds: tuple[SharedKind, ...]

    @property
    def place(self) -> str:
        """The head, printed as `L5H10`."""
        return head_name(self.layer, self.head)


class Calibration(Record):
    """Every kind of an exercise on one transformer."""

    grader_version: str
    exercise: str
    exercise_version: int
    title: str
    transformer: str
    transformer_digest: str
    seed: int
    table: str = Field(description="The content hash of the score table.")
    layers: int
    heads: int = Field(description="In each layer.")
    budget: int
    borderline: Borderline
    cautions: tuple[Caution, ...]
    kinds: tuple[KindCalibration, ...]
    shared: tuple[SharedHead, ...]
    unused_labels: tuple[str, ...] = Field(description="Labelled heads of kinds that the exercise does not ask for.")
