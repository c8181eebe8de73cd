"""An atlas, or two of them compared, as text for a terminal and as tables for programs."""

from collections.abc import Iterable, Iterator, Sequence

from grader.base.language import N_, _, ngettext
from grader.exercises.names import FAMILIES, statistic
from grader.grading.standings import Standings
from grader.kinds.definition import STATISTICS
from grader.report.text import tables
from grader.report.text.labels import cells, padded
from grader.schema import HeadIndex, Statistic, title
from grader.schema.atlas import Atlas, AtlasHead, AtlasKind, Change, ComparedKind, Comparison, HeadChange, LeftOut

TOP = 3
"""The number of heads of each kind that are listed, if not more are asked for."""
CELL = 4
"""The columns of a head on the map."""
CHANGE, BESIDE = 6, 45
"""The columns of a change, and of a head with another one beside it."""
NOT_CONFIRMED = "\N{MIDDLE DOT}"
OUTCOMES = {"confirmed": N_("confirmed"), "refuted": "", "not_graded": N_("not confirmed yet")}
CHANGES: dict[Change, str] = {"came": N_("came"), "went": N_("went"), "moved": N_("moved")}
TOO_CLOSE = {"came": N_("was not confirmed yet"), "went": N_("is not confirmed yet")}
"""The words on a head whose interval held the threshold on one side, though its score may lie above it."""
Column = tuple[Statistic, str]
"""A statistic, and the slice that it was measured on."""


def text(atlas: Atlas, standings: Standings, width: int, top: int = TOP) -> str:
    """Return the map of heads in the width of a terminal, and the best heads of each kind with their intervals."""
    lines = [_headline(atlas), "", *_map(standings, width), ""]
    shown = [each for each in atlas.kinds if each.confirmed]
    lines += [f"  {padded(each.kind.letters, CELL)} {title(each.kind)}: {each.confirmed}" for each in shown]
    lines.append(f"  {padded(NOT_CONFIRMED, CELL)} {_('confirmed as none of the kinds; + also as another one')}")
    for each in atlas.kinds:
        lines += ["", *_kind(each, top)]
    lines += _left_out(_("Not measured"), atlas.left_out)
    return "\n".join(lines)


def _headline(atlas: Atlas) -> str:
    source = atlas.transformer
    place = (
        _(" ({hub} at {revision})", hub=source.hub, revision=source.revision) if source.hub and source.revision else ""
    )
    return _(
        "{name}: {layers} layers of {heads} heads, {family}, seed {seed}",
        name=f"{source.name}{place}",
        layers=source.layers,
        heads=source.heads,
        family=_(FAMILIES[source.family]),
        seed=atlas.seed,
    )


