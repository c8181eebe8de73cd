"""The effect of a set of heads: its size, its controls, and what each of its heads adds."""

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import accumulate
from math import comb, prod

import numpy as np

from grader.measuring.interventions.losses import Heads, Losses
from grader.measuring.probes import draw
from grader.measuring.statistics.bootstrap import Array, Resamples
from grader.measuring.statistics.pooling import DECIMALS
from grader.schema import Control, Estimate, HeadIndex, Kind, Member, Place, Replacement, SetEffect, SizeEffect

CONTROLS = 8
"""The most control sets."""
BOTH: tuple[Replacement, ...] = ("resample", "mean")
ALL: tuple[Replacement, ...] = (*BOTH, "zero")


class Effects:
    """The effects of sets of heads on what one kind is for."""

    def __init__(
        self, losses: Losses, kind: Kind, of_kind: Collection[HeadIndex], scoring: Collection[HeadIndex], seed: int
    ) -> None:
        """Prepare it.

        Args:
            losses: The kind's measure on its trials.
            kind: The kind.
            of_kind: The heads that are of the kind; `keeps` is measured against all of them.
            scoring: The heads that score on the kind at all, so that they are no controls.
            seed: The seed of controls and intervals.
        """
        self.losses, self.kind, self.seed = losses, kind, seed
        self.of_kind = frozenset(of_kind)
        self._aside = self.of_kind | frozenset(scoring)
        self.draws = Resamples(losses.count, seed)

    def of(self, heads: Sequence[HeadIndex], *, whole: bool = False) -> SetEffect:
        """Return the effect of a set; with `whole` also its curve over the first heads, and that of zero."""
        chosen, replacements = frozenset(heads), ALL if whole else BOTH
        controls, elsewhere = self.controls(chosen)
        others = {head: (chosen - {head}, (self.of_kind | chosen) - {head}) for head in heads}
        curve = list(accumulate(([head] for head in heads), lambda one, other: one + other)) if whole else []
        sets = [chosen, *controls, *(each for pair in others.values() for each in pair), *map(frozenset, curve)]
        asked = {by: sets if by in BOTH else [chosen, *controls] for by in replacements}
        lost = {by: dict(zip(asked[by], self.losses.lost(asked[by], by), strict=True)) for by in replacements}
        return SetEffect(
            kind=self.kind,
            measure=self.losses.measure.name,
            unit=self.losses.measure.unit,
            heads=tuple(place(head) for head in heads),
            behaviour=self._estimate(self.losses.behaviour),
            effect={by: self._estimate(lost[by][chosen]) for by in replacements},
            control={by: _control([lost[by][each] for each in controls], elsewhere) for by in replacements if controls},
            members=tuple(
                Member(
                    layer=head[0],
                    head=head[1],
                    adds={by: self._estimate(lost[by][chosen] - lost[by][rest]) for by in BOTH},
                    keeps={by: self._kept(lost[by][of_all]) for by in BOTH},
                )
                for head, (rest, of_all) in others.items()
            ),
            curve=tuple(
                SizeEffect(
                    size=len(first),
                    heads=tuple(map(place, first)),
                    effect={by: self._estimate(lost[by][frozenset(first)]) for by in BOTH},
                )
                for first in curve
            ),
            sequences=self.losses.count,
        )

    def controls(self, heads: Heads) -> tuple[list[Heads], bool]:
        """Return as large sets of heads that do not score on the kind, and whether they are of other layers.

        They are of the same layers, where these have enough such heads; else of the nearest layers that have, later
        ones first: those cannot feed the set. None if no layer has enough.
        """
        wanted = Counter(layer for layer, _head in heads)
        free = [
            [(layer, head) for head in range(self.losses.bench.heads) if (layer, head) not in self._aside | heads]
            for layer in range(self.losses.bench.layers)
        ]
        sources = Counter[int]()
        for layer, count in sorted(wanted.items()):
            near = [layer, *range(layer + 1, len(free)), *range(layer - 1, -1, -1)]
            enough = (each for each in near if len(free[each]) >= sources[each] + count)
            if (source := next(enough, None)) is None:
                return [], False
            sources[source] += count
        ways = prod(comb(len(free[layer]), count) for layer, count in sources.items())
        random = draw.stream(self.seed, f"controls {sorted(heads)}")
        drawn: dict[Heads, None] = {}
        while len(drawn) < min(CONTROLS, ways):
            one = (head for layer, count in sorted(sources.items()) for head in draw.some(random, free[layer], count))
            drawn.setdefault(frozenset(one))
        return list(drawn), sources != wanted

    def _estimate(self, values: Array) -> Estimate:
        return estimate(self.draws, values, np.ones(len(values)))

    def _kept(self, lost: Array) -> Estimate:
        """Return the part of the behaviour that is left; nothing is a part of a behaviour that may not be there."""
        behaviour = self.losses.behaviour
        if self._estimate(behaviour).interval[0] <= 0:
            return Estimate(value=0.0, interval=(0.0, 0.0))
        return estimate(self.draws, behaviour - lost, behaviour)


def estimate(draws: Resamples, above: Array, below: Array) -> Estimate:
    """Return sum(above) / sum(below) with its interval, to four decimals."""
    value, low, high = (round(float(each), DECIMALS) + 0.0 for each in draws.ratio(above, below))
    return Estimate(value=value, interval=(low, high))


def place(head: HeadIndex) -> Place:
    """Return the record of a head."""
    return Place(layer=head[0], head=head[1])


def _control(lost: Sequence[Array], elsewhere: bool) -> Control:
    means = [round(float(values.mean()), DECIMALS) + 0.0 for values in lost]
    mean = round(sum(means) / len(means), DECIMALS)
    return Control(value=mean, most=max(means), sets=len(means), elsewhere=elsewhere)
