"""The embedded transformer: a head that is needed alone, and induction heads that are needed together."""

from functools import cache
from itertools import product

import pytest

from grader import exercises
from grader.grading.importance import idle, importance
from grader.measuring import transformer
from grader.measuring.attention.streaming import one_thread
from grader.measuring.interventions.effects import Effects
from grader.measuring.interventions.losses import Losses
from grader.measuring.interventions.measures.copying import COPYING
from grader.measuring.interventions.scopes import scopes
from grader.measuring.interventions.senders import Senders
from grader.measuring.interventions.workbench import Workbench
from grader.measuring.interventions.writes import writes
from grader.measuring.probes import draw
from grader.measuring.probes.families import family
from grader.measuring.transformer import Loaded
from grader.schema import HeadIndex, Kind, ProbeSettings, SetEffect, Trace

KIND = Kind(type="induction")
SETTINGS = ProbeSettings(seed=42, causal_sequences=8, repeat_sequences=6, random_sequences=8)
PREVIOUS_TOKEN = (0, 5)
BEST = [(1, 3), (1, 2), (1, 1), (1, 7)]
INDUCTION = [(1, head) for head in range(8)]
"""Every head of layer 1 is one."""


@cache
def loaded() -> Loaded:
    return transformer.load(exercises.load("mini-heads").transformer, dtype="float32", whole=True)


@cache
def bench() -> Workbench:
    return Workbench(loaded().model, loaded().whole)


def taken(threads: int = 1) -> Losses:
    with one_thread():
        return Losses(bench(), COPYING, COPYING.build(loaded().tokenizer, SETTINGS, True, 256), threads)


@cache
def losses() -> Losses:
    return taken()


@cache
def effect(*heads: HeadIndex) -> SetEffect:
    return Effects(losses(), KIND, BEST, INDUCTION, seed=42).of(heads, whole=len(heads) > 1)


@cache
def trace(threads: int = 1) -> Trace:
    with one_thread():
        senders = Senders(bench(), loaded().tokenizer, SETTINGS, KIND, BEST[0], causal=True, threads=threads)
        return senders.trace()


def test_copying_is_strong_and_the_best_four_together_carry_it() -> None:
    four = effect(*BEST)

    assert four.behaviour.value > 14
    assert four.effect["resample"].value > 4
    assert four.effect["mean"].value > 3
    assert importance(four, 0.1) == "needed together"
    assert idle(four) == []


def test_each_alone_is_next_to_nothing_and_the_curve_climbs() -> None:
    curve = effect(*BEST).curve

    assert [point.size for point in curve] == [1, 2, 3, 4]
    for head in BEST:
        alone = effect(head)
        assert max(alone.effect["resample"].value, alone.effect["mean"].value) < 0.2
        assert importance(alone, 0.1) == "no effect seen"
    for by in ("resample", "mean"):
        values = [point.effect[by].value for point in curve]
        assert values == sorted(values)
        assert values[3] > 5 * sum(max(effect(head).effect[by].value, 0) for head in BEST)


def test_the_previous_token_head_is_needed_alone_and_the_others_of_its_layer_are_not() -> None:
    alone = effect(PREVIOUS_TOKEN)

    assert min(alone.effect["resample"].value, alone.effect["mean"].value) > 10
    assert importance(alone, 0.1) == "needed alone"
    assert alone.control["resample"].most < 0.6
    assert alone.control["mean"].most < 0.2
    assert alone.control["resample"].sets == 7


def test_other_sets_of_four_cost_nothing() -> None:
    random = draw.stream(0, "sets of four")
    sets = [
        frozenset((layer, head) for head in draw.some(random, list(range(8)), 4))
        for layer, _number in product(range(2, 6), range(2))
    ]

    for by in ("resample", "mean"):
        assert losses().lost(sets, by).mean(1).max() < 0.1


def test_a_layer_full_of_induction_heads_is_held_against_heads_of_another_layer() -> None:
    for by in ("resample", "mean"):
        control = effect(*BEST).control[by]
        assert (control.elsewhere, control.sets) == (True, 8)
        assert control.most < 0.1


def test_every_interval_holds_its_value() -> None:
    for of_set in (effect(*BEST), effect(PREVIOUS_TOKEN)):
        parts = [each for member in of_set.members for each in (*member.adds.values(), *member.keeps.values())]
        points = [each for point in of_set.curve for each in point.effect.values()]
        for estimate in (of_set.behaviour, *of_set.effect.values(), *parts, *points):
            low, high = estimate.interval
            assert low <= estimate.value <= high
    for sender in trace().senders:
        assert sender.interval[0] <= sender.left <= sender.interval[1]


def test_the_same_seed_gives_the_same_numbers_with_any_number_of_threads() -> None:
    again = taken(threads=2)
    one, two = (Effects(each, KIND, BEST, INDUCTION, seed=42).of(BEST[:2]) for each in (losses(), again))

    assert one == two
    assert trace(threads=2) == trace()


def test_the_previous_token_head_feeds_the_induction_head_into_its_key() -> None:
    first, *others = trace().senders

    assert trace().score > 0.9
    assert (first.layer, first.head) == PREVIOUS_TOKEN
    assert first.left < 0.1
    assert first.mean.value < 0.1
    assert first.direct["key"].value < 0.3
    assert first.direct["query"].value > 0.9 * trace().score
    assert min(other.left for other in others) > 0.6
    assert min(other.direct["key"].value for other in others) > 0.6


def test_together_they_write_the_token_that_they_look_at() -> None:
    sequences = family("repeats", loaded().tokenizer, SETTINGS)
    together = writes(bench(), sequences, KIND, BEST, causal=True)
    elsewhere = writes(bench(), sequences, KIND, [(2, head) for head in range(8)], causal=True)

    assert together is not None
    assert elsewhere is not None
    assert together.of == 2510
    assert together.rank <= 10
    assert together.top > 0.5
    assert elsewhere.rank > 100


def test_on_ordinary_text_the_previous_token_head_does_nothing_else() -> None:
    found = scopes(loaded().model, loaded().tokenizer, SETTINGS, Kind(type="positional", offset=-1), causal=True)
    one, others = found.of(PREVIOUS_TOKEN), [found.of((0, head)) for head in range(8) if head != PREVIOUS_TOKEN[1]]

    assert one is not None
    assert one.value > 0.9
    assert all(other is not None and other.value < 0.9 for other in others)


def test_predictions_without_the_head_for_them_are_refused_with_the_way_out() -> None:
    with pytest.raises(ValueError, match=r"loaded without its head for predictions.*whole=True"):
        next(Workbench(loaded().model).predictions(losses().batches[0].clean.final))


def test_half_precision_shows_the_same() -> None:
    half = transformer.load(exercises.load("mini-heads").transformer, dtype="bfloat16", whole=True)
    trials = COPYING.build(half.tokenizer, SETTINGS, True, 256)
    (lost,) = Losses(Workbench(half.model, half.whole), COPYING, trials).lost([frozenset(BEST)], "resample")

    assert lost.mean() == pytest.approx(effect(*BEST).effect["resample"].value, rel=0.1)