def _map(standings: Standings, width: int) -> Iterator[str]:
    """Yield the lines of the map, layer by layer; heads that do not fit beside each other follow below."""
    layers, heads = standings.table.layers, standings.table.heads
    margin = len(f"L{layers - 1}") + 1
    at_once = max(1, (width - margin) // CELL)
    for first in range(0, heads, at_once):
        shown = range(first, min(first + at_once, heads))
        yield " " * margin + "".join(f"{f'H{head}':<{CELL}}" for head in shown).rstrip()
        for layer in range(layers):
            row = "".join(padded(_letters(standings, (layer, head)), CELL) for head in shown)
            yield f"{f'L{layer}':<{margin}}{row}".rstrip()


def _letters(standings: Standings, place: HeadIndex) -> str:
    confirmed = standings.confirmed_as(place)
    if not confirmed:
        return NOT_CONFIRMED
    letters = confirmed[0].asked.letters
    return letters + "+" * (len(confirmed) > 1 and cells(letters) < CELL)


def _kind(each: AtlasKind, top: int) -> Iterator[str]:
    best = each.heads[0].measured
    needed = ", ".join(f"{statistic(threshold.statistic)} {threshold.at_least:g}" for threshold in each.thresholds)
    against = _("baseline {baseline}, needed: {thresholds}", baseline=f"{best.baseline:.2f}", thresholds=needed)
    yield f"{title(each.kind)}  ({against})"
    yield from (f"  {_head(head)}" for head in each.heads[:top])
    if (more := each.confirmed - top) > 0:
        yield "  " + ngettext("and {number} more confirmed", "and {number} more confirmed", more)


def _head(head: AtlasHead) -> str:
    low, high = head.measured.interval
    numbers = f"{head.measured.score:.3f}  [{low:.2f}, {high:.2f}]"
    return f"{head.name:<6} {numbers}  {_(OUTCOMES[head.outcome])}".rstrip()


def _left_out(label: str, kinds: Iterable[LeftOut]) -> Iterator[str]:
    """Yield the kinds that were not measured, those with the same reason together."""
    of_reason: dict[str, list[str]] = {}
    for each in kinds:
        of_reason.setdefault(_(each.reason), []).append(each.kind.name)
    if of_reason:
        yield ""
    yield from (f"{label}: {', '.join(names)}: {reason}" for reason, names in of_reason.items())


def compared_text(comparison: Comparison, top: int = TOP) -> str:
    """Return what came, went and moved, kind by kind; or the best heads of each, where the shapes differ."""
    before, after = comparison.before.transformer, comparison.after.transformer
    first, second = names(comparison)
    lines = [f"{first} -> {second}"]
    if not comparison.head_by_head:
        one, other = (f"{each.layers} x {each.heads} ({_(FAMILIES[each.family])})" for each in (before, after))
        message = N_("not compared head by head, because their shapes are {one} and {other}: the best heads of each")
        lines.append(_(message, one=one, other=other))
    same = [each for each in comparison.kinds if comparison.head_by_head and not each.changes]
    for each in comparison.kinds:
        if each not in same:
            lines += ["", *_compared(each, comparison, top)]
    if same:
        kinds = ", ".join(f"{title(each.kind)} ({each.confirmed[1]})" for each in same)
        lines += ["", _("No change, with the number of confirmed heads: {kinds}", kinds=kinds)]
    lines += _left_out(_("Only in {transformer}", transformer=first), comparison.only_before)
    lines += _left_out(_("Only in {transformer}", transformer=second), comparison.only_after)
    return "\n".join(lines)


def names(comparison: Comparison) -> tuple[str, str]:
    """Return the names of both transformers, with the beginning of their digests where the names are the same."""
    one, other = comparison.before, comparison.after
    first, second = one.transformer.name, other.transformer.name
    if first != second:
        return first, second
    return f"{first} ({one.digest[:8]})", f"{second} ({other.digest[:8]})"


def _compared(each: ComparedKind, comparison: Comparison, top: int) -> Iterator[str]:
    confirmed = ngettext("{number} head confirmed", "{number} heads confirmed", each.confirmed[1])
    yield f"{title(each.kind)}: {confirmed} ({' -> '.join(map(str, each.confirmed))})"
    if comparison.head_by_head:
        yield from (f"  {_change(change)}" for change in each.changes)
    else:
        rows = zip(each.best[0][:top], each.best[1][:top], strict=False)
        yield from (f"  {padded(_head(one), BESIDE)} {_head(other)}".rstrip() for one, other in rows)


def _change(change: HeadChange) -> str:
    one, other = change.before, change.after
    scores = f"{one.measured.score:.3f} -> {other.measured.score:.3f}"
    too_close = _(TOO_CLOSE[change.change]) if "not_graded" in (one.outcome, other.outcome) else ""
    ranks = _("rank {before} -> {after}", before=one.rank, after=other.rank)
    return f"{padded(_(CHANGES[change.change]), CHANGE)} {one.name:<6} {scores}  {ranks}  {too_close}".rstrip()


def table(atlas: Atlas) -> str:
    """Return a row for each kind and head as CSV, with a column for each statistic on each slice."""
    readings = _columns(atlas)
    rows = (_row(atlas, each, head, readings) for each in atlas.kinds for head in each.heads)
    return tables.as_csv([*_FIXED, *readings.values()], rows)


_FIXED = (
    *("transformer", "digest", "seed", "kind", "layer", "head", "rank", "outcome", "score", "low", "high"),
    *("share", "hit_rate", "baseline", "queries"),
)


def _columns(atlas: Atlas) -> dict[Column, str]:
    """Return the name of each column by its statistic and slice, such as `share_on_text`."""
    there = {(each.statistic, each.on) for of_kind in atlas.kinds for each in of_kind.heads[0].measured.readings}
    in_order = sorted(there, key=lambda column: (STATISTICS.index(column[0]), column[1]))
    return {(name, on): f"{name}_on_{on}" for name, on in in_order}


def _row(atlas: Atlas, each: AtlasKind, head: AtlasHead, columns: Iterable[Column]) -> list[str | int | float]:
    measured = head.measured
    values = {(reading.statistic, reading.on): reading.value for reading in measured.readings}
    return [
        *(atlas.transformer.name, atlas.digest, atlas.seed, each.kind.name, head.layer, head.head, head.rank),
        *(head.outcome, measured.score, *measured.interval),
        *(measured.share, measured.hit_rate, measured.baseline, measured.queries),
        *(values.get(column, "") for column in columns),
    ]


def compared_table(comparison: Comparison) -> str:
    """Return a row for each head that changed as CSV; or for the best heads of each, where the shapes differ."""
    header = ["kind", "change", "layer", "head", "score_before", "score_after", "rank_before", "rank_after"]
    rows: list[Sequence[str | int | float]] = []
    for each in comparison.kinds:
        for change in each.changes:
            was, now = change.before, change.after
            scores = (was.measured.score, now.measured.score, was.rank, now.rank)
            rows.append((each.kind.name, change.change, was.layer, was.head, *scores))
        if not comparison.head_by_head:
            rows += [
                (each.kind.name, "before", h.layer, h.head, h.measured.score, "", h.rank, "") for h in each.best[0]
            ]
            rows += [(each.kind.name, "after", h.layer, h.head, "", h.measured.score, "", h.rank) for h in each.best[1]]
    return tables.as_csv(header, rows)
