"""A head's picture in text: a row for each query, a column for each key, in as many shades as the terminal has.

With many colours, a square is a coloured background; with few or none, it is a block or a sign that needs no colour.
"""

import os
from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from grader.base.language import _, ngettext
from grader.base.screen import Clean
from grader.report.text.labels import ELLIPSIS, UNSEEN, cells, shorten, token_label, visible
from grader.schema import Picture

ColourCount = Literal[0, 16, 256, 16_777_216]
"""The number of colours of a terminal."""
NONE: Final = 0
FEW: Final = 16
MANY: Final = 256
ALL: Final = 16_777_216

SHADES = (" ", "\N{LIGHT SHADE}", "\N{MEDIUM SHADE}", "\N{DARK SHADE}", "\N{FULL BLOCK}")
PLAIN_SHADES = (" ", ".", "+", "%", "#")
STEPS = (0.05, 0.2, 0.4, 0.7)
"""The weights at which each next shade begins."""
RAMP = (234, 17, 18, 24, 25, 31, 32, 38, 39, 45, 51)
"""The shades from no attention to all of it in the palette of 256 colours: black, blue, cyan."""
DARKEST, LIGHTEST = (22, 26, 38), (132, 190, 255)
"""The colours of no attention and of all attention for a terminal with all colours: red, green, blue."""
HALF = 0.5
SWATCHES = (0.0, 0.25, 0.5, 0.75, 1.0)
PLAIN = str.maketrans(
    {ELLIPSIS: "~", UNSEEN[" "]: "_", UNSEEN["\n"]: "/", UNSEEN["\t"]: ">"}
    | dict.fromkeys("\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}", '"')
)
LABEL_CELLS, KEY_CELLS, NARROWEST = 14, 10, 24
HEAT, MARK, RESET = "\x1b[36m", "\x1b[1;33m", "\x1b[0m"
MARK_ON_DARK, MARK_ON_LIGHT = "\x1b[1;38;5;215m", "\x1b[1;38;5;16m"
REPLACEMENT = "\N{WHITE SQUARE}"
"""The sign for a character that does not fit into a column."""


def colours_of(environment: Mapping[str, str] = os.environ) -> ColourCount:
    """Return the number of colours of the terminal; 0 if NO_COLOR is set or the terminal is "dumb"."""
    term = environment.get("TERM", "")
    if environment.get("NO_COLOR") or term == "dumb":
        return NONE
    if environment.get("COLORTERM", "").lower() in {"truecolor", "24bit"}:
        return ALL
    return MANY if "256color" in term else FEW


@dataclass(frozen=True)
class Pen:
    """The way to write squares as text: three columns wide with brackets around targets, or one column wide."""

    across: int
    colours: ColourCount
    unicode: bool

    def square(self, weight: float, target: bool) -> str:
        """Return one weight as a coloured background or as a shade."""
        return self._ground(weight, target) if self.colours > FEW else self._shade(weight, target)

    def ink(self, sign: str, weight: float) -> str:
        """Return a sign in the colour of a weight, on the ground of no attention."""
        if self.colours > FEW:
            return f"\x1b[48;{self._colour(0)};38;{self._colour(weight)}m{sign}{RESET}"
        return f"{HEAT}{sign}{RESET}" if self.colours else sign

    def _ground(self, weight: float, target: bool) -> str:
        mark = MARK_ON_LIGHT if weight > HALF else MARK_ON_DARK
        inside = f"{mark}[ ]" if target and self.across > 1 else " " * self.across
        return f"\x1b[48;{self._colour(weight)}m{inside}{RESET}"

    def _colour(self, weight: float) -> str:
        part = min(max(weight, 0.0), 1.0)
        if self.colours == MANY:
            return f"5;{RAMP[round(part * (len(RAMP) - 1))]}"
        ends = zip(DARKEST, LIGHTEST, strict=True)
        return "2;" + ";".join(str(round(dark + part * (light - dark))) for dark, light in ends)

    def _shade(self, weight: float, target: bool) -> str:
        shade = (SHADES if self.unicode else PLAIN_SHADES)[bisect(STEPS, weight)]
        block = f"{HEAT}{shade}{RESET}" if self.colours and shade.strip() else shade
        if self.across == 1:
            return block
        if not target:
            return f" {block} "
        return f"{MARK}[{RESET}{block}{MARK}]{RESET}" if self.colours else f"[{block}]"

    def text(self, text: str) -> str:
        """Return `text`, in ASCII if the terminal has no Unicode."""
        if self.unicode:
            return text
        return text.translate(PLAIN).encode("ascii", "replace").decode("ascii")

    def key_labels(self, labels: Sequence[str]) -> list[str]:
        """Return the lines above the columns, with the keys' labels from top to bottom."""
        stacks = [list(self.text(shorten(label, KEY_CELLS))) for label in labels]
        tallest = max(map(len, stacks), default=0)
        rows = zip(*([" "] * (tallest - len(stack)) + stack for stack in stacks), strict=True)
        return ["".join(self._in_column(character) for character in row) for row in rows]

    def _in_column(self, character: str) -> str:
        width = cells(character)
        if width == 0 or width >= self.across + (self.across == 1):
            return REPLACEMENT if self.unicode else "?"
        return f" {character}{' ' * (self.across - 1 - width)}" if self.across > 1 else character

    def legend(self, picture: Picture) -> str:
        """Return the legend of the shades and the brackets."""
        return self.shades() + self.text("  [ ] " + _("target") if picture.targets and self.across > 1 else "")

    def shades(self) -> str:
        """Return the legend of the shades."""
        if self.colours > FEW:
            swatches = "  ".join(f"{self._ground(weight, False)} {weight:.2f}" for weight in SWATCHES)
            return self.text(_("attention: {steps}", steps=swatches))
        shades = (SHADES if self.unicode else PLAIN_SHADES)[1:]
        steps = (_("{shade} from {weight}", shade=s, weight=f"{w:.2f}") for s, w in zip(shades, STEPS, strict=True))
        return self.text(_("attention: {steps}", steps="  ".join(steps)))


def terminal(picture: Picture, *, width: int = 80, colours: ColourCount = NONE, unicode: bool = True) -> str:
    """Return the heat map as text, at most `width` columns wide; a last line counts the keys that do not fit."""
    plain = Pen(1, colours, unicode)
    labels = [plain.text(token_label(token, LABEL_CELLS)) for token in picture.tokens]
    margin = max(map(cells, labels), default=0) + 1
    room = max(width, NARROWEST) - margin
    pen = Pen(3 if 3 * len(labels) <= room else 1, colours, unicode)
    shown = min(len(labels), room // pen.across)
    targets = set(picture.targets)
    lines = [plain.text(visible(picture.caption)), *(" " * margin + row for row in pen.key_labels(labels[:shown]))]
    for query, row in enumerate(picture.pattern):
        squares = (pen.square(weight, (query, key) in targets) for key, weight in enumerate(row[:shown]))
        lines.append(" " * (margin - 1 - cells(labels[query])) + f"{labels[query]} " + "".join(squares))
    lines += [plain.text(_("each row is a query, each column a key")), pen.legend(picture)]
    if missing := len(labels) - shown:
        message = ngettext(
            "{number} more key does not fit: make the window wider, or save the picture with --out.",
            "{number} more keys do not fit: make the window wider, or save the picture with --out.",
            missing,
        )
        lines.append(plain.text(message))
    return Clean("\n".join(line.rstrip() for line in lines) + "\n")
