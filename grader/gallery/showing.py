"""The values for the templates: an exhibit's bar and excerpt, and the map of the heads that students found."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from grader.base.language import _, ngettext
from grader.gallery.entries import Exhibit
from grader.grading.standings import Standing
from grader.report.drawing.bars import Bar, bar
from grader.report.drawing.headmap import Cell, HeadMap, filled_map, shade, with_need
from grader.report.needs import NO_NEEDS, Need, Needs, of_verdict, strongest
from grader.report.text.labels import shorten
from grader.schema import Exercise, HeadIndex, Kind, title

NOTE_CELLS = 150
"""The most columns of a note on a card; the exhibit's own page has all of it."""
NAMES = 5
"""The most students that the cell of a head names."""


@dataclass(frozen=True)
class FoundMap:
    """The map of an exercise's heads, and the number of heads for each kind in it."""

    heads: HeadMap
    legend: tuple[tuple[Kind, int], ...]


def deciding_bar(exhibit: Exhibit) -> Bar | None:
    """Return the check of the head's score as a bar; None if the feedback hides scores."""
    measured, checks = exhibit.verdict.measured, exhibit.verdict.threshold
    if measured is None or not checks:
        return None
    return bar(next((check for check in checks if check.measured == measured.score), checks[0]))


def excerpt(exhibit: Exhibit) -> str:
    """Return the beginning of the note, or of the sentence if there is no note, in quotation marks."""
    text = exhibit.note or exhibit.sentence
    text = shorten(text[: NOTE_CELLS + 1], NOTE_CELLS)  # cut first, because measuring a long note is slow
    return f"“{text}”" if text else ""


def need_of(exhibit: Exhibit, seen: Needs) -> Need | None:
    """Return what its verdict shows of the head's importance, else what was `seen` before; None if it is nothing."""
    claim = exhibit.verdict.claim
    about = (claim.name, (claim.layer, claim.head))
    need = of_verdict(exhibit.verdict) or seen.get(about)
    return need if need is not None and need.is_seen else None


def found_map(
    exercise: Exercise,
    exhibits: Iterable[Exhibit],
    href: Callable[[Exhibit], str],
    seen: Needs = NO_NEEDS,
) -> FoundMap:
    """Return the map of the heads that students found, each as the kind that most of them found, with their number.

    Those that were `seen` to matter have a sign.
    """
    by_head: dict[HeadIndex, list[Exhibit]] = {}
    for exhibit in exhibits:
        claim = exhibit.verdict.claim
        by_head.setdefault((claim.layer, claim.head), []).append(exhibit)
    size = (exercise.transformer.layers, exercise.transformer.heads)
    cells = [
        _cell(of_head, href, seen) for (layer, head), of_head in by_head.items() if layer < size[0] and head < size[1]
    ]
    counts = Counter(cell.kind.name for cell in cells if cell.kind)
    legend = tuple((asked.kind, counts[asked.name]) for asked in exercise.kinds if counts[asked.name])
    return FoundMap(filled_map(cells, size), legend)


def _cell(of_head: Sequence[Exhibit], href: Callable[[Exhibit], str], seen: Needs) -> Cell:
    by_kind: dict[str, list[Exhibit]] = {}
    for exhibit in of_head:
        by_kind.setdefault(exhibit.kind.name, []).append(exhibit)
    first = max(by_kind.values(), key=len)[0]
    finders = {exhibit.student: exhibit.by for exhibit in of_head}
    verdict = first.verdict
    standing = verdict.measured and Standing(verdict.measured, verdict.threshold, "confirmed", verdict.borderline)
    needs = (need_of(exhibit, seen) for of_kind in by_kind.values() for exhibit in of_kind)
    cell = Cell(
        layer=verdict.claim.layer,
        head=verdict.claim.head,
        kind=first.kind,
        shade=shade(standing) if standing else verdict.outcome,
        label=_("{place}: {kinds}; {finders}", place=first.place, kinds=_kinds(by_kind), finders=_found_by(finders)),
        href=href(first),
        mark=str(len(finders)),
    )
    return with_need(cell, strongest(need for need in needs if need))


def _kinds(by_kind: Mapping[str, Sequence[Exhibit]]) -> str:
    return ", ".join(title(of_kind[0].kind) for of_kind in sorted(by_kind.values(), key=len, reverse=True))


def _found_by(finders: Mapping[str, str]) -> str:
    """Return the number of students who found a head, and the names of some of them."""
    names = list(dict.fromkeys(finders.values()))
    message = ngettext(
        "found by {number} student: {names}",
        "found by {number} students: {names}",
        len(finders),
        names=", ".join(names[:NAMES]),
    )
    return message if len(names) <= NAMES else f"{message}, \N{HORIZONTAL ELLIPSIS}"
