"""A transformer with weights set by hand, in which it is known what each head does, feeds and writes."""

from functools import cache
from itertools import product
from math import log

import numpy as np
import pytest
import torch

from grader.grading.importance import idle, importance
from grader.kinds.causal import Measure, Trial
from grader.measuring.interventions.effects import Effects
from grader.measuring.interventions.losses import Losses
from grader.measuring.interventions.measures.copying import COPYING
from grader.measuring.interventions.scopes import scopes
from grader.measuring.interventions.senders import Senders
from grader.measuring.interventions.workbench import Edit, Workbench
from grader.measuring.interventions.writes import writes
from grader.measuring.probes.families import family
from grader.schema import HeadIndex, Kind, ProbeSettings, Replacement
from tests.support.planted_transformer import (
    HEADS,
    INDUCTION,
    LAYERS,
    POSITIONS,
    PREVIOUS_TOKEN,
    UNWRITTEN,
    WORDS,
    planted,
    tokenizer,
)

KIND = Kind(type="induction")
SETTINGS = ProbeSettings(seed=3, repeat_sequences=6, causal_sequences=8)
GAIN = log(WORDS)
"""From all tokens alike to certainty."""
EVERY_HEAD = list(product(range(LAYERS), range(HEADS)))
NO_PART = [head for head in EVERY_HEAD if head not in (PREVIOUS_TOKEN, INDUCTION)]
BY = pytest.mark.parametrize("by", ["resample", "mean", "zero"])


@cache
def bench() -> Workbench:
    model = planted()
    return Workbench(model.transformer, model)


@cache
def losses() -> Losses:
    return Losses(bench(), COPYING, COPYING.build(tokenizer(), SETTINGS, True, POSITIONS))


def effects(of_kind: tuple[HeadIndex, ...] = (INDUCTION,)) -> Effects:
    return Effects(losses(), KIND, of_kind, of_kind, seed=3)


def test_the_second_copy_is_certain_and_the_first_is_not_known() -> None:
    assert np.abs(losses().clean).max() <= 1e-12
    assert losses().unknowing == pytest.approx(GAIN, abs=1e-12)
    assert losses().behaviour == pytest.approx(GAIN, abs=1e-12)


@pytest.mark.parametrize("head", [INDUCTION, PREVIOUS_TOKEN])
def test_without_the_induction_head_or_its_sender_the_whole_gain_is_lost(head: HeadIndex) -> None:
    (resampled,) = losses().lost([frozenset([head])], "resample")
    (mean,) = losses().lost([frozenset([head])], "mean")

    assert resampled == pytest.approx(GAIN, abs=1e-12)
    assert mean == pytest.approx(GAIN, abs=0.3)


@BY
def test_no_other_head_costs_anything(by: Replacement) -> None:
    assert np.abs(losses().lost([frozenset([head]) for head in NO_PART], by)).max() <= 1e-12
    assert np.abs(losses().lost([frozenset(NO_PART)], by)).max() <= 1e-12


@BY
def test_a_head_whose_slice_of_the_output_projection_is_zero_has_an_effect_of_exactly_0(by: Replacement) -> None:
    (own,) = losses().lost([frozenset([UNWRITTEN])], by)

    assert own.tolist() == [0.0] * losses().count


def test_the_effect_names_the_gain_its_controls_and_what_each_head_adds_and_keeps() -> None:
    effect = effects().of([INDUCTION], whole=True)

    assert (effect.behaviour.value, effect.behaviour.interval) == (round(GAIN, 4), (round(GAIN, 4),) * 2)
    assert effect.effect["resample"] == effect.effect["zero"] == effect.behaviour
    assert effect.control["resample"].model_dump() == {"value": 0.0, "most": 0.0, "sets": 3}
    (member,) = effect.members
    assert member.adds["resample"] == effect.behaviour
    assert member.keeps["resample"].value == 1.0
    assert [(point.size, point.effect["resample"]) for point in effect.curve] == [(1, effect.behaviour)]
    assert importance(effect, 0.1) == "needed alone"


def test_a_set_with_a_head_that_does_nothing_says_so() -> None:
    effect = effects().of([UNWRITTEN, INDUCTION])
    adds = {(member.layer, member.head): member.adds["resample"].value for member in effect.members}
    keeps = {(member.layer, member.head): member.keeps["resample"].value for member in effect.members}

    assert adds == {UNWRITTEN: 0.0, INDUCTION: round(GAIN, 4)}
    assert keeps == {UNWRITTEN: 0.0, INDUCTION: 1.0}
    assert idle(effect) == [UNWRITTEN]
    assert importance(effect, 0.1, UNWRITTEN) == "no effect seen"
    assert importance(effect, 0.1, INDUCTION) == "needed together"


def test_controls_are_of_the_same_layers_and_score_on_nothing() -> None:
    of_both = effects((INDUCTION, PREVIOUS_TOKEN))
    controls, elsewhere = of_both.controls(frozenset([(0, 0), INDUCTION]))

    assert len(controls) == len(set(controls)) == 2 * 3
    for control in controls:
        assert sorted(layer for layer, _head in control) == [0, 1]
        assert not control & {(0, 0), INDUCTION, PREVIOUS_TOKEN}
    assert not elsewhere
    assert controls == effects((INDUCTION, PREVIOUS_TOKEN)).controls(frozenset([(0, 0), INDUCTION]))[0]
    assert effects(tuple(EVERY_HEAD)).controls(frozenset([INDUCTION])) == ([], False)


