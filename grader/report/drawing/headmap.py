"""The whole transformer at a glance: a cell for each layer and head, with the kind that the head is most like.

A kind has a short code, and a type has a colour that only repeats what the code says; a frame marks what is
confirmed. The more a head is over its threshold, or the nearer to it from below, the stronger the colour.
"""

from bisect import bisect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from grader.base.language import _
from grader.grading.standings import Standing, Standings
from grader.report.text import words
from grader.report.text.labels import visible
from grader.schema import Exercise, HeadIndex, Kind, Report, Verdict, head_name, title

OVER, UNDER = (1.2, 1.5), (0.25, 0.5, 0.75)
"""How many times what is needed a head must have for each stronger shade: of a confirmed head, and of another."""
MOST_TIMES = 9.99
"""From here on, by how much a threshold is passed says nothing: it is nearly zero."""


@dataclass(frozen=True)
class Cell:
    """One head: what it is most like, how sure that is, and where to read more."""

    layer: int
    head: int
    kind: Kind | None = None
    times: float = 0.0
    """How many times a head has what the kind's thresholds ask for; from 1 on it is over all of them."""
    shade: str = "none"
    """`over-1` to `over-3`, `under-0` to `under-3`, an outcome where only outcomes are told, or `none`."""
    label: str = ""
    """Everything about it in words."""
    href: str | None = None
    mark: str = ""
    """What stands in the corner: a claim's outcome, or as how many other kinds the head is confirmed."""

    @property
    def code(self) -> str:
        """The kind's short code; nothing where there is no kind."""
        return self.kind.letters if self.kind else ""


@dataclass(frozen=True)
class LegendItem:
    """One kind in the map's legend."""

    kind: Kind
    code: str
    name: str
    heads: int
    """That are confirmed as this kind."""


@dataclass(frozen=True)
class HeadMap:
    """All heads, layer by layer, and what the codes mean."""

    rows: tuple[tuple[Cell, ...], ...]
    legend: tuple[LegendItem, ...]
    graded: bool
    """Whether the shades tell how far a head is from a threshold; otherwise they are outcomes."""

    @property
    def heads(self) -> int:
        """Of each layer."""
        return len(self.rows[0])


def arranged(cells: Iterable[Cell], size: HeadIndex, legend: Mapping[str, LegendItem] | None = None) -> HeadMap:
    """A map of `size` (layers, heads in each) with these cells in it, and empty ones in all other places.

    Without a legend it is one of outcomes, and tells what kinds the cells have.
    """
    at = {(cell.layer, cell.head): cell for cell in cells}
    of_cells = {cell.kind.name: entry(cell.kind) for cell in at.values() if cell.kind}
    rows = (
        tuple(at.get((layer, head)) or Cell(layer, head, label=head_name(layer, head)) for head in range(size[1]))
        for layer in range(size[0])
    )
    return HeadMap(tuple(rows), tuple((of_cells if legend is None else legend).values()), graded=legend is not None)


def entry(kind: Kind, heads: int = 0) -> LegendItem:
    """A kind as the legend has it."""
    return LegendItem(kind, kind.letters, title(kind), heads)


def head_map(exercise: Exercise, standings: Standings, href: Callable[[HeadIndex], str | None]) -> HeadMap:
    """Every head of the transformer, each as the kind that it is most like; `href` says where it is clicked through to.

    For those who may see every number: the map tells the answers.
    """
    asked = [asked.kind for asked in exercise.kinds if asked.name in standings.by_kind]
    size = (standings.table.layers, standings.table.heads)
    places = [(layer, head) for layer in range(size[0]) for head in range(size[1])]
    legend = {kind.name: entry(kind, standings.passing(kind.name)) for kind in asked}
    return arranged((_cell(place, asked, standings, href(place)) for place in places), size, legend)


def with_claims(whole: HeadMap, report: Report) -> HeadMap:
    """The map with the outcomes of the student's claims in the corners of their cells, linked to the claims."""
    claimed = _claimed(report)
    rows = tuple(
        tuple(_with_claims(cell, claimed.get((cell.layer, cell.head), [])) for cell in row) for row in whole.rows
    )
    return replace(whole, rows=rows)


def outcomes_map(report: Report, size: HeadIndex) -> HeadMap:
    """Only what became of the claims: for those who may not see how heads score that they did not claim."""
    cells = []
    for (layer, head), found in _claimed(report).items():
        if layer >= size[0] or head >= size[1]:
            continue
        first = min(found, key=lambda each: each[1].outcome != "confirmed")[1]
        bare = Cell(layer, head, first.claim.kind, shade=first.outcome, label=head_name(layer, head))
        cells.append(_with_claims(bare, found))
    return arranged(cells, size)


def shade(standing: Standing) -> str:
    """`over-1` to `over-3` for a confirmed head, `under-0` to `under-3` for another."""
    if standing.confirmed:
        return f"over-{bisect(OVER, standing.factor) + 1}"
    return f"under-{bisect(UNDER, standing.factor)}"


def much(standing: Standing) -> str:
    """How much a head has of what is needed, in words."""
    part = max(standing.factor, 0.0)
    if part > MOST_TIMES:
        return _("far more than is needed")
    return _("{percent} % of what is needed", percent=f"{100 * part:.0f}")


def told(place: HeadIndex, kind: Kind, standings: Standings) -> str:
    """One head under one kind, in words."""
    standing = standings.by_kind[kind.name][place]
    return _(
        "{head}: {kind}, {outcome}; score {score} ({much}), rank {rank} of {of}",
        head=head_name(*place),
        kind=title(kind),
        outcome=_("confirmed") if standing.confirmed else _("not confirmed"),
        score=f"{standing.measured.score:.2f}",
        much=much(standing),
        rank=standings.ranks[kind.name][place],
        of=standings.heads,
    )


def _cell(place: HeadIndex, asked: list[Kind], standings: Standings, href: str | None) -> Cell:
    if not asked:
        return Cell(*place, label=head_name(*place), href=href)
    kind = standings.most_like(place).asked.kind
    standing = standings.by_kind[kind.name][place]
    others = [title(one) for one in asked if one != kind and standings.by_kind[one.name][place].confirmed]
    message = told(place, kind, standings)
    return Cell(
        *place,
        kind,
        standing.factor,
        shade(standing),
        _("{said}; also confirmed as {kinds}", said=message, kinds=" \N{MIDDLE DOT} ".join(others))
        if others
        else message,
        href,
        f"+{len(others)}" if others else "",
    )


Numbered = tuple[int, Verdict]


def _claimed(report: Report) -> Mapping[HeadIndex, list[Numbered]]:
    """The verdicts on each head, each with its number, counted from 1."""
    found: dict[HeadIndex, list[Numbered]] = {}
    for number, verdict in enumerate(report.verdicts, 1):
        found.setdefault((verdict.claim.layer, verdict.claim.head), []).append((number, verdict))
    return found


def _with_claims(cell: Cell, claims: list[Numbered]) -> Cell:
    if not claims:
        return cell
    message = [
        _("your claim {kind}: {outcome}", kind=visible(title(v.claim)), outcome=_(words.OUTCOMES[v.outcome].word))
        for _number, v in claims
    ]
    number, first = min(claims, key=lambda each: each[1].outcome != "confirmed")
    mark = words.OUTCOMES[first.outcome].symbol
    return replace(cell, mark=mark, href=f"#claim-{number}", label="; ".join([cell.label, *message]))
