"""Many heads in a file: a small picture of each."""

from collections.abc import Callable, Mapping
from io import BytesIO
from itertools import chain

from grader.report.drawing import grid
from grader.report.pages.page import page as whole_page
from grader.report.pages.picture import DPI, drawable, no_backend
from grader.report.text.labels import visible
from grader.schema import HeadIndex, Picture

Pictures = Mapping[HeadIndex, Picture]
PER_INCH = 96
"""The grid's pixels in an inch of a PNG."""


def page(caption: str, pictures: Pictures) -> str:
    """Return a page with all small pictures that needs no network."""
    return whole_page("pictures/grid.html.jinja", ("page.css", "pictures/grid.css"), grid=grid.draw(caption, pictures))


def png(caption: str, pictures: Pictures) -> bytes:
    """Return the small pictures, drawn with matplotlib; the same version of it always writes the same bytes."""
    with no_backend():
        import matplotlib.style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawn = grid.draw(caption, pictures)
    width, height = drawn.width, drawn.height
    with matplotlib.style.context("default"):
        figure = Figure(figsize=(width / PER_INCH, height / PER_INCH), dpi=DPI)
        FigureCanvasAgg(figure)
        title = drawable(visible(caption))
        figure.text(grid.EDGE / width, 1 - grid.EDGE / height, title, fontsize=9, va="top", parse_math=False)
        for small in chain.from_iterable(drawn.layers):
            corner = small.x / width, 1 - (small.y + grid.SIDE) / height
            axes = figure.add_axes((*corner, grid.SIDE / width, grid.SIDE / height), xticks=[], yticks=[])
            pattern = pictures[small.place].pattern
            axes.imshow(pattern, cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
            axes.plot(
                *zip(*small.targets, strict=True), "s", mfc="none", mec="#f76707", ms=2, mew=0.5
            ) if small.targets else ()
            axes.set_title(small.name, fontsize=7, loc="left", pad=2)
        written = BytesIO()
        figure.savefig(written, format="png", metadata={"Software": None})
    return written.getvalue()


FORMATS: dict[str, Callable[[str, Pictures], bytes]] = {
    "png": png,
    "svg": lambda caption, pictures: grid.svg(caption, pictures).encode(),
    "html": lambda caption, pictures: page(caption, pictures).encode(),
}
"""The function that draws the pictures, by the name of the format."""