def test_where_a_layer_has_too_few_other_heads_the_nearest_one_has_the_controls() -> None:
    layer = INDUCTION[0]
    of_layer = tuple(head for head in EVERY_HEAD if head[0] == layer)
    controls, elsewhere = effects(of_layer).controls(frozenset([INDUCTION]))

    assert elsewhere
    assert controls
    assert all(head[0] == layer - 1 for control in controls for head in control)  # there is no later one


@pytest.mark.parametrize("threads", [1, 2])
def test_the_sender_is_found_into_key_and_not_into_query(threads: int) -> None:
    senders = Senders(bench(), tokenizer(), SETTINGS, KIND, INDUCTION, causal=True, threads=threads)
    trace = senders.trace()
    first, *others = trace.senders

    assert (trace.layer, trace.head, trace.score, trace.interval) == (*INDUCTION, 1.0, (1.0, 1.0))
    assert (first.layer, first.head) == PREVIOUS_TOKEN
    assert first.left <= 0.05
    assert first.mean.value <= 0.001
    assert first.direct["key"].value <= 0.05
    assert first.direct["query"].value == 1.0
    assert [(each.layer, each.head) for each in others] == [(0, 0), (0, 2), (0, 3)]
    for other in others:
        assert other.left == other.mean.value == other.direct["key"].value == other.direct["query"].value == 1.0


def test_what_the_induction_head_writes_is_the_token_it_looks_at_and_the_others_write_none() -> None:
    sequences = family("repeats", tokenizer(), SETTINGS)
    own = writes(bench(), sequences, KIND, [INDUCTION], causal=True)
    other = writes(bench(), sequences, KIND, [(1, 0)], causal=True)

    assert own is not None
    assert other is not None
    assert (own.rank, own.top, own.of) == (1.0, 1.0, WORDS)
    assert other.rank == own.others == WORDS


def test_a_probe_that_asks_nothing_says_nothing_of_what_heads_write() -> None:
    assert writes(bench(), (), KIND, [INDUCTION], causal=True) is None


def test_only_the_positions_of_the_mask_are_replaced() -> None:
    """The logits before the only replaced position stay; in the second copy, what follows from it is lost."""
    trial = COPYING.build(tokenizer(), SETTINGS, True, POSITIONS)[0]
    clean = bench().run([trial.token_ids])
    asked = trial.asked[4].position
    mask = torch.zeros(1, len(trial.token_ids), dtype=torch.bool)
    mask[0, asked] = True
    matched = bench().run([trial.matched]).outputs[1]
    final, _pattern = bench().replaced(clean, 1, {1: [Edit(slice(0, 1), (INDUCTION[1],), matched, mask)]})

    assert final is not None
    assert clean.final is not None
    changed = (final - clean.final).abs().amax((0, 2)).nonzero().flatten()
    assert changed.tolist() == [asked]
    logits = torch.cat(list(bench().predictions(final[0, asked][None])))
    assert float(logits.std()) <= 1e-12


def test_a_logit_difference_is_that_of_the_right_and_the_wrong_token() -> None:
    trials = [
        Trial(each.token_ids, each.matched, tuple(ask._replace(wrong=(ask.right % 60) + 1) for ask in each.asked))
        for each in COPYING.build(tokenizer(), SETTINGS, True, POSITIONS)
    ]
    of_pairs = Losses(bench(), Measure("pairs", "logits", "difference", COPYING.build), trials)
    (lost,) = of_pairs.lost([frozenset([INDUCTION])], "resample")

    assert of_pairs.unknowing.tolist() == [0.0] * len(trials)
    assert of_pairs.clean.min() > 50
    assert lost == pytest.approx(of_pairs.clean, abs=1e-9)
    assert lost == pytest.approx(of_pairs.behaviour, abs=1e-9)


def test_trials_of_several_lengths_are_each_in_their_place() -> None:
    trials = [trial for reach in (45, 31, 45, 21) for trial in COPYING.build(tokenizer(), SETTINGS, True, reach)[:2]]
    mixed = Losses(bench(), COPYING, trials)
    sets = [frozenset([head]) for head in EVERY_HEAD]
    alone = [Losses(bench(), COPYING, [trial]).lost(sets, "resample")[:, 0] for trial in trials]

    assert len({len(trial.token_ids) for trial in trials}) == 3
    assert mixed.lost(sets, "resample") == pytest.approx(np.stack(alone, 1), abs=1e-9)


def test_an_answer_that_is_not_read_to_its_end_leaves_nothing_behind() -> None:
    final = bench().run([[0, 1, 2]]).final
    assert final is not None
    half_read = bench().predictions(final[0])
    next(half_read)

    assert not torch.is_inference_mode_enabled()
    assert len(bench().run([[0, 1, 2]]).outputs) == LAYERS


def test_text_whose_words_the_tokenizer_does_not_know_has_no_scope() -> None:
    found = scopes(planted().transformer, tokenizer(), SETTINGS, KIND, causal=True)

    assert found.of(INDUCTION) is None
