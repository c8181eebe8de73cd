"""All heads of a transformer on one page: the map, the best heads of each kind, and each head under every kind.

The page shows all answers of an exercise. It is for instructors, and for exploring a transformer without an exercise.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from grader.base.numbers import percent
from grader.grading.standings import Standing, Standings
from grader.report.drawing import headmap
from grader.report.drawing.cloud import Cloud, cloud
from grader.report.drawing.headmap import Cell
from grader.report.drawing.pattern import Drawing, draw
from grader.report.needs import NO_NEEDS, Needs, by_head
from grader.report.pages.page import STYLES, page
from grader.report.text import words
from grader.schema import Exercise, HeadIndex, Kind, Picture, head_name, title

MOST_DRAWN = 24
"""The most heads with a picture: a picture takes 20 to 70 kB, and the page should stay below 3 MB."""
IN_SIGHT = 10
"""The number of heads of a kind that are listed without unfolding, if not more are confirmed."""


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
    """The part of the threshold that the head reaches, in per cent."""
    symbol: str
    word: str
    confirmed: bool


@dataclass(frozen=True)
class ScanKind:
    """One kind with its heads, best first."""

    kind: Kind
    code: str
    name: str
    passing: int
    cloud: Cloud
    near: tuple[Row, ...]
    far: tuple[Row, ...]


@dataclass(frozen=True)
class ScanHead:
    """One head under every kind, the most likely kind first."""

    cell: Cell
    rows: tuple[Row, ...]
    drawing: Drawing | None


def render(
    exercise: Exercise,
    standings: Standings,
    pictures: Mapping[HeadIndex, Picture | None],
    needs: Needs = NO_NEEDS,
) -> str:
    """Return the page; `pictures` holds those of the heads that `worth_drawing` returns, None if there is none.

    The map marks the heads that were seen to matter, by their `needs`.
    """
    return page("scan.html.jinja", (*STYLES, "scan.css"), exercise=exercise, **content(standings, pictures, needs))


def content(
    standings: Standings, pictures: Mapping[HeadIndex, Picture | None], needs: Needs = NO_NEEDS
) -> dict[str, object]:
    """Return the page's values that do not depend on where its kinds come from: map, kinds and heads."""
    whole = headmap.head_map(standings.exercise, standings, lambda place: f"#{anchor(place)}")
    whole = headmap.with_needs(whole, by_head(needs))
    kinds = [entry.kind for entry in whole.legend]
    return {
        "table": standings.table,
        "map": whole,
        "kinds": [scan_kind(kind, standings) for kind in kinds],
        "layers": [[_scan_head(cell, kinds, standings, pictures) for cell in row] for row in whole.rows],
        "anchor": anchor,
        "words": words,
        "title": title,
    }


def anchor(place: HeadIndex) -> str:
    """Return the id of a head's place in the page."""
    return f"head-{place[0]}-{place[1]}"


def worth_drawing(standings: Standings) -> dict[HeadIndex, Kind]:
    """Return the heads to draw, each with the kind of its probe: confirmed heads first, then by rank."""
    if not standings.by_kind:
        return {}
    places = list(next(iter(standings.by_kind.values())))
    best_kinds = {place: standings.most_like(place).asked.kind for place in places}

    def order(place: HeadIndex) -> tuple[bool, int]:
        name = best_kinds[place].name
        return not standings.by_kind[name][place].confirmed, standings.ranks[name][place]

    return {place: best_kinds[place] for place in sorted(places, key=order)[:MOST_DRAWN]}


def scan_kind(kind: Kind, standings: Standings) -> ScanKind:
    """Return a kind with all heads, of which the confirmed ones, and the ten best, are in sight."""
    ranks = standings.ranks[kind.name]
    rows = [_row(place, kind, standings) for place in sorted(ranks, key=ranks.__getitem__)]
    passing = standings.passing(kind.name)
    shown = max(passing, IN_SIGHT)
    return ScanKind(
        kind,
        kind.letters,
        title(kind),
        passing,
        cloud(kind, standings),
        tuple(rows[:shown]),
        tuple(rows[shown:]),
    )


def _scan_head(
    cell: Cell, kinds: list[Kind], standings: Standings, pictures: Mapping[HeadIndex, Picture | None]
) -> ScanHead:
    place = (cell.layer, cell.head)
    rows = [_row(place, kind, standings) for kind in kinds]
    rows.sort(key=lambda row: (row.confirmed, row.standing.factor), reverse=True)
    picture = pictures.get(place)
    return ScanHead(cell, tuple(rows), draw(picture) if picture else None)


def _row(place: HeadIndex, kind: Kind, standings: Standings) -> Row:
    standing = standings.by_kind[kind.name][place]
    sign = words.STANDINGS[standing.outcome]
    return Row(
        place,
        head_name(*place),
        kind,
        kind.letters,
        standing,
        standings.ranks[kind.name][place],
        percent(max(standing.factor, 0.0)),
        words.TOO_CLOSE.symbol if standing.borderline else sign.symbol,
        sign.word,
        standing.confirmed,
    )
