"""Many heads as shapes with positions, for pages and SVG files: a small picture of each, layer by layer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil

from grader.base.language import _
from grader.base.numbers import percent
from grader.base.screen import Clean
from grader.report.drawing.pattern import named
from grader.report.templates import environment
from grader.report.text.labels import visible
from grader.schema import HeadIndex, Picture, head_name

SIDE, GAP, NAME, TOP, EDGE = 112, 12, 18, 64, 14
"""The pixels of one small picture, between two, of its name, above all, and around all."""
MOST_ACROSS = 12
FAINTEST = 0.03
"""The least attention that gets a square."""
MOST_NAMED = 3
"""The most looks that are named for a head."""


@dataclass(frozen=True)
class Square:
    """One look, strong enough to be drawn."""

    key: int
    query: int
    weight: str
    says: str


@dataclass(frozen=True)
class Small:
    """One head, and where it stands in an SVG file."""

    place: HeadIndex
    squares: tuple[Square, ...]
    targets: tuple[tuple[int, int], ...]
    says: str
    """Its strongest looks in words."""
    x: int
    y: int

    @property
    def name(self) -> str:
        """The head's name."""
        return head_name(*self.place)


@dataclass(frozen=True)
class Grid:
    """Everything about the pictures that a template needs."""

    caption: str
    tokens: int
    layers: tuple[tuple[Small, ...], ...]
    width: int
    height: int
    side: int = SIDE

    @property
    def outlined(self) -> bool:
        """True if keys are outlined."""
        return any(small.targets for layer in self.layers for small in layer)


def draw(caption: str, pictures: Mapping[HeadIndex, Picture]) -> Grid:
    """Return the positions of everything."""
    layers, line, across = [], 0, 0
    for _layer, of_layer in groupby(sorted(pictures), key=lambda place: place[0]):
        heads = list(of_layer)
        places = [(number % MOST_ACROSS, line + number // MOST_ACROSS) for number in range(len(heads))]
        layers.append(tuple(_small(head, pictures[head], at) for head, at in zip(heads, places, strict=True)))
        line, across = line + ceil(len(heads) / MOST_ACROSS), max(across, min(len(heads), MOST_ACROSS))
    return Grid(
        caption=visible(caption),
        tokens=max(len(picture.tokens) for picture in pictures.values()),
        layers=tuple(layers),
        width=max(2 * EDGE + across * (SIDE + GAP) - GAP, 480),
        height=TOP + line * (SIDE + GAP + NAME) + EDGE,
    )


def _small(place: HeadIndex, picture: Picture, at: tuple[int, int]) -> Small:
    (column, line), names = at, [named(picture.tokens, number) for number in range(len(picture.tokens))]
    return Small(
        place=place,
        squares=tuple(
            Square(key, query, f"{min(weight, 1.0):.2f}", _look(names, query, key, weight))
            for query, row in enumerate(picture.pattern)
            for key, weight in enumerate(row)
            if weight >= FAINTEST
        ),
        targets=tuple((key, query) for query, key in picture.targets),
        says=_says(place, picture, names),
        x=EDGE + column * (SIDE + GAP),
        y=TOP + line * (SIDE + GAP + NAME),
    )


def _look(names: Sequence[str], query: int, key: int, weight: float) -> str:
    return f"{names[query]} \N{RIGHTWARDS ARROW} {names[key]} {percent(weight)}"


def _says(place: HeadIndex, picture: Picture, names: Sequence[str]) -> str:
    """Return the head's strongest looks, other than those at the first token, in words."""
    weights = [(weight, query, key) for query, row in enumerate(picture.pattern) for key, weight in enumerate(row)]
    strongest = sorted((each for each in weights if each[2] and each[0] >= FAINTEST), key=lambda each: -each[0])
    looks = "; ".join(_look(names, query, key, weight) for weight, query, key in strongest[:MOST_NAMED])
    return Clean(_("{head}; strongest looks: {looks}", head=head_name(*place), looks=looks or _("nowhere")))


def svg(caption: str, pictures: Mapping[HeadIndex, Picture]) -> str:
    """Return the small pictures as an SVG document, as the same bytes on every machine."""
    return Clean(environment().get_template("pictures/grid.svg.jinja").render(grid=draw(caption, pictures)))
