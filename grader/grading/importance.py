"""The rule for what an effect shows: a head is needed alone, needed together with others, or no effect was seen."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from grader.schema import (
    Estimate,
    HeadIndex,
    Importance,
    Kind,
    Replacement,
    Scope,
    SetEffect,
    Side,
    Trace,
    Writes,
)

DECIDING: tuple[Replacement, ...] = ("resample", "mean")
"""The replacements under which an effect must be seen, both of them; zero invents effects."""
LEAST_SHOWN = 0.1
"""The least behaviour, in nats or logits, of which anything can be lost."""
ADDS_AT = 0.02
"""The part of the behaviour that a head must add to the effect of a set for the set to need it."""
ENOUGH_AT = 0.5
"""The part of the behaviour that a head must keep without all others of its kind to be enough by itself."""


class CausalEvidence(Protocol):
    """The source of causal evidence: measured, looked up, or planted."""

    def effect(self, kind: Kind, heads: Sequence[HeadIndex]) -> SetEffect:
        """Return the effect of a set of heads, with its members and controls."""

    def trace(self, kind: Kind, receiver: HeadIndex) -> Trace:
        """Return what is left of the receiver without each earlier head."""

    def scope(self, kind: Kind, head: HeadIndex) -> Scope | None:
        """Return how much of the head's attention on ordinary text the kind explains; None if text has no such kind."""

    def writes(self, kind: Kind, heads: Sequence[HeadIndex]) -> Writes | None:
        """Return the rank of the attended token in what the heads write; None for families where it is not defined."""


def importance(effect: SetEffect, needed_at: float, head: HeadIndex | None = None) -> Importance:
    """Return what the effect of a set shows; of one head in it, if it is named, else of all.

    A set is needed if the lower end of its effect's interval is at least `needed_at` of the behaviour and its effect is
    above that of every control, under resampling and under the mean. A head in it is needed together with the others if
    it also adds ADDS_AT of the behaviour to their effect.
    """
    if not effect.measure:
        return "no causal measure"
    if effect.behaviour.interval[0] < LEAST_SHOWN:
        return "no effect seen"
    sides = {*_of_set(effect, needed_at), *_of_members(effect, head)}
    if "under" in sides:
        return "no effect seen"
    if "borderline" in sides:
        return "too close to call"
    return "needed alone" if len(effect.heads) == 1 else "needed together"


def idle(effect: SetEffect) -> list[HeadIndex]:
    """Return the heads of a set that add nothing to its effect."""
    return [
        (member.layer, member.head)
        for member in effect.members
        if "under" in {_side(member.adds[by], ADDS_AT * effect.behaviour.value) for by in DECIDING}
    ]


def enough(effect: SetEffect, head: HeadIndex) -> bool:
    """Return whether the head keeps half of the behaviour, or more, when all others of its kind are replaced."""
    kept = [member.keeps for member in effect.members if head == (member.layer, member.head)]
    return bool(kept) and all(by in kept[0] and kept[0][by].interval[0] >= ENOUGH_AT for by in DECIDING)


def _of_set(effect: SetEffect, needed_at: float) -> Iterator[Side]:
    for by in DECIDING:
        yield _side(effect.effect[by], needed_at * effect.behaviour.value)
        if by in effect.control and effect.effect[by].value <= effect.control[by].most:
            yield "under"


def _of_members(effect: SetEffect, head: HeadIndex | None) -> Iterator[Side]:
    for member in effect.members if len(effect.heads) > 1 else ():
        if head is None or head == (member.layer, member.head):
            yield from (_side(member.adds[by], ADDS_AT * effect.behaviour.value) for by in DECIDING)


def _side(estimate: Estimate, at_least: float) -> Side:
    low, high = estimate.interval
    if low < at_least < high:
        return "borderline"
    return "over" if estimate.value >= at_least else "under"
