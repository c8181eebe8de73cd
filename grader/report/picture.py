"""A head's picture, as in the lesson: a heat map with tokens on both axes, as a file or on a terminal."""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.errors import InvalidInput, Problem
from grader.report import drawing
from grader.report.labels import ELLIPSIS, UNSEEN, cells, shorten, token_label, visible
from grader.schema import Picture

SHADES = (" ", "\N{LIGHT SHADE}", "\N{MEDIUM SHADE}", "\N{DARK SHADE}", "\N{FULL BLOCK}")
PLAIN_SHADES = (" ", ".", "+", "%", "#")
STEPS = (0.05, 0.2, 0.4, 0.7)
"""The weights from which each next shade is used."""
PLAIN = str.maketrans({ELLIPSIS: "~", UNSEEN[" "]: "_", UNSEEN["\n"]: "/", UNSEEN["\t"]: ">"})
LABEL_CELLS, KEY_CELLS, NARROWEST = 14, 10, 24
CELL_INCHES, LABEL_INCHES, DPI = 0.26, 1.5, 150
HEAT, MARK, RESET = "\x1b[36m", "\x1b[1;33m", "\x1b[0m"
REPLACEMENT = "\N{WHITE SQUARE}"
"""For a character that the bundled font has no glyph for."""


def save(picture: Picture, path: Path) -> None:
    """Draw into a file; its suffix says how: `.png` or `.svg`.

    Raises:
        InvalidInput: the suffix is another one.
    """
    if path.suffix.lower() == ".svg":
        path.write_text(drawing.svg(picture), encoding="utf-8", newline="\n")
    elif path.suffix.lower() == ".png":
        png(picture, path)
    else:
        problem = Problem("unknown-picture-format", f"a picture ends in .png or .svg, not in {path.suffix!r}")
        raise InvalidInput(str(path), [problem])


def png(picture: Picture, path: Path) -> None:
    """Draw with matplotlib; the same bytes wherever the same version of it is installed."""
    import matplotlib.style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    side = max(len(picture.tokens), 8) * CELL_INCHES
    labels = [_drawable(token_label(token)) for token in picture.tokens]
    with matplotlib.style.context("default"):
        figure = Figure(figsize=(side + LABEL_INCHES + 1, side + LABEL_INCHES + 0.5), dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        image = axes.imshow(picture.pattern, cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
        for query, key in picture.targets:
            axes.add_patch(Rectangle((key - 0.44, query - 0.44), 0.88, 0.88, fill=False, edgecolor="#f76707", lw=1.6))
        axes.set_xticks(range(len(labels)), labels, rotation=60, ha="left", rotation_mode="anchor", parse_math=False)
        axes.set_yticks(range(len(labels)), labels, parse_math=False)
        axes.tick_params(labelsize=8, top=True, labeltop=True, bottom=False, labelbottom=False)
        axes.set_xlabel("key", fontsize=8)
        axes.set_ylabel("query", fontsize=8)
        axes.set_title(_drawable(visible(picture.caption)), fontsize=10, parse_math=False, wrap=True)
        figure.colorbar(image, ax=axes, shrink=0.6, label="attention").ax.tick_params(labelsize=7)
        figure.savefig(path, format="png", metadata={"Software": None}, bbox_inches="tight")


def _drawable(text: str) -> str:
    """`text` with a square in place of what the font that comes with matplotlib cannot draw."""
    from matplotlib import font_manager

    font = font_manager.get_font(font_manager.findfont("DejaVu Sans"))
    known = font.get_charmap()
    return "".join(character if ord(character) in known else REPLACEMENT for character in text)


@dataclass(frozen=True)
class Pen:
    """How one square is written in text: three columns wide with brackets around a target, or one without."""

    across: int
    colour: bool
    unicode: bool

    def square(self, weight: float, target: bool) -> str:
        """One weight, as a shade."""
        shade = (SHADES if self.unicode else PLAIN_SHADES)[bisect(STEPS, weight)]
        block = f"{HEAT}{shade}{RESET}" if self.colour and shade.strip() else shade
        if self.across == 1:
            return block
        if not target:
            return f" {block} "
        return f"{MARK}[{RESET}{block}{MARK}]{RESET}" if self.colour else f"[{block}]"

    def text(self, text: str) -> str:
        """`text`, in ASCII where need be."""
        if self.unicode:
            return text
        return text.translate(PLAIN).encode("ascii", "replace").decode("ascii")

    def key_labels(self, labels: Sequence[str]) -> list[str]:
        """The labels of the columns, each from top to bottom."""
        stacks = [list(self.text(shorten(label, KEY_CELLS))) for label in labels]
        tallest = max(map(len, stacks), default=0)
        rows = zip(*([" "] * (tallest - len(stack)) + stack for stack in stacks), strict=True)
        return ["".join(self._in_column(character) for character in row) for row in rows]

    def _in_column(self, character: str) -> str:
        taken = cells(character)
        if taken == 0 or taken >= self.across + (self.across == 1):
            return REPLACEMENT if self.unicode else "?"
        return f" {character}{' ' * (self.across - 1 - taken)}" if self.across > 1 else character

    def legend(self, picture: Picture) -> str:
        """What the shades mean, and the brackets."""
        shades = (SHADES if self.unicode else PLAIN_SHADES)[1:]
        steps = "  ".join(f"{shade} from {step:.2f}" for shade, step in zip(shades, STEPS, strict=True))
        return f"attention: {steps}" + ("  [ ] target" if picture.targets and self.across > 1 else "")


def terminal(picture: Picture, *, width: int = 80, colour: bool = False, unicode: bool = True) -> str:
    """The heat map in text: a row for each query, a column for each key."""
    plain = Pen(1, colour, unicode)
    labels = [plain.text(token_label(token, LABEL_CELLS)) for token in picture.tokens]
    margin = max(map(cells, labels), default=0) + 1
    room = max(width, NARROWEST) - margin
    pen = Pen(3 if 3 * len(labels) <= room else 1, colour, unicode)
    shown = min(len(labels), room // pen.across)
    targets = set(picture.targets)
    lines = [plain.text(visible(picture.caption)), *(" " * margin + row for row in pen.key_labels(labels[:shown]))]
    for query, row in enumerate(picture.pattern):
        squares = (pen.square(weight, (query, key) in targets) for key, weight in enumerate(row[:shown]))
        lines.append(" " * (margin - 1 - cells(labels[query])) + f"{labels[query]} " + "".join(squares))
    lines += ["query down, key across", pen.legend(picture)]
    if shown < len(labels):
        lines.append(f"{len(labels) - shown} more keys do not fit: widen the window, or draw into a file.")
    return "\n".join(line.rstrip() for line in lines) + "\n"
