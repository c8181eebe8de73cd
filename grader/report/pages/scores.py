"""All heads of a transformer as one short page: the map, and each kind with its best heads."""

from grader.grading.standings import Standings
from grader.report.drawing import headmap
from grader.report.pages.page import STYLES, page
from grader.report.pages.scan import scan_kind


def render(standings: Standings) -> str:
    """Return the page; unlike the one of `grade scan --format html`, it has no section and no link for each head."""
    whole = headmap.head_map(standings.exercise, standings, lambda place: None)
    return page(
        "scores.html.jinja",
        (*STYLES, "scan.css"),
        table=standings.table,
        map=whole,
        kinds=[scan_kind(entry.kind, standings) for entry in whole.legend],
    )
