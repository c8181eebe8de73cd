"""Every head of a transformer as one page: the map, each kind with its best heads, and each head under every kind.

The page tells all answers: it is for instructors, and for whoever explores a transformer without an exercise to pass.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from grader.grading.standings import Standing, Standings
from grader.report.drawing import headmap
from grader.report.drawing.cloud import Cloud, cloud
from grader.report.drawing.headmap import Cell
from grader.report.drawing.pattern import Drawing, draw
from grader.report.pages.page import STYLES, page
from grader.report.text import words
from grader.schema import Exercise, HeadIndex, Kind, Picture, head_name, title

MOST_DRAWN = 24
"""How many heads are drawn: a picture takes 20 to 70 kB, and the page is to stay below 3 MB."""
IN_SIGHT = 10
"""How many heads of a kind are listed before one unfolds the rest, if not more are confirmed."""
SYMBOLS = {"over": "\N{CHECK MARK}", "borderline": "\N{ALMOST EQUAL TO}", "below": "\N{MIDDLE DOT}"}


@dataclass(frozen=True)
class Row:
    """One head under one kind."""

    place: HeadIndex
    name: str
    kind: Kind
    code: str
    standing: Standing
    rank: int
    reached: str
    """Which part of what is needed it has."""
    symbol: str
    confirmed: bool


@dataclass(frozen=True)
class OfKind:
    """One kind with its heads, best first."""

    kind: Kind
    code: str
    name: str
    passing: int
    cloud: Cloud
    near: tuple[Row, ...]
    far: tuple[Row, ...]


@dataclass(frozen=True)
class OfHead:
    """One head with every kind, likeliest first."""

    cell: Cell
    rows: tuple[Row, ...]
    drawing: Drawing | None


def render(exercise: Exercise, standings: Standings, pictures: Mapping[HeadIndex, Picture | None]) -> str:
    """The page; `pictures` are those of the heads that `worth_drawing` names, as far as they are kept."""
    whole = headmap.head_map(exercise, standings, lambda place: f"#{anchor(place)}")
    kinds = [entry.kind for entry in whole.legend]
    return page(
        "scan.html.jinja",
        (*STYLES, "scan.css"),
        exercise=exercise,
        table=standings.table,
        map=whole,
        kinds=[_of_kind(kind, standings) for kind in kinds],
        layers=[[_of_head(cell, kinds, standings, pictures) for cell in row] for row in whole.rows],
        anchor=anchor,
        words=words,
        title=title,
    )


def anchor(place: HeadIndex) -> str:
    """Where in the page a head is."""
    return f"head-{place[0]}-{place[1]}"


def worth_drawing(standings: Standings) -> dict[HeadIndex, Kind]:
    """The heads to draw, each with the kind on whose probe: the best of each kind in turn, the confirmed ones first."""
    if not standings.by_kind:
        return {}
    places = list(next(iter(standings.by_kind.values())))
    likest = {place: standings.most_like(place).asked.kind for place in places}

    def order(place: HeadIndex) -> tuple[bool, int]:
        name = likest[place].name
        return not standings.by_kind[name][place].confirmed, standings.ranks[name][place]

    return {place: likest[place] for place in sorted(places, key=order)[:MOST_DRAWN]}


def _of_kind(kind: Kind, standings: Standings) -> OfKind:
    ranks = standings.ranks[kind.name]
    rows = [_row(place, kind, standings) for place in sorted(ranks, key=ranks.__getitem__)]
    passing = standings.passing(kind.name)
    shown = max(passing, IN_SIGHT)
    return OfKind(
        kind,
        kind.letters,
        title(kind),
        passing,
        cloud(kind, standings),
        tuple(rows[:shown]),
        tuple(rows[shown:]),
    )


def _of_head(
    cell: Cell, kinds: list[Kind], standings: Standings, pictures: Mapping[HeadIndex, Picture | None]
) -> OfHead:
    place = (cell.layer, cell.head)
    rows = [_row(place, kind, standings) for kind in kinds]
    rows.sort(key=lambda row: (row.confirmed, row.standing.factor), reverse=True)
    picture = pictures.get(place)
    return OfHead(cell, tuple(rows), draw(picture) if picture else None)


def _row(place: HeadIndex, kind: Kind, standings: Standings) -> Row:
    standing = standings.by_kind[kind.name][place]
    state = "borderline" if standing.borderline else "over" if standing.confirmed else "below"
    return Row(
        place,
        head_name(*place),
        kind,
        kind.letters,
        standing,
        standings.ranks[kind.name][place],
        f"{100 * max(standing.factor, 0.0):.0f} %",
        SYMBOLS[state],
        standing.confirmed,
    )
