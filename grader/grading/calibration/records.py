"""The records of a calibration; `grade calibrate --format json` prints them, key by key."""

from typing import Literal

from pydantic import Field

from grader.schema import Borderline, Kind, Record, Side, Statistic, head_name

HeadState = Literal["over", "borderline", "below", "ruled_out"]
"""A head's side of a threshold; `ruled_out` reaches this threshold, but is under another one."""
CautionCode = Literal[
    "no_head_passes",
    "fewer_than_wanted",
    "more_than_budget",
    "passing_differs",
    "too_close_differs",
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
    kinds: tuple[str, ...] = Field(description="The names of the kinds that it is about; empty for the whole exercise.")
    heads: tuple[str, ...] = Field(description="The heads that it is about, such as `L5H10`.")
    message: str


class HeadScore(Record):
    """One head on the axis of one kind."""

    layer: int
    head: int
    rank: int = Field(description="1 is the highest score.")
    score: float = Field(description="The deciding statistic on its worst slice.")
    interval: tuple[float, float] = Field(
        description="The lowest lower end and the lowest upper end over the slices that decide. A threshold between "
        "them makes the verdict borderline. With one slice, this is its 95 % interval."
    )
    on: str = Field(description="The worst slice.")
    elsewhere: Side = Field(description="The worst result at the kind's other thresholds.")
    met_elsewhere: bool = Field(description="Whether all other thresholds are reached as measured.")
    fails: str = Field(description="The other threshold that the head misses most, in words; empty if there is none.")
    state: HeadState
    confirmed: bool = Field(description="Whether the grader confirms the head at the present threshold.")
    too_close: bool = Field(description="Whether no claim on the head is decided, because the interval is too wide.")
    factor: float = Field(description="The least of measured / needed over all thresholds.")
    sure_factor: float = Field(description="The same, from the lower ends of the intervals.")
    expect: Literal["confirmed", "refuted"] | None = Field(description="The label; null if there is none.")

    @property
    def place(self) -> str:
        """The head, printed as `L5H10`."""
        return head_name(self.layer, self.head)

    def holds(self, at_least: float) -> bool:
        """Return whether the head's interval holds this threshold, the two ends excluded."""
        return self.interval[0] < at_least < self.interval[1]

    def in_noise(self, at_least: float) -> bool:
        """Return whether noise would decide about the head with the threshold here."""
        return self.holds(at_least) and self.elsewhere != "under"

    def state_at(self, at_least: float) -> HeadState:
        """Return the state that the head would have with the threshold here."""
        if self.score < at_least and not self.holds(at_least):
            return "below"
        if self.elsewhere == "under":
            return "ruled_out"
        return "borderline" if self.holds(at_least) or self.elsewhere == "borderline" else "over"

    def confirmed_at(self, at_least: float, rule: Borderline) -> bool:
        """Return whether the grader would confirm the head with the threshold here."""
        by_rule: dict[Borderline, bool] = {
            "not_yet": False,
            "in_favour": True,
            "as_measured": self.score >= at_least and self.met_elsewhere,
            "against": False,
        }
        state = self.state_at(at_least)
        return state == "over" or (state == "borderline" and by_rule[rule])


class Gap(Record):
    """The distance between two neighbouring scores."""

    rank: int = Field(description="1 is the widest gap of the kind.")
    above: str = Field(description="The head at its upper end.")
    above_score: float
    below: str = Field(description="The head at its lower end.")
    below_score: float
    width: float
    middle: float
    clear: tuple[float, float] | None = Field(description="The part that no interval reaches; null if there is none.")


class Ask(Record):
    """Another threshold of the kind, beside that of the deciding statistic."""

    statistic: Statistic
    at_least: float
    slices: tuple[str, ...]
    source: str
    on_axis: float | None = Field(description="The lead as a hit rate; null if the axis is not a hit rate.")
    under: int = Field(description="The number of heads under it.")
    in_noise: tuple[str, ...] = Field(description="Heads whose interval holds it and that nothing else rules out.")


class Step(Record):
    """The effect of one threshold, with everything else unchanged."""

    at_least: float
    confirmed: int = Field(description="The number of heads that the grader would confirm.")
    in_noise: int = Field(description="Heads whose interval holds it and that nothing else rules out.")
    right: int = Field(description="Heads labelled `confirmed` that it confirms.")
    wrong: int = Field(description="Heads labelled `refuted` that it confirms.")
    missed: int = Field(description="Heads labelled `confirmed` that it does not confirm.")
    precision: float | None = Field(description="right / (right + wrong); null if no labelled head is confirmed.")
    recall: float | None = Field(description="right / (right + missed); null if no head is labelled `confirmed`.")
    f1: float | None = Field(description="2 right / (2 right + wrong + missed); null if that is 0 / 0.")
    margin: float | None = Field(
        description="The distance from the threshold to the nearest labelled head, negative if that head is on the "
        "wrong side; null without labels of both sorts. Heads that another threshold rules out do not count. If that "
        "leaves no head labelled `refuted`, those that score less than every head labelled `confirmed` count."
    )


class Labels(Record):
    """The labelled heads of a kind, and the thresholds that suit them best."""

    confirmed: int = Field(description="The number of heads labelled `confirmed`.")
    refuted: int = Field(description="The number of heads labelled `refuted`.")
    out_of_reach: tuple[str, ...] = Field(
        description="Heads labelled `confirmed` that another threshold rules out, wherever this one is."
    )
    present: Step = Field(description="The present threshold.")
    best_margin: Step | None = Field(
        description="The step with the widest margin, then the highest F1; null without labels of both sorts."
    )
    best_f1: Step | None = Field(description="The step with the highest F1, then the widest margin.")


class Chance(Record):
    """The best that the same architecture with random weights reaches under a kind."""

    head: str = Field(description="Its head with the highest score.")
    score: float
    confirmed: int = Field(description="The number of its heads that pass.")


class CurveSlice(Record):
    """One slice of the probe, and what it tells."""

    name: str
    queries: int
    independent: int = Field(description="As many independent queries would make intervals as wide as the measured.")


class CurvePoint(Record):
    """The chance of each outcome for a head with this true rate."""

    rate: float = Field(description="The deciding statistic on an endless probe, the same on every slice.")
    confirmed: float
    not_yet: float
    refuted: float


class Curve(Record):
    """The operating curve: the chance of each outcome against a head's true rate."""

    slices: tuple[CurveSlice, ...] = Field(description="Those that decide.")
    points: tuple[CurvePoint, ...] = Field(description="Every true rate from 0 to 1, in steps of 0.01.")
    confirmed_at: tuple[float | None, ...] = Field(
        description="The true rates from which 5, 50 and 95 of 100 probes confirm the head; null if none does."
    )
    refuted_at: tuple[float | None, ...] = Field(
        description="The true rates up to which 95, 50 and 5 of 100 probes refute the head; null if all do."
    )


class KindCalibration(Record):
    """One kind: its heads in order of score, and the effect of its threshold."""

    name: str
    kind: Kind
    statistic: Statistic = Field(description="The statistic that decides.")
    at_least: float
    slices: tuple[str, ...] = Field(description="The slices that decide; the score is that on the worst of them.")
    named_slices: tuple[str, ...] = Field(description="The slices that the threshold names; empty for all.")
    source: str
    also_asked: tuple[Ask, ...]
    baseline: float = Field(description="The hit rate of the best head that is blind to the kind.")
    wanted: int
    passing: int = Field(description="The number of heads that pass, according to the exercise.")
    confirmed: int = Field(description="The number of heads that pass, as measured.")
    too_close: int = Field(description="The number of heads on which no claim is decided, as measured.")
    in_noise: int = Field(description="Heads whose interval holds it and that nothing else rules out.")
    noise: tuple[float, float] | None = Field(
        description="The range that the intervals of these heads cover; null if there are none."
    )
    heads: tuple[HeadScore, ...] = Field(description="All heads, best score first.")
    gaps: tuple[Gap, ...] = Field(description="The widest gaps, widest first.")
    stands_in: Gap | None = Field(description="The gap that holds the threshold; null if all heads are on one side.")
    labels: Labels | None = Field(description="null if no head of the kind is labelled.")
    chance: Chance | None = Field(description="Random weights; null if they were not measured.")
    sweep: tuple[Step, ...] = Field(description="Every threshold from 0 to 1, in steps of 0.01.")
    curve: Curve = Field(description="The chance of each outcome at the present threshold.")

    @property
    def outside_noise(self) -> list[Step]:
        """The nearest thresholds of the sweep below and above the present one that no head's interval holds."""
        quiet = [step for step in self.sweep if not step.in_noise]
        below = [step for step in quiet if step.at_least < self.at_least]
        above = [step for step in quiet if step.at_least > self.at_least]
        return below[-1:] + above[:1]


class SharedKind(Record):
    """One of several kinds that a head is confirmed for."""

    name: str
    score: float
    factor: float


class SharedHead(Record):
    """A head that is confirmed for several kinds, the one with the largest factor first."""

    layer: int
    head: int
    kinds: tuple[SharedKind, ...]

    @property
    def place(self) -> str:
        """The head, printed as `L5H10`."""
        return head_name(self.layer, self.head)


class Calibration(Record):
    """All kinds of an exercise on one transformer."""

    grader_version: str
    exercise: str
    exercise_version: int
    title: str
    transformer: str
    transformer_digest: str
    seed: int
    table: str = Field(description="The hash of all that the score table follows from.")
    layers: int
    heads: int = Field(description="The number of heads in each layer.")
    budget: int
    borderline: Borderline
    cautions: tuple[Caution, ...]
    kinds: tuple[KindCalibration, ...]
    shared: tuple[SharedHead, ...]
    unused_labels: tuple[str, ...] = Field(description="Labelled heads of kinds that the exercise does not ask for.")
