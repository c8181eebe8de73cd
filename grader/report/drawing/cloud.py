"""One head among all others: every head's score under one kind as a dot, layer below layer, with the threshold.

Across, things stand in per cent, so that a cloud takes whatever width there is and its dots stay round.
"""

from dataclasses import dataclass
from statistics import median

from grader.base.language import N_, _, ngettext
from grader.exercises.names import statistic
from grader.grading.standings import Standing, Standings
from grader.schema import HeadIndex, Kind, head_name, title

TOP, PITCHES, TALLEST = 22, (3.0, 16.0), 130
"""Above the first layer; the least and most height of a layer, and what all of them may take together; in pixels."""
SPREAD = 0.6
"""The part of its layer's height over which a layer's heads are spread: alike ones do not cover each other."""
RIGHT_HALF = 50


@dataclass(frozen=True)
class Dot:
    """One head."""

    x: str
    y: float
    state: str
    """`over`, `borderline` or `below`."""
    said: str


@dataclass(frozen=True)
class Here:
    """The head that it is all about, with its interval."""

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
    here: Here | None
    needed: str
    """The threshold as it is written; nothing where none is on the statistic that decides."""
    needed_at: str
    needed_anchor: str
    statistic: str
    layers: tuple[tuple[float, str], ...]
    """Where the first and the last layer are, with their names."""
    foot: float
    said: str
    """All of it in words."""


BEST_NAMED = N_("The best is {head} with {score}; half of all heads score {middle} or less.")
BEST = N_("The best scores {score}; half of all heads score {middle} or less.")


def cloud(kind: Kind, standings: Standings, marked: HeadIndex | None = None, *, named: bool = True) -> Cloud:
    """Every head under the kind; the marked one, if any, stands out, and without `named` no other is told by name."""
    layers = standings.table.layers
    pitch = min(max(TALLEST / layers, PITCHES[0]), PITCHES[1])
    of_kind = standings.by_kind[kind.name]
    decides = of_kind.scores.decides
    needed = next((check.at_least for check in of_kind[0, 0].results if check.statistic == decides), None)

    def height(place: HeadIndex) -> float:
        number = place[1] if named else of_kind.ranks[place] % standings.table.heads
        within = number / max(standings.table.heads - 1, 1) - 0.5
        return round(TOP + pitch * (place[0] + 0.5 + SPREAD * within), 1)

    return Cloud(
        dots=tuple(_dot(place, one, height(place), named) for place, one in of_kind.items() if place != marked),
        here=_here(marked, of_kind[marked], height(marked)) if marked else None,
        needed="" if needed is None else f"{needed:.2f}",
        needed_at=_percent(needed or 0.0),
        needed_anchor=_anchor(needed or 0.0),
        statistic=statistic(decides),
        layers=tuple((round(TOP + pitch * (layer + 0.5), 1), f"L{layer}") for layer in sorted({0, layers - 1})),
        foot=round(TOP + pitch * layers, 1),
        said=_said(kind, standings, marked, named),
    )


def _dot(place: HeadIndex, one: Standing, y: float, named: bool) -> Dot:
    score = one.measured.score
    state = "borderline" if one.borderline else "over" if one.confirmed else "below"
    return Dot(_percent(score), y, state, f"{head_name(*place)}: {score:.2f}" if named else f"{score:.2f}")


def _here(place: HeadIndex, one: Standing, y: float) -> Here:
    measured = one.measured
    low, high = measured.interval
    return Here(head_name(*place), _percent(measured.score), y, _percent(low), _percent(high), _anchor(measured.score))


def _percent(part: float) -> str:
    return f"{100 * min(max(part, 0.0), 1.0):.1f}%"


def _anchor(part: float) -> str:
    """On which side of a place there is more room for words."""
    return "end" if 100 * part > RIGHT_HALF else "start"


def _said(kind: Kind, standings: Standings, marked: HeadIndex | None, named: bool) -> str:
    of_kind, ranks = standings.by_kind[kind.name], standings.ranks[kind.name]
    best = min(ranks, key=ranks.__getitem__)
    found = [
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
            middle=f"{median(one.measured.score for one in of_kind.values()):.2f}",
        ),
    ]
    if marked:
        score = f"{of_kind[marked].measured.score:.2f}"
        found.insert(
            0, _("{head} scores {score}, rank {rank}.", head=head_name(*marked), score=score, rank=ranks[marked])
        )
    return " ".join(found)
