"""What the templates are given: an exhibit's bars and sentences, and the map of who found which head."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from grader.base.language import _, ngettext
from grader.gallery.entries import Exhibit
from grader.grading.standings import Standing
from grader.report.drawing.bars import Bar, bar
from grader.report.drawing.headmap import Cell, HeadMap, arranged, shade
from grader.report.text.labels import shorten
from grader.schema import Exercise, HeadIndex, Kind, title

NOTE_CELLS = 150
"""Columns of a note on a card; all of it is on the exhibit's own page."""
NAMES = 5
"""How many finders of a head its cell names."""


@dataclass(frozen=True)
class FoundMap:
    """The map of an exercise's heads, and of how many heads each kind is shown."""

    heads: HeadMap
    legend: tuple[tuple[Kind, int], ...]


def deciding(exhibit: Exhibit) -> Bar | None:
    """The check that the head's score was held against, as a bar; None where scores are not told."""
    measured, checks = exhibit.verdict.measured, exhibit.verdict.threshold
    if measured is None or not checks:
        return None
    return bar(next((check for check in checks if check.measured == measured.score), checks[0]))


def excerpt(exhibit: Exhibit) -> str:
    """The note's beginning, or the sentence where there is no note."""
    message = exhibit.note or exhibit.sentence
    message = shorten(message[: NOTE_CELLS + 1], NOTE_CELLS)  # cut first: measuring a long note takes its time
    return f"“{message}”" if message else ""


def found_map(exercise: Exercise, exhibits: Iterable[Exhibit], href: Callable[[Exhibit], str]) -> FoundMap:
    """Which heads of the exercise's transformer were found, by how many, and as what by most of them."""
    by_head: dict[HeadIndex, list[Exhibit]] = {}
    for exhibit in exhibits:
        claim = exhibit.verdict.claim
        by_head.setdefault((claim.layer, claim.head), []).append(exhibit)
    size = (exercise.transformer.layers, exercise.transformer.heads)
    cells = [_cell(there, href) for (layer, head), there in by_head.items() if layer < size[0] and head < size[1]]
    shown = Counter(cell.kind.name for cell in cells if cell.kind)
    legend = tuple((asked.kind, shown[asked.name]) for asked in exercise.kinds if shown[asked.name])
    return FoundMap(arranged(cells, size), legend)


def _cell(there: Sequence[Exhibit], href: Callable[[Exhibit], str]) -> Cell:
    by_kind: dict[str, list[Exhibit]] = {}
    for exhibit in there:
        by_kind.setdefault(exhibit.kind.name, []).append(exhibit)
    first = max(by_kind.values(), key=len)[0]
    finders = {exhibit.student: exhibit.by for exhibit in there}
    verdict = first.verdict
    found = verdict.measured and Standing(verdict.measured, verdict.threshold, True, verdict.borderline)
    return Cell(
        layer=verdict.claim.layer,
        head=verdict.claim.head,
        kind=first.kind,
        shade=shade(found) if found else verdict.outcome,
        label=_("{place}: {kinds}; {finders}", place=first.place, kinds=_kinds(by_kind), finders=_named(finders)),
        href=href(first),
        mark=str(len(finders)),
    )


def _kinds(by_kind: Mapping[str, Sequence[Exhibit]]) -> str:
    return ", ".join(title(there[0].kind) for there in sorted(by_kind.values(), key=len, reverse=True))


def _named(finders: Mapping[str, str]) -> str:
    """How many found a head, and some of them by name."""
    names = list(dict.fromkeys(finders.values()))
    message = ngettext(
        "found by {number} student: {names}",
        "found by {number} students: {names}",
        len(finders),
        names=", ".join(names[:NAMES]),
    )
    return message if len(names) <= NAMES else f"{message}, \N{HORIZONTAL ELLIPSIS}"
