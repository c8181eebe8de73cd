"""The score cloud: every head's score under one kind as a dot, one row for each layer, with the threshold.

Where heads have no names, a dot's height says nothing, and the dots are in the order of their scores.
Positions from left to right are in per cent, so that a cloud fits any width and its dots stay round.
"""

from dataclasses import dataclass
from math import gcd
from statistics import median

from grader.base.language import N_, _, ngettext
from grader.base.numbers import number
from grader.exercises.names import STATISTICS
from grader.grading.standings import Standing, Standings
from grader.schema import HeadIndex, Kind, head_name, title

TOP, PITCHES, TALLEST = 22, (3.0, 16.0), 130
"""The pixels above the first layer, the least and the most for each layer, and the most for all layers together."""
SPREAD = 0.6
"""The part of a layer's height over which its heads are spread, so that equal scores do not cover each other."""
RIGHT_HALF = 50
GOLDEN = 0.618
"""The golden section: steps of this part of a whole are spread evenly over it."""


@dataclass(frozen=True)
class Dot:
    """One head."""

    x: str
    y: float
    state: str
    """`over`, `borderline` or `below`."""
    label: str


@dataclass(frozen=True)
class MarkedHead:
    """The head that the cloud is about, with its interval."""

    place: str
    x: str
    y: float
    low: str
    high: str
    anchor: str


@dataclass(frozen=True)
class Cloud:
    """All heads under one kind."""

    dots: tuple[Dot, ...]
    marked: MarkedHead | None
    needed: str
    """The threshold; empty if there is none on the statistic that decides."""
    needed_at: str
    needed_anchor: str
    statistic: str
    """The statistic that decides, as a word of the glossary."""
    layers: tuple[tuple[float, str], ...]
    """The positions and names of the first and the last layer."""
    foot: float
    description: str
    """The cloud in words."""


BEST_NAMED = N_("The best is {head} with {score}; half of all heads score {middle} or less.")
BEST = N_("The best scores {score}; half of all heads score {middle} or less.")


def cloud(kind: Kind, standings: Standings, marked: HeadIndex | None = None, *, named: bool = True) -> Cloud:
    """Return the cloud of every head under the kind; only `marked` has a name and a layer, unless all are `named`."""
    layers, heads = standings.table.layers, standings.table.heads
    pitch = min(max(TALLEST / layers, PITCHES[0]), PITCHES[1])
    of_kind = standings.by_kind[kind.name]
    decides = of_kind.scores.decides
    needed = next((check.at_least for check in of_kind[0, 0].results if check.statistic == decides), None)

    def height(place: HeadIndex) -> float:
        row, within_row = (
            place if named or place == marked else divmod(_scattered(of_kind.ranks[place], len(of_kind)), heads)
        )
        within = within_row / max(heads - 1, 1) - 0.5
        return round(TOP + pitch * (row + 0.5 + SPREAD * within), 1)

    others = [place for place in (of_kind if named else of_kind.ranks) if place != marked]
    return Cloud(
        dots=tuple(_dot(place, of_kind[place], height(place), (named, needed)) for place in others),
        marked=_marked(marked, of_kind[marked], height(marked)) if marked else None,
        needed="" if needed is None else number(needed),
        needed_at=_percent(needed or 0.0),
        needed_anchor=_anchor(needed or 0.0),
        statistic=STATISTICS[decides],
        layers=tuple(
            (round(TOP + pitch * (layer + 0.5), 1), f"L{layer}") for layer in sorted({0, layers - 1}) if named
        ),
        foot=round(TOP + pitch * layers, 1),
        description=_description(kind, standings, marked, named),
    )


def _scattered(rank: int, of: int) -> int:
    """Return another number below `of` for each rank; neighbours in rank lie apart."""
    step = next(step for step in range(round(of * GOLDEN), of + 2) if gcd(step, of) == 1)
    return rank * step % of


def _dot(place: HeadIndex, standing: Standing, y: float, shown: tuple[bool, float | None]) -> Dot:
    (named, needed), score = shown, standing.measured.score
    label = number(score, needed)
    state = "borderline" if standing.borderline else "over" if standing.confirmed else "below"
    return Dot(_percent(score), y, state, f"{head_name(*place)}: {label}" if named else label)


def _marked(place: HeadIndex, standing: Standing, y: float) -> MarkedHead:
    score, (low, high) = standing.measured.score, standing.measured.interval
    return MarkedHead(head_name(*place), _percent(score), y, _percent(low), _percent(high), _anchor(score))


def _percent(part: float) -> str:
    return f"{100 * min(max(part, 0.0), 1.0):.1f}%"


def _anchor(part: float) -> str:
    """Return the anchor of a text that puts it on the side with more room."""
    return "end" if 100 * part > RIGHT_HALF else "start"


def _description(kind: Kind, standings: Standings, marked: HeadIndex | None, named: bool) -> str:
    of_kind, ranks = standings.by_kind[kind.name], standings.ranks[kind.name]
    best = min(ranks, key=ranks.__getitem__)
    sentences = [
        ngettext(
            "{number} of {of} heads is confirmed as {kind}.",
            "{number} of {of} heads are confirmed as {kind}.",
            standings.passing(kind.name),
            of=standings.heads,
            kind=title(kind),
        ),
        _(
            BEST_NAMED if named else BEST,
            head=head_name(*best),
            score=f"{of_kind[best].measured.score:.2f}",
            middle=f"{median(standing.measured.score for standing in of_kind.values()):.2f}",
        ),
    ]
    if marked:
        score = f"{of_kind[marked].measured.score:.2f}"
        sentences.insert(
            0, _("{head} scores {score}, rank {rank}.", head=head_name(*marked), score=score, rank=ranks[marked])
        )
    return " ".join(sentences)
