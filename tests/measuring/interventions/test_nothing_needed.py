"""Transformers in which nothing works: random weights, and heads that are shuffled. No head is needed, on ten seeds."""

from itertools import product

import pytest
import torch

from grader import exercises
from grader.grading.importance import importance
from grader.kinds.causal import Measure
from grader.measuring import transformer
from grader.measuring.interventions.effects import Effects
from grader.measuring.interventions.losses import Losses
from grader.measuring.interventions.measures.copying import COPYING
from grader.measuring.interventions.measures.running_text import RUNNING_TEXT
from grader.measuring.interventions.workbench import Workbench
from grader.measuring.probes import draw
from grader.schema import HeadIndex, Kind, ProbeSettings
from tests.support.tiny import with_head, word_tokenizer

KIND = Kind(type="induction")
SETTINGS = ProbeSettings(seed=3, causal_sequences=8)
SEEDS = range(10)
NEEDED_AT = 0.1
NEEDED = {"needed alone", "needed together"}
SHORT = 33


def needed(losses: Losses, sets: list[list[HeadIndex]], seed: int) -> list[list[HeadIndex]]:
    effects = Effects(losses, KIND, [], [], seed)
    return [heads for heads in sets if importance(effects.of(heads), NEEDED_AT) in NEEDED]


@pytest.mark.parametrize("measure", [COPYING, RUNNING_TEXT])
def test_random_weights_need_no_head_and_no_set(measure: Measure) -> None:
    words = word_tokenizer("gpt2")
    trials = measure.build(words, SETTINGS, True, SHORT)
    every_head = list(product(range(3), range(4)))
    for seed in SEEDS:
        model = with_head("gpt2", seed=seed).eval()
        losses = Losses(Workbench(model.base_model, model), measure, trials)
        random = draw.stream(seed, "sets")
        sets = [[head] for head in every_head] + [draw.some(random, every_head, 3) for _ in range(2)]

        assert needed(losses, sets, seed) == []


def test_heads_that_write_with_the_weights_of_others_do_not_need_the_one_that_was_needed() -> None:
    loaded = transformer.load(exercises.load("mini-heads").transformer, dtype="float32", whole=True)
    assert loaded.whole is not None
    bench = Workbench(loaded.model, loaded.whole)
    trials = COPYING.build(loaded.tokenizer, SETTINGS, True, SHORT)
    assert needed(Losses(bench, COPYING, trials), [[(0, 5)]], 0) == [[(0, 5)]]
    projections = [layer.attn.c_proj for layer in loaded.model.h]
    whole = [projection.weight.clone() for projection in projections]
    for seed in SEEDS:
        random = torch.Generator().manual_seed(seed)
        for projection, weight in zip(projections, whole, strict=True):
            projection.weight.copy_(weight.unflatten(0, (8, -1))[torch.randperm(8, generator=random)].flatten(0, 1))

        assert needed(Losses(bench, COPYING, trials), [[(0, 5)]], seed) == []
