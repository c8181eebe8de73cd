"""The map of all heads: a cell for each layer and head, with the kind that the head is most like.

Each kind has a short code, and each type has a colour that only repeats the code. A frame marks a confirmed head.
A stronger colour means further above the threshold, or closer to it from below. A triangle marks a head that was
seen to matter.
"""

from bisect import bisect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from grader.base.language import N_, _
from grader.base.numbers import percent
from grader.grading.standings import Standing, Standings
from grader.report.needs import Need
from grader.report.text import causal, words
from grader.report.text.labels import visible
from grader.schema import Exercise, HeadIndex, Importance, Kind, Report, Verdict, head_name, title

OVER, UNDER = (1.2, 1.5), (0.25, 0.5, 0.75)
"""The multiples of the threshold from which each stronger shade begins: for confirmed heads, and for others."""
NEED_SIGNS: dict[Importance, str] = {
    "needed alone": "\N{BLACK UP-POINTING TRIANGLE}",
    "needed together": "\N{WHITE UP-POINTING TRIANGLE}",
}
"""The signs of heads that were seen to matter."""
NEEDS_IN_WORDS: dict[Importance, str] = {
    "needed alone": N_("Needed alone: without this head, what a kind is for was seen to be lost."),
    "needed together": N_("Needed together: without this head and others, what a kind is for was seen to be lost."),
}
MOST_TIMES = 9.99
"""The largest multiple that is shown; above it, the threshold is nearly zero and the multiple means nothing."""


@dataclass(frozen=True)
class Cell:
    """One head: the kind that it is most like, how clearly, and a link."""

    layer: int
    head: int
    kind: Kind | None = None
    times: float = 0.0
    """The measured value as a multiple of the kind's threshold (see `times`)."""
    shade: str = "none"
    """`over-1` to `over-3`, `under-0` to `under-3`, an outcome if the map shows only outcomes, or `none`."""
    label: str = ""
    """The cell in words."""
    href: str | None = None
    mark: str = ""
    """The sign in the corner: a claim's outcome, or the number of other kinds that the head is confirmed as."""
    need: str = ""
    """The sign of a head that was seen to matter, in the opposite corner."""

    @property
    def code(self) -> str:
        """The kind's short code; empty if there is no kind."""
        return self.kind.letters if self.kind else ""


@dataclass(frozen=True)
class LegendItem:
    """One kind in the map's legend."""

    kind: Kind
    code: str
    name: str
    heads: int
    """The number of heads that are confirmed as this kind."""


@dataclass(frozen=True)
class HeadMap:
    """All heads, layer by layer, and the legend of their codes."""

    rows: tuple[tuple[Cell, ...], ...]
    legend: tuple[LegendItem, ...]
    graded: bool
    """True if the shades show the distance to the threshold; false if they show outcomes."""

    @property
    def heads(self) -> int:
        """The number of heads in each layer."""
        return len(self.rows[0])

    @property
    def need_signs(self) -> tuple[tuple[str, str], ...]:
        """The signs on the map of heads that were seen to matter, each with its meaning."""
        there = {cell.need for row in self.rows for cell in row}
        return tuple((sign, _(NEEDS_IN_WORDS[need])) for need, sign in NEED_SIGNS.items() if sign in there)


def filled_map(cells: Iterable[Cell], size: HeadIndex, legend: Mapping[str, LegendItem] | None = None) -> HeadMap:
    """Return a map of `size` (layers, heads in each) with these cells and empty cells for all other heads.

    Without a legend it is a map of outcomes, and its legend lists the kinds of the cells.
    """
    by_place = {(cell.layer, cell.head): cell for cell in cells}
    of_cells = {cell.kind.name: legend_item(cell.kind) for cell in by_place.values() if cell.kind}
    rows = (
        tuple(by_place.get((layer, head)) or Cell(layer, head, label=head_name(layer, head)) for head in range(size[1]))
        for layer in range(size[0])
    )
    return HeadMap(tuple(rows), tuple((of_cells if legend is None else legend).values()), graded=legend is not None)


def legend_item(kind: Kind, heads: int = 0) -> LegendItem:
    """Return a kind's item in the legend."""
    return LegendItem(kind, kind.letters, title(kind), heads)


def head_map(exercise: Exercise, standings: Standings, href: Callable[[HeadIndex], str | None]) -> HeadMap:
    """Return the map of every head as the kind that it is most like; `href` returns the link of a head.

    The map shows the answers of the exercise.
    """
    asked = [asked.kind for asked in exercise.kinds if asked.name in standings.by_kind]
    size = (standings.table.layers, standings.table.heads)
    places = [(layer, head) for layer in range(size[0]) for head in range(size[1])]
    legend = {kind.name: legend_item(kind, standings.passing(kind.name)) for kind in asked}
    return filled_map((_cell(place, asked, standings, href(place)) for place in places), size, legend)


