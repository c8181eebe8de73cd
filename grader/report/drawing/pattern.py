"""A head's attention pattern as shapes with positions, for pages and SVG files.

Two views of the same numbers: the heat map (queries as rows, keys as columns) and the head view (a line from each
query to each key it looks at, as in BertViz). There are no inline styles, because the pages' policy forbids them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from grader.base.language import _
from grader.base.numbers import percent
from grader.base.screen import Clean
from grader.report.templates import environment
from grader.report.text.labels import cells, isolated, token_label, visible
from grader.report.text.words import ordinal
from grader.schema import Picture

PITCH, LETTER, GAP, CAPTION = 20, 7.3, 110, 26
"""The pixels of one token, of one letter, between the columns of the head view, and above the labels."""
SLANT = 0.87
"""The sine of 60 degrees, the angle of the key labels."""
FAINTEST, FAINTEST_LINE = 0.005, 0.04
"""The smallest weights that get a square, and a line."""
MOST_NAMED = 3
"""The most keys that are named for a query."""
SMALL_TOKENS, MEDIUM_TOKENS = 16, 26
"""The most tokens of a picture that may be scaled down to any size, and of one that may be scaled down a little."""


@dataclass(frozen=True)
class Pixel:
    """One square of the heat map."""

    x: float
    y: float
    weight: str
    title: str


@dataclass(frozen=True)
class Line:
    """One line of the head view; it ends at `key`."""

    key: int
    path: str
    weight: str
    thickness: str


@dataclass(frozen=True)
class Query:
    """One token as a query: its row, its lines, and the keys it looks at in words."""

    label: str
    full: str
    y: float
    looks: str
    sentence: str
    """The token and the keys it looks at, as a sentence."""
    cells: tuple[Pixel, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Drawing:
    """Everything about one picture that a template needs."""

    caption: str
    queries: tuple[Query, ...]
    targets: tuple[tuple[float, float], ...]
    left: float
    top: float
    right: float
    side: float

    @property
    def fits(self) -> str:
        """The size class: `small` may be scaled down to any size, `medium` a little, `large` not at all."""
        tokens = len(self.queries)
        return "small" if tokens <= SMALL_TOKENS else "medium" if tokens <= MEDIUM_TOKENS else "large"

    @property
    def width(self) -> int:
        """The width of the heat map."""
        return ceil(self.left + self.side + self.right)

    @property
    def height(self) -> int:
        """The height of both views."""
        return ceil(self.top + self.side + 4)

    @property
    def keys_at(self) -> float:
        """The left end of the key labels in the head view."""
        return self.left + GAP

    @property
    def view_width(self) -> int:
        """The width of the head view."""
        return ceil(self.keys_at + self.left)


def draw(picture: Picture) -> Drawing:
    """Return the positions of everything in one picture."""
    labels = [token_label(token) for token in picture.tokens]
    longest = max(map(cells, labels), default=1) * LETTER
    left, top = longest + 10, longest * SLANT + CAPTION
    keys = [looks(picture, query) for query in range(len(labels))]
    queries = tuple(
        Query(
            label=labels[query],
            full=visible(picture.tokens[query]) or labels[query],
            y=round(top + query * PITCH, 1),
            looks=keys[query],
            sentence=Clean(_("{token} looks at {keys}", token=named(picture.tokens, query), keys=keys[query])),
            cells=tuple(_cells(labels, row, query, (left, top))),
            lines=tuple(_lines(row, query, (left, top))),
        )
        for query, row in enumerate(picture.pattern)
    )
    return Drawing(
        caption=visible(picture.caption),
        queries=queries,
        targets=tuple((round(left + key * PITCH, 1), round(top + query * PITCH, 1)) for query, key in picture.targets),
        left=round(left, 1),
        top=round(top, 1),
        right=round(longest / 2, 1),
        side=len(labels) * PITCH,
    )


def _cells(labels: Sequence[str], row: Sequence[float], query: int, corner: tuple[float, float]) -> list[Pixel]:
    left, top = corner
    return [
        Pixel(
            x=round(left + key * PITCH, 1),
            y=round(top + query * PITCH, 1),
            weight=f"{min(weight, 1.0):.2f}",
            title=f"{labels[query]} \N{RIGHTWARDS ARROW} {labels[key]}: {weight:.2f}",
        )
        for key, weight in enumerate(row)
        if weight >= FAINTEST
    ]


def _lines(row: Sequence[float], query: int, corner: tuple[float, float]) -> list[Line]:
    start, end = corner[0], corner[0] + GAP - 6
    lines = []
    for key, weight in enumerate(row):
        if weight < FAINTEST_LINE:
            continue
        y1, y2 = (corner[1] + (place + 0.5) * PITCH for place in (query, key))
        bend = GAP / 2
        path = f"M{start:.1f} {y1:.1f}C{start + bend:.1f} {y1:.1f} {end - bend:.1f} {y2:.1f} {end:.1f} {y2:.1f}"
        lines.append(Line(key=key, path=path, weight=f"{min(weight, 1.0):.2f}", thickness=f"{1 + 3 * weight:.1f}"))
    return lines


def looks(picture: Picture, query: int) -> str:
    """Return the keys that a query looks at most, in words, each with its part of the attention."""
    row = picture.pattern[query]
    order = sorted((key for key, weight in enumerate(row) if weight >= FAINTEST), key=lambda key: (-row[key], key))
    strongest = [f"{named(picture.tokens, key)} {percent(row[key])}" for key in order[:MOST_NAMED]]
    return Clean(", ".join(strongest) or _("nowhere"))


def named(tokens: Sequence[str], key: int) -> str:
    """Return a token's label, with its number if several tokens have the same label."""
    label = token_label(tokens[key])
    same = [index for index, token in enumerate(tokens) if token_label(token) == label]
    name = isolated(label)
    return name if len(same) == 1 else f"{ordinal(same.index(key) + 1)} {name}"


def svg(picture: Picture) -> str:
    """Return the heat map as an SVG document, as the same bytes on every machine."""
    return Clean(environment().get_template("pictures/picture.svg.jinja").render(drawing=draw(picture)))
