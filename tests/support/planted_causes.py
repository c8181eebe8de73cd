"""Causal evidence with planted values: what is lost without heads, and what is left of a receiver without senders."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from grader.schema import (
    Control,
    Estimate,
    Exercise,
    HeadIndex,
    Kind,
    Member,
    Place,
    Scope,
    SenderLeft,
    SetEffect,
    Trace,
    Writes,
)
from tests.support.planted_tables import HEADS, INDUCTION, PREVIOUS, exercise

BEHAVIOUR = 14.67
IDLE = 0.1
"""The loss without a head that others stand in for, in nats."""
EACH = 3.0
"""The loss that each of the heads that are needed together adds to their set."""
SCORE, ELSEWHERE = 0.9, 0.8
"""The receiver's score with nothing replaced, and without a head that does not feed it."""
TRUE_HEADS = tuple((1, head) for head in range(HEADS))
"""The induction heads: all of layer 1, of which the first three are needed together and the others add nothing."""
TOGETHER = TRUE_HEADS[:3]
BACK = (0, 3)
"""The head that looks back, which is needed alone and feeds all induction heads."""
SCORES: dict[str, dict[HeadIndex, float]] = {
    "positional:-1": {BACK: 0.95},
    "induction": dict.fromkeys(TRUE_HEADS, 0.9),
}
CIRCUITS = {"wanted": 2, "points": 10, "passing": 5, "pairs": 25}


def around(value: float, width: float = 0.05) -> Estimate:
    """Return an estimate with an interval of this half width."""
    return Estimate(value=value, interval=(value - width, value + width))


@dataclass
class Planted:
    """Causal evidence; it counts what it is asked."""

    alone: Mapping[HeadIndex, float] = field(default_factory=lambda: {BACK: 12.7})
    """The loss without single heads; all others lose IDLE."""
    together: Sequence[HeadIndex] = TOGETHER
    width: float = 0.05
    mean: float = 0.6
    """The loss by the mean, as a part of that by resampling."""
    control: float | None = None
    keeps: float = 0.1
    left: Mapping[tuple[HeadIndex, HeadIndex], float] = field(
        default_factory=lambda: {(BACK, place): 0.03 for place in TRUE_HEADS}
    )
    """What is left of receivers, by (sender, receiver); all other senders leave ELSEWHERE."""
    key: bool = True
    """True if what feeds a receiver goes into its key, and not into its query."""
    direct: bool = True
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    def loss(self, heads: Iterable[HeadIndex]) -> float:
        """Return the loss without these heads, resampled."""
        given = set(heads)
        several = given & set(self.together)
        lost = EACH * len(several) if len(several) > 1 else IDLE * len(several)
        return lost + sum(self.alone.get(each, IDLE) for each in given - several)

    def effect(self, kind: Kind, heads: Sequence[HeadIndex]) -> SetEffect:
        self.asked.append(("effect", kind.name, *heads))
        return SetEffect(
            kind=kind,
            measure="planted",
            heads=tuple(Place(layer=layer, head=head) for layer, head in heads),
            behaviour=around(BEHAVIOUR),
            effect=self._both(self.loss(heads)),
            control={}
            if self.control is None
            else {by: Control(value=0.0, most=self.control, sets=9) for by in ("resample", "mean")},
            members=tuple(self._member(place, heads) for place in heads),
            sequences=24,
        )

    def trace(self, kind: Kind, receiver: HeadIndex) -> Trace:
        self.asked.append(("trace", kind.name, receiver))
        senders = [(layer, head) for layer in range(receiver[0]) for head in range(HEADS)]
        left = {sender: self.left.get((sender, receiver), ELSEWHERE) for sender in senders}
        return Trace(
            kind=kind,
            layer=receiver[0],
            head=receiver[1],
            score=SCORE,
            interval=(SCORE - self.width, SCORE + self.width),
            senders=tuple(self._sender(each, left[each]) for each in sorted(senders, key=left.__getitem__)),
        )

    def scope(self, kind: Kind, head: HeadIndex) -> Scope | None:
        self.asked.append(("scope", kind.name, head))
        return Scope(value=0.7, interval=(0.6, 0.8))

    def writes(self, kind: Kind, heads: Sequence[HeadIndex]) -> Writes | None:
        self.asked.append(("writes", kind.name, *heads))
        return Writes(heads=tuple(Place(layer=layer, head=head) for layer, head in heads), rank=13, top=0.3, of=2508)

    def _member(self, place: HeadIndex, heads: Sequence[HeadIndex]) -> Member:
        adds = self.loss(heads) - self.loss(each for each in heads if each != place)
        kept = around(self.keeps, 0.02)
        return Member(layer=place[0], head=place[1], adds=self._both(adds), keeps={"resample": kept, "mean": kept})

    def _both(self, loss: float) -> dict[Any, Estimate]:
        return {"resample": around(loss, self.width), "mean": around(self.mean * loss, self.width)}

    def _sender(self, place: HeadIndex, left: float) -> SenderLeft:
        paths = (left, SCORE) if self.key else (SCORE, left)
        return SenderLeft(
            layer=place[0],
            head=place[1],
            left=left,
            interval=(left - self.width, left + self.width),
            mean=around(left, self.width),
            direct={"key": around(paths[0], self.width), "query": around(paths[1], self.width)} if self.direct else {},
        )


def causal_exercise(**more: Any) -> Exercise:  # noqa: ANN401 - whatever a field may be
    """Return an exercise on 25 heads that asks for needed heads, and for circuits of the induction heads."""
    back = {**PREVIOUS, "heads": 1, "passing": 1, "evidence": "needed"}
    induction = {**INDUCTION, "heads": 2, "points": 30, "passing": 5, "evidence": "needed", "circuits": CIRCUITS}
    return exercise(back, induction, **{"budget": 12, "kinds_needed": 2, **more})


def feeds(sender: HeadIndex, receiver: HeadIndex, into: str = "key") -> dict[str, Any]:
    """Return what a claim says of a circuit."""
    ends = {"from": sender, "to": receiver}
    return {**{end: {"layer": layer, "head": head} for end, (layer, head) in ends.items()}, "into": into}


def places(*heads: HeadIndex) -> tuple[dict[str, int], ...]:
    """Return heads as a claim names its companions."""
    return tuple({"layer": layer, "head": head} for layer, head in heads)
