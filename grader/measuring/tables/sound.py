"""The shape of scores that may come from strangers: what each type of head is measured by, in numbers that can be."""

from math import inf

from grader.measuring.tables.elsewhere import RANGES
from grader.measuring.tables.score_table import KindScores, Slice

ALWAYS = {"share", "hit_rate"}
"""The statistics that every slice has."""


def fault(scores: KindScores) -> str:
    """Return the first thing that no measurement of this kind could have given; empty if there is none."""
    head_type = scores.kind.head_type
    if scores.decides != head_type.decides:
        return f"decided by {scores.decides} and not by {head_type.decides}"
    if not 0 <= scores.baseline <= 1:
        return f"a baseline of {scores.baseline}"
    if unknown := {each.name for each in scores.resemblances} - set(head_type.lookalikes):
        return f"no look-alike of the type is called {min(unknown)!r}"
    names = [part.name for part in scores.slices]
    if len(set(names)) < len(names):
        return "two slices of one name"
    return next(filter(None, map(_fault, scores.slices)), "")


def _fault(part: Slice) -> str:
    names = [column.statistic for column in part.statistics]
    if not set(names) >= ALWAYS or len(set(names)) < len(names) or part.queries < 1:
        return f"{part.name} has {part.queries} queries with {', '.join(names) or 'no statistic'}"
    for column in part.statistics:
        least, most = RANGES.get(column.statistic, (-inf, inf))
        for row in (row for grid in (column.value, column.low, column.high) for row in grid):
            if row and not least <= min(row) <= max(row) <= most:
                return f"a {column.statistic} on {part.name} lies beyond {least:g} and {most:g}"
    return ""
