"""An atlas as a page, and the page of two transformers side by side."""

from collections.abc import Iterable, Mapping

from grader.exercises.names import FAMILIES
from grader.grading.standings import Standings
from grader.report.drawing import headmap
from grader.report.pages.page import STYLES, page
from grader.report.pages.scan import content
from grader.report.text import words
from grader.report.text.atlas import CHANGES, names
from grader.schema import HeadIndex, Picture, title
from grader.schema.atlas import Comparison, LeftOut


def render(standings: Standings, pictures: Mapping[HeadIndex, Picture | None], left_out: Iterable[LeftOut] = ()) -> str:
    """Return the page of all heads; `pictures` as in `scan.render`, and `left_out` as they are in the atlas."""
    source = standings.exercise.transformer
    return page(
        "atlas.html.jinja",
        (*STYLES, "scan.css"),
        **content(standings, pictures),
        source=source,
        family=FAMILIES[source.family],
        left_out=tuple(left_out),
    )


def compared(comparison: Comparison, before: Standings, after: Standings) -> str:
    """Return the page of both maps, and the heads that came, went and moved under each kind."""
    maps = [headmap.head_map(each.exercise, each, lambda place: None) for each in (before, after)]
    return page(
        "compared.html.jinja",
        (*STYLES, "scan.css"),
        comparison=comparison,
        names=names(comparison),
        maps=maps,
        title=title,
        changes=CHANGES,
        signs=words.STANDINGS,
    )
