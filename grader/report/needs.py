"""The heads that were seen to matter, from effects that are known already: nothing is measured here."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from grader.grading.importance import idle, importance
from grader.schema import AskedKind, Exercise, HeadIndex, Importance, Kind, Report, SetEffect, Verdict

if TYPE_CHECKING:
    from grader.laboratory import Laboratory

NEEDED: tuple[Importance, ...] = ("needed alone", "needed together")
"""The outcomes of heads that were seen to matter, the strongest first."""
DEFAULT_PART: float = AskedKind.model_fields["needed_at"].default
"""The part of the behaviour that must be lost for a kind that the exercise does not ask for."""


class Need(NamedTuple):
    """The importance of one head, or of one set of heads, for what a kind is for."""

    kind: Kind
    importance: Importance
    companions: tuple[HeadIndex, ...] = ()
    """The heads with which it is needed together."""
    idle: tuple[HeadIndex, ...] = ()
    """The heads that add nothing to the effect of a set, which is a large one."""

    @property
    def is_seen(self) -> bool:
        """True if the transformer was seen to need it."""
        return self.importance in NEEDED


Needs = Mapping[tuple[str, HeadIndex], Need]
"""The importance of heads as it was seen, by the kind's name and the head."""
NO_NEEDS: Needs = MappingProxyType({})


def needed_at(exercise: Exercise, kind: Kind) -> float:
    """Return the part of the behaviour that must be lost for a head of the kind to be needed."""
    asked = exercise.asked(kind)
    return asked.needed_at if asked else DEFAULT_PART


def of_set(effect: SetEffect, at_least: float) -> Need:
    """Return what the effect of heads shows of all of them."""
    places = tuple(place.index for place in effect.heads)
    shown = importance(effect, at_least)
    if shown == "needed together":
        return Need(effect.kind, shown, places)
    is_large = importance(effect.model_copy(update={"members": ()}), at_least) == "needed together"
    return Need(effect.kind, shown, idle=tuple(idle(effect)) if is_large else ())


def of_head(own: SetEffect, sets: Iterable[SetEffect], at_least: float) -> Need:
    """Return what its own effect shows of a head, else those of sets that it is in, the smallest set first."""
    (place,) = (each.index for each in own.heads)
    alone = importance(own, at_least)
    if alone in ("needed alone", "no causal measure"):
        return Need(own.kind, alone)
    for effect in sorted(sets, key=lambda each: len(each.heads)):
        is_in = any((member.layer, member.head) == place for member in effect.members)
        if is_in and importance(effect, at_least, place) == "needed together":
            others = tuple(each.index for each in effect.heads if each.index != place)
            return Need(own.kind, "needed together", others)
    return Need(own.kind, alone)


def of_table(effects: Sequence[SetEffect], exercise: Exercise) -> Needs:
    """Return what was seen of each head under each kind."""
    needs = {}
    for own in effects:
        if len(own.heads) == 1:
            sets = (each for each in effects if each.kind.name == own.kind.name and len(each.heads) > 1)
            needs[own.kind.name, own.heads[0].index] = of_head(own, sets, needed_at(exercise, own.kind))
    return needs


def kept(lab: "Laboratory") -> Needs:
    """Return what was seen before of the importance of an exercise's heads; nothing is measured for it."""
    table = lab.causal.kept_table if lab.is_measured else None
    return of_table(table.effects, lab.exercise) if table is not None else NO_NEEDS


def of_verdict(verdict: Verdict) -> Need | None:
    """Return what a confirmed claim on the importance of a head shows; None if there is none."""
    matters = verdict.matters
    if verdict.outcome != "confirmed" or matters is None or matters.result != "confirmed":
        return None
    companions = tuple(each.index for each in matters.companions) if matters.importance == "needed together" else ()
    return Need(verdict.claim.kind, matters.importance, companions)


def of_report(report: Report) -> Needs:
    """Return what the report itself confirms of the heads that it is about."""
    return {
        (verdict.claim.name, (verdict.claim.layer, verdict.claim.head)): need
        for verdict in report.verdicts
        if (need := of_verdict(verdict)) is not None
    }


def by_head(needs: Needs) -> dict[HeadIndex, Need]:
    """Return the strongest need of each head that was seen to matter."""
    of_heads: dict[HeadIndex, list[Need]] = {}
    for (_kind, place), need in needs.items():
        of_heads.setdefault(place, []).append(need)
    best = {place: strongest(of_head) for place, of_head in of_heads.items()}
    return {place: need for place, need in best.items() if need is not None}


def strongest(needs: Iterable[Need]) -> Need | None:
    """Return the strongest of the needs that were seen; None if there is none."""
    return min((need for need in needs if need.is_seen), key=lambda need: NEEDED.index(need.importance), default=None)
