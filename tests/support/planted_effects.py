"""Planted causal evidence: a head that is needed alone, four that are needed together, and one that shows nothing."""

from collections.abc import Iterable, Mapping, Sequence

from grader.schema import (
    CircuitVerdict,
    Control,
    Estimate,
    Feeds,
    HeadIndex,
    Kind,
    Matters,
    Member,
    Place,
    Replacement,
    Scope,
    SenderLeft,
    SetEffect,
    SizeEffect,
    Trace,
    Without,
    Writes,
)

INDUCTION, PREVIOUS = Kind(type="induction"), Kind(type="positional", offset=-1)
FOUR: tuple[HeadIndex, ...] = ((0, 0), (1, 1), (2, 2), (3, 3))
"""The confirmed induction heads of `planted_calibration`."""
LONE: HeadIndex = (4, 0)
"""Its previous-token head."""
MEASURE = "copying"
GAIN = 14.67
LOST: dict[Replacement, float] = {"resample": 7.65, "mean": 4.30, "zero": 6.05}


def about(value: float, spread: float = 0.2) -> Estimate:
    return Estimate(value=value, interval=(round(value - spread, 4), round(value + spread, 4)))


def effect(
    heads: Sequence[HeadIndex],
    lost: Mapping[Replacement, float],
    *,
    kind: Kind = INDUCTION,
    adds: float = 3.0,
    controlled: bool = True,
    idle: Iterable[HeadIndex] = (),
) -> SetEffect:
    """Return the effect of a set; each of its heads `adds` as much to that of the others, but the `idle` ones."""
    places = tuple(Place(layer=layer, head=head) for layer, head in heads)
    members = tuple(
        Member(
            layer=layer,
            head=head,
            adds={by: about(0.0 if (layer, head) in idle else adds) for by in lost},
            keeps={by: about(0.04, 0.01) for by in lost},
        )
        for layer, head in heads
    )
    control = {by: Control(value=0.05, most=0.10, sets=20) for by in lost if by != "zero"}
    return SetEffect(
        kind=kind,
        measure=MEASURE,
        heads=places,
        behaviour=about(GAIN),
        effect={by: about(value) for by, value in lost.items()},
        control=control if controlled else {},
        members=members if len(heads) > 1 else (),
        curve=tuple(_point(places[:size], size / len(places), lost) for size in range(1, len(places) + 1)),
        sequences=24,
    )


def _point(heads: tuple[Place, ...], part: float, lost: Mapping[Replacement, float]) -> SizeEffect:
    """Return one size of the curve, which is steep at its end."""
    return SizeEffect(
        size=len(heads), heads=heads, effect={by: about(value * part**3, 0.1) for by, value in lost.items()}
    )


def single(place: HeadIndex, lost: float = 0.12, kind: Kind = INDUCTION) -> SetEffect:
    """Return the effect of one head, the same under every replacement."""
    return effect([place], {"resample": lost, "mean": lost, "zero": lost}, kind=kind)


TOGETHER = effect(FOUR, LOST)
ALONE = single(LONE, 12.7, PREVIOUS)
NONE = single((4, 4))
TABLE = (*(single(place) for place in FOUR), NONE, TOGETHER, ALONE)
"""The effects of a causal scan."""

SENDER = SenderLeft(
    layer=0, head=1, left=0.03, interval=(0.02, 0.05), mean=about(0.06, 0.01), direct={"key": about(0.11, 0.02)}
)
TRACE = Trace(
    kind=INDUCTION,
    layer=1,
    head=1,
    score=0.88,
    interval=(0.82, 0.94),
    senders=(SENDER, SENDER.model_copy(update={"head": 0, "left": 0.79, "interval": (0.74, 0.85)})),
)
SCOPE = Scope(value=0.43, interval=(0.40, 0.47))
WRITES = Writes(heads=(Place(layer=1, head=1),), rank=13, top=0.34, of=2508, others=268)
MATTERS = Matters(
    claimed="together",
    result="confirmed",
    importance="needed together",
    companions=tuple(Place(layer=layer, head=head) for layer, head in FOUR[1:]),
    rationale="L0H0 is needed together with L1H1, L2H2, L3H3.",
    effects=(single(FOUR[0]), TOGETHER),
)
CIRCUIT = CircuitVerdict(
    feeds=Feeds(sender=Place(layer=0, head=1), receiver=Place(layer=1, head=1), into="key"),
    kind=INDUCTION,
    result="confirmed",
    points=5.0,
    rationale="L0H1 feeds L1H1.",
    score=0.88,
    left=SENDER,
    others=0.79,
)
WITHOUT = Without(
    kind=INDUCTION,
    measure=MEASURE,
    unit="nats",
    heads=TOGETHER.heads,
    behaviour=about(GAIN),
    left={"resample": about(0.77), "mean": about(2.3)},
)
