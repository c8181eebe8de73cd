"""Many heads in text: a small picture of each, side by side, in the width of a terminal.

A sign of Braille has two columns and four rows of dots, so that a head of eighteen tokens fits into nine columns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil

from grader.base.language import _, ngettext
from grader.base.screen import Clean
from grader.report.drawing.terminal_picture import FEW, NONE, ColourCount, Pen
from grader.report.text.labels import visible
from grader.schema import HeadIndex, Picture, head_name

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of each dot in a sign of Braille, by its row and column."""
BLANK = ord("\N{BRAILLE PATTERN BLANK}")
FAINTEST = 0.1
"""The least attention that gets a dot."""
GAP = 1
"""The columns between two pictures."""
Pattern = Sequence[Sequence[float]]


@dataclass(frozen=True)
class _Grid:
    """The way to draw small pictures: signs that hold two by four weights, or one."""

    pen: Pen
    room: int
    """The most columns of a picture."""

    @property
    def across(self) -> int:
        """The weights side by side in one sign."""
        return 2 if self.pen.unicode else 1

    def rows(self, pattern: Pattern) -> list[str]:
        """Return the lines of one head's picture; keys that do not fit are left out."""
        down = 4 if self.pen.unicode else 1
        lines = range(0, len(pattern), down)
        return ["".join(self._signs(pattern[line : line + down])) for line in lines]

    def _signs(self, rows: Pattern) -> list[str]:
        columns = range(0, min(len(rows[0]), self.room * self.across), self.across)
        return [self._sign([row[column : column + self.across] for row in rows]) for column in columns]

    def _sign(self, weights: Pattern) -> str:
        strongest = max(map(max, weights))
        if not self.pen.unicode:
            return self.pen.square(strongest, False)
        dots = sum(
            DOTS[row][column]
            for row, line in enumerate(weights)
            for column, weight in enumerate(line)
            if weight >= FAINTEST
        )
        return self.pen.ink(chr(BLANK + dots), strongest)


def terminal(
    caption: str,
    pictures: Mapping[HeadIndex, Picture],
    *,
    width: int = 80,
    colours: ColourCount = NONE,
    unicode: bool = True,
) -> str:
    """Return a small picture of each head as text, at most `width` columns wide; each layer begins a new line."""
    grid = _Grid(Pen(1, colours, unicode), width)
    tokens = max(len(picture.tokens) for picture in pictures.values())
    columns = min(ceil(tokens / grid.across), width)
    lines = [grid.pen.text(visible(caption)), ""]
    for _layer, of_layer in groupby(sorted(pictures), key=lambda place: place[0]):
        heads = list(of_layer)
        cell = max(columns, max(len(head_name(*place)) for place in heads))
        for strip in _strips(heads, max(1, (width + GAP) // (cell + GAP))):
            lines += _strip(grid, {place: pictures[place].pattern for place in strip}, (cell, columns))
    return Clean("\n".join(line.rstrip() for line in [*lines, *_legend(grid, tokens, columns)]) + "\n")


def _strips(heads: Sequence[HeadIndex], most: int) -> list[Sequence[HeadIndex]]:
    """Return the heads in lines of at most this many, as equal as can be."""
    size = ceil(len(heads) / ceil(len(heads) / most))
    return [heads[start : start + size] for start in range(0, len(heads), size)]


def _strip(grid: _Grid, patterns: Mapping[HeadIndex, Pattern], size: tuple[int, int]) -> list[str]:
    """Return heads side by side, each with its name above it."""
    cell, columns = size
    between = " " * GAP
    names = between.join(head_name(*place).ljust(cell) for place in patterns)
    drawn = zip(*(grid.rows(pattern) for pattern in patterns.values()), strict=True)
    return [names, *(between.join(row + " " * (cell - columns) for row in rows) for rows in drawn), ""]


def _legend(grid: _Grid, tokens: int, columns: int) -> list[str]:
    lines = [_("each row is a query, each column a key")]
    if grid.pen.unicode:
        lines.append(_("a dot is an attention of {least} or more", least=f"{FAINTEST:.2f}"))
    if grid.pen.colours > FEW or not grid.pen.unicode:
        lines.append(grid.pen.shades())
    if missing := tokens - columns * grid.across:
        message = ngettext(
            "{number} more key does not fit: make the window wider, or save the picture with --out.",
            "{number} more keys do not fit: make the window wider, or save the picture with --out.",
            missing,
        )
        lines.append(message)
    return [grid.pen.text(line) for line in lines]
