"""A head's picture in a file: a heat map with tokens on both axes."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from grader.base.errors import InvalidInput, Problem
from grader.base.language import _
from grader.report.drawing import pattern
from grader.report.pages.page import page as whole_page
from grader.report.text.labels import token_label, visible
from grader.schema import Picture

CELL_INCHES, LABEL_INCHES, DPI = 0.26, 1.5, 150
BACKEND = "MPLBACKEND"
REPLACEMENT = "\N{WHITE SQUARE}"
"""The sign for a character that the font does not have."""


def format_of(path: Path) -> str:
    """Return the format by a file's suffix: `png`, `svg`, or `html` for an interactive page.

    Raises:
        InvalidInput: The suffix is another one.
    """
    name = path.suffix.lower().removeprefix(".")
    if name not in FORMATS:
        message = _("the file name must end in .png, .svg or .html, not in {suffix}", suffix=repr(path.suffix))
        raise InvalidInput(str(path), [Problem("unknown-picture-format", message)])
    return name


def page(picture: Picture) -> str:
    """Return a page with heat map and head view that needs no network."""
    return whole_page("pictures/picture.html.jinja", ("page.css",), drawing=pattern.draw(picture))


def png(picture: Picture) -> bytes:
    """Return the picture, drawn with matplotlib; the same version of it always writes the same bytes.

    The labels of the axes are always English, because matplotlib's own font has only Latin letters.
    """
    with no_backend():
        import matplotlib.style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    side = max(len(picture.tokens), 8) * CELL_INCHES
    labels = [drawable(token_label(token)) for token in picture.tokens]
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
        axes.set_title(drawable(visible(picture.caption)), fontsize=10, parse_math=False, wrap=True)
        figure.colorbar(image, ax=axes, shrink=0.6, label="attention").ax.tick_params(labelsize=7)
        drawn = BytesIO()
        figure.savefig(drawn, format="png", metadata={"Software": None}, bbox_inches="tight")
    return drawn.getvalue()


@contextmanager
def no_backend() -> Iterator[None]:
    """Hide the backend that the environment names, as a notebook's does: a picture for a file needs none of them."""
    named = os.environ.pop(BACKEND, None)
    try:
        yield
    finally:
        if named is not None:
            os.environ[BACKEND] = named


def drawable(text: str) -> str:
    """Return `text` with a square for each character that matplotlib's own font does not have."""
    from matplotlib import font_manager

    font = font_manager.get_font(font_manager.findfont("DejaVu Sans"))
    known = font.get_charmap()
    return "".join(character if ord(character) in known else REPLACEMENT for character in text)


def _encoded(write: Callable[[Picture], str]) -> Callable[[Picture], bytes]:
    return lambda picture: write(picture).encode()


FORMATS: dict[str, Callable[[Picture], bytes]] = {"png": png, "svg": _encoded(pattern.svg), "html": _encoded(page)}
"""The function that draws a picture, by the name of the format."""
