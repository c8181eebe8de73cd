"""A rule for an exercise from what was measured: points, budget and costs with which guessing does not pay.

A single lucky claim costs nothing, so that each head may be worth only so much: 5 % of all points divided by the chance
to guess it. Where few heads and kinds are there, a kind then asks for more heads than there are, and full points cannot
be reached; `pass_at` allows for it.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from math import ceil, floor
from statistics import fmean
from typing import NamedTuple

from grader.base.errors import InvalidInput, Problem
from grader.base.numbers import percent
from grader.exercises.guessing import MOST_SCORE, paying
from grader.exercises.scoring import LUCK_LIMIT, luck, points_each
from grader.schema import AskedKind, Exercise, Kind

SOURCE = "grade exercises new"
POINTS, FEWER_POINTS = 20, 10
"""The points for a kind, and for one that many heads are."""
COMMON = 0.1
"""The part of all heads from which there are fewer points for a kind: it is easily found."""
WANTED = 2
"""The heads of a kind that are asked for, if that suffices."""
MOST_HEADS, MOST_BEYOND = 8, 3
"""The most heads of a kind that are asked for, and the most kinds that may ask for more heads than there are."""
BEYOND = ((0, 1, 2), (20, 30, 40))
"""The heads that these kinds ask for beyond those that there are, and the points for them."""
MOST_TRIED = 250
"""The most ways to ask for more heads than there are that are tried."""
PASS_AT, PART_TO_PASS = 0.5, 0.7
"""The score to pass, and the part of what can be reached if that is less than all points."""
KINDS_NEEDED = 3


class CountedKind(NamedTuple):
    """A kind with the numbers of its heads that pass, and that are too close to call."""

    kind: Kind
    passing: int
    too_close: int

    def chance(self, heads: int) -> float:
        """Return the chance that a random claim on one of these many heads is right, of those that are decided."""
        return min(1.0, self.passing / max(1, heads - self.too_close))

    def asked(self, heads: int, points: int) -> AskedKind:
        """Return the kind as an exercise asks for it."""
        return AskedKind(
            **self.kind.model_dump(), heads=heads, points=points, passing=self.passing, too_close=self.too_close
        )


class Ruled(NamedTuple):
    """The exercise with its rule, and the kinds that had to be left out because guessing them would pay."""

    exercise: Exercise
    too_common: tuple[CountedKind, ...]


def ruled(exercise: Exercise, counted: Iterable[CountedKind]) -> Ruled:
    """Return the exercise with the kinds that have confirmed heads, and a rule that the guess rule accepts.

    Raises:
        InvalidInput: There is none: nothing is confirmed, too many heads pass, or too few to be told from luck.
    """
    heads = exercise.transformer.layers * exercise.transformer.heads
    kinds = [each for each in counted if each.passing]
    if not kinds:
        raise _refusal(
            "nothing-confirmed",
            "no head is confirmed as any of the kinds, so there is nothing to find; measure other kinds with --kinds, "
            "take a larger transformer, or write thresholds of your own with `grade exercises new` without --from",
        )
    left, too_common = list(kinds), list[CountedKind]()
    while left:
        if rule := _rule(exercise, left, heads):
            return Ruled(rule, tuple(too_common))
        too_common.append(max(left, key=lambda each: each.chance(heads)))
        left.remove(too_common[-1])
    raise _refusal("no-rule", _why_none(kinds, heads))


def _rule(exercise: Exercise, kinds: Sequence[CountedKind], heads: int) -> Exercise | None:
    """Return the exercise with the first rule that is accepted, the one with most points to reach first."""
    if _luck([(each.passing, each.chance(heads)) for each in kinds]) > LUCK_LIMIT:
        return None
    for asked in _askings(kinds, heads):
        reached = [(min(each.heads, each.passing), one.chance(heads)) for each, one in zip(asked, kinds, strict=True)]
        if _luck(reached) > LUCK_LIMIT:
            continue
        if rule := _costed(exercise.model_copy(update=_shared(asked)), asked):
            return rule
    return None


def _luck(right: Iterable[tuple[int, float]]) -> float:
    """Return the chance that random claims do as well as these numbers of right ones, each number with its chance."""
    chances = [chance for number, chance in right for _ in range(number)]
    return luck(chances, len(chances))


def _askings(kinds: Sequence[CountedKind], heads: int) -> Iterator[list[AskedKind]]:
    """Yield ways to ask for the kinds in which no single lucky claim pays, the best first."""
    points = [FEWER_POINTS if each.passing > COMMON * heads else POINTS for each in kinds]
    usual = [
        [each.asked(min(most, each.passing), worth) for each, worth in zip(kinds, points, strict=True)]
        for most in (WANTED, 2 * WANTED, MOST_HEADS)
    ]
    yield from (asked for asked in usual if _is_safe(asked, kinds, heads))
    if len(kinds) <= MOST_BEYOND:
        choices = [
            [each.asked(min(each.passing, MOST_HEADS) + more, worth) for more, worth in product(*BEYOND)]
            for each in kinds
        ]
        beyond = [asked for asked in map(list, product(*choices)) if _is_safe(asked, kinds, heads)]
        yield from sorted(beyond, key=lambda asked: -_reach(asked))[:MOST_TRIED]


def _is_safe(asked: Sequence[AskedKind], kinds: Sequence[CountedKind], heads: int) -> bool:
    """Return whether one claim at random earns too little on the average, whichever kind it is of."""
    points = sum(each.points for each in asked)
    pairs = zip(asked, kinds, strict=True)
    return all(points_each(each) / points * one.passing / heads <= MOST_SCORE for each, one in pairs)


def _reach(asked: Iterable[AskedKind]) -> float:
    """Return the part of all points that can be reached."""
    kinds = list(asked)
    return sum(points_each(each) * min(each.heads, each.passing) for each in kinds) / sum(each.points for each in kinds)


def _shared(asked: Sequence[AskedKind]) -> dict[str, object]:
    """Return the values of an exercise that follow from its kinds alone."""
    reach = _reach(asked)
    pass_at = PASS_AT if reach > 1 - 1e-9 else min(PASS_AT, floor(20 * PART_TO_PASS * reach) / 20)
    return {"kinds": tuple(asked), "pass_at": pass_at, "kinds_needed": min(KINDS_NEEDED, len(asked))}


def _costed(exercise: Exercise, asked: Sequence[AskedKind]) -> Exercise | None:
    """Return the exercise with the largest budget and the lowest costs that are accepted; None if none are."""
    wanted = sum(min(each.heads, each.passing) for each in asked)
    costs = range(ceil(fmean(map(points_each, asked)) / 2), exercise.points + 1)
    dearest = exercise.model_copy(update={"budget": wanted, "wrong_costs": float(costs[-1])})
    if paying(dearest):  # a larger budget only adds ways to guess
        return None
    for budget in sorted({2 * wanted, ceil(1.5 * wanted), wanted}, reverse=True):
        if (cost := _smallest(exercise.model_copy(update={"budget": budget}), costs)) is not None:
            return exercise.model_copy(update={"budget": budget, "wrong_costs": float(cost)})
    return None


def _smallest(exercise: Exercise, costs: Sequence[int]) -> int | None:
    """Return the lowest cost of a wrong claim that is accepted, by halving; None if not even the highest is."""

    def accepted(cost: int) -> bool:
        return not paying(exercise.model_copy(update={"wrong_costs": float(cost)}))

    if not accepted(costs[-1]):
        return None
    refused, taken = -1, len(costs) - 1
    while taken - refused > 1:
        middle = (refused + taken) // 2
        if accepted(costs[middle]):
            taken = middle
        else:
            refused = middle
    return costs[taken]


def _why_none(kinds: Sequence[CountedKind], heads: int) -> str:
    counts = ", ".join(f"{each.kind.name} {each.passing} of {heads}" for each in kinds)
    by_luck = _luck([(each.passing, each.chance(heads)) for each in kinds])
    reason = (
        f"random claims would find all of them {percent(by_luck)} of the time, and {percent(LUCK_LIMIT)} is allowed"
        if by_luck > LUCK_LIMIT
        else "guessing pays with any points, budget and costs"
    )
    return (
        f"no rule makes guessing worthless here: {reason} (heads that pass: {counts}); measure more kinds, or take a "
        "transformer with more heads"
    )


def _refusal(code: str, message: str) -> InvalidInput:
    return InvalidInput(SOURCE, [Problem(code, message)])
