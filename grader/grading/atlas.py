"""The atlas of a transformer from its standings, and the comparison of two."""

from collections.abc import Iterable, Iterator, Sequence

from grader import __version__
from grader.base.language import N_
from grader.exercises.thresholds import thresholds_of
from grader.grading.standings import KindStandings, Standings
from grader.schema.atlas import (
    Atlas,
    AtlasHead,
    AtlasKind,
    Change,
    Compared,
    ComparedKind,
    Comparison,
    HeadChange,
    LeftOut,
)

BEST = 3
"""The number of best heads of each transformer in a comparison."""
LOOKS_AHEAD, NOT_ASKED = N_("it looks ahead, which no head of a decoder can"), N_("it was not asked for there")
"""The reasons why a kind of one transformer was not measured in the other, if nothing hindered it."""


def atlas_of(standings: Standings, left_out: Iterable[LeftOut] = ()) -> Atlas:
    """Return all heads under all kinds, best first, and the kinds that were not measured."""
    exercise, table = standings.exercise, standings.table
    return Atlas(
        grader_version=__version__,
        transformer=exercise.transformer,
        digest=table.digest,
        seed=table.seed,
        precision=exercise.probes.precision,
        table=table.key,
        kinds=tuple(map(_kind, standings.by_kind.values())),
        left_out=tuple(left_out),
    )


def _kind(of_kind: KindStandings) -> AtlasKind:
    heads = []
    for place, rank in sorted(of_kind.ranks.items(), key=lambda item: item[1]):
        standing = of_kind[place]
        heads.append(
            AtlasHead(layer=place[0], head=place[1], rank=rank, outcome=standing.outcome, measured=standing.measured)
        )
    return AtlasKind(
        kind=of_kind.asked.kind,
        confirmed=of_kind.passing,
        too_close=of_kind.too_close,
        blind_head=of_kind.scores.blind_head,
        thresholds=tuple(thresholds_of(of_kind.asked)),
        heads=tuple(heads),
    )


def compare(before: Atlas, after: Atlas) -> Comparison:
    """Return what is different in the second, kind by kind; head by head only if their shapes are the same."""
    alike = _shape(before) == _shape(after)
    others = {each.kind.name: each for each in after.kinds}
    both = [(each, others[each.kind.name]) for each in before.kinds if each.kind.name in others]
    return Comparison(
        before=_compared(before),
        after=_compared(after),
        head_by_head=alike,
        kinds=tuple(_compared_kind(one, other, alike=alike) for one, other in both),
        only_before=tuple(_only(before, after)),
        only_after=tuple(_only(after, before)),
    )


def _shape(atlas: Atlas) -> tuple[str, int, int]:
    source = atlas.transformer
    return source.family, source.layers, source.heads


def _compared(atlas: Atlas) -> Compared:
    return Compared(transformer=atlas.transformer, digest=atlas.digest, table=atlas.table)


def _compared_kind(one: AtlasKind, other: AtlasKind, *, alike: bool) -> ComparedKind:
    return ComparedKind(
        kind=one.kind,
        confirmed=(one.confirmed, other.confirmed),
        changes=tuple(_changes(one.heads, other.heads)) if alike else (),
        best=(one.heads[:BEST], other.heads[:BEST]),
    )


def _changes(before: Sequence[AtlasHead], after: Sequence[AtlasHead]) -> Iterator[HeadChange]:
    """Yield the heads that came, then those that went, then those that moved; each the best first."""
    now = {(head.layer, head.head): head for head in after}
    pairs = [(head, now[head.layer, head.head]) for head in before]
    of: dict[Change, list[tuple[AtlasHead, AtlasHead]]] = {"came": [], "went": [], "moved": []}
    for one, other in pairs:
        match one.outcome == "confirmed", other.outcome == "confirmed":
            case False, True:
                of["came"].append((one, other))
            case True, False:
                of["went"].append((one, other))
            case True, True if (one.measured.score, one.rank) != (other.measured.score, other.rank):
                of["moved"].append((one, other))
    of["came"].sort(key=lambda pair: pair[1].rank)
    for change, heads in of.items():
        yield from (HeadChange(change=change, before=one, after=other) for one, other in heads)


def _only(there: Atlas, elsewhere: Atlas) -> Iterator[LeftOut]:
    """Yield the kinds of one atlas that the other lacks, each with the reason."""
    names = {each.kind.name for each in elsewhere.kinds}
    reasons = {each.kind.name: each.reason for each in elsewhere.left_out}
    for each in there.kinds:
        if each.kind.name not in names:
            unasked = LOOKS_AHEAD if each.kind.looks_ahead else NOT_ASKED
            yield LeftOut(kind=each.kind, reason=reasons.get(each.kind.name, unasked))