def with_claims(whole: HeadMap, report: Report) -> HeadMap:
    """Return the map with the outcomes of the student's claims in the corners of their cells, linked to the claims."""
    claimed = _claimed(report)
    rows = tuple(
        tuple(_with_claims(cell, claimed.get((cell.layer, cell.head), [])) for cell in row) for row in whole.rows
    )
    return replace(whole, rows=rows)


def with_needs(whole: HeadMap, needs: Mapping[HeadIndex, Need]) -> HeadMap:
    """Return the map with a sign at each of these heads that was seen to matter."""
    rows = tuple(tuple(with_need(cell, needs.get((cell.layer, cell.head))) for cell in row) for row in whole.rows)
    return replace(whole, rows=rows)


def with_need(cell: Cell, need: Need | None) -> Cell:
    """Return the cell with its sign, also in words; as it is if the head was not seen to matter."""
    if need is None or not need.is_seen:
        return cell
    return replace(cell, need=NEED_SIGNS[need.importance], label=f"{cell.label}; {causal.for_kind(need)}")


def outcomes_map(report: Report, size: HeadIndex) -> HeadMap:
    """Return a map of the claims' outcomes alone, for a student who may not see other heads' scores."""
    cells = []
    for (layer, head), claims in _claimed(report).items():
        if layer >= size[0] or head >= size[1]:
            continue
        first = min(claims, key=lambda claim: claim[1].outcome != "confirmed")[1]
        bare = Cell(layer, head, first.claim.kind, shade=first.outcome, label=head_name(layer, head))
        cells.append(_with_claims(bare, claims))
    return filled_map(cells, size)


def shade(standing: Standing) -> str:
    """Return `over-1` to `over-3` for a confirmed head, `under-0` to `under-3` for another."""
    if standing.confirmed:
        return f"over-{bisect(OVER, standing.factor) + 1}"
    return f"under-{bisect(UNDER, standing.factor)}"


def part_of_threshold(standing: Standing) -> str:
    """Return the measured value as a part of the threshold, in words."""
    part = max(standing.factor, 0.0)
    if part > MOST_TIMES:
        return _("far above the threshold")
    return _("{part} of the threshold", part=percent(part))


def in_words(place: HeadIndex, kind: Kind, standings: Standings) -> str:
    """Return one head under one kind, in words."""
    standing = standings.by_kind[kind.name][place]
    return _(
        "{head}: {kind}, {outcome}; score {score} ({part}), rank {rank} of {of}",
        head=head_name(*place),
        kind=title(kind),
        outcome=words.STANDINGS[standing.outcome].word,
        score=f"{standing.measured.score:.2f}",
        part=part_of_threshold(standing),
        rank=standings.ranks[kind.name][place],
        of=standings.heads,
    )


def _cell(place: HeadIndex, asked: list[Kind], standings: Standings, href: str | None) -> Cell:
    if not asked:
        return Cell(*place, label=head_name(*place), href=href)
    kind = standings.most_like(place).asked.kind
    standing = standings.by_kind[kind.name][place]
    others = [title(other) for other in asked if other != kind and standings.by_kind[other.name][place].confirmed]
    label = in_words(place, kind, standings)
    if others:
        label = _("{description}; also confirmed as {kinds}", description=label, kinds=" \N{MIDDLE DOT} ".join(others))
    mark = f"+{len(others)}" if others else ""
    return Cell(*place, kind, standing.factor, shade(standing), label, href, mark)


Numbered = tuple[int, Verdict]


def _claimed(report: Report) -> Mapping[HeadIndex, list[Numbered]]:
    """Return the verdicts on each head, each with its number in the report, counted from 1."""
    by_head: dict[HeadIndex, list[Numbered]] = {}
    for number, verdict in enumerate(report.verdicts, 1):
        by_head.setdefault((verdict.claim.layer, verdict.claim.head), []).append((number, verdict))
    return by_head


def _with_claims(cell: Cell, claims: list[Numbered]) -> Cell:
    if not claims:
        return cell
    outcomes = [
        _("your claim {kind}: {outcome}", kind=visible(title(v.claim)), outcome=words.sign(v).word)
        for _number, v in claims
    ]
    number, first = min(claims, key=lambda claim: claim[1].outcome != "confirmed")
    mark = words.sign(first).symbol
    return replace(cell, mark=mark, href=f"#claim-{number}", label="; ".join([cell.label, *outcomes]))
