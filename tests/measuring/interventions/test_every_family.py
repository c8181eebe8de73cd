"""Replaced outputs in every family against what is known: edited weights, plain hooks, the library's own logits."""

from copy import deepcopy
from functools import cache

import pytest
import torch
from torch import Tensor
from transformers.pytorch_utils import Conv1D

from grader.measuring.interventions.workbench import CleanRun, Edit, Workbench
from tests.support.every_family import REPLACED, headed, output_projections
from tests.support.hooked import Hooked

IDS = [[1, 5, 6, 7, 8, 9, 5, 6, 7, 8], [1, 15, 26, 37, 48, 59, 65, 76, 87, 98]]
OTHERS = [[1, 90, 81, 72, 63, 54, 45, 36, 27, 18], [1, 22, 33, 44, 55, 66, 77, 88, 99, 11]]
EVERY_TEXT = slice(0, 2)
LAYERS, HEADS = 3, 4
CHOSEN = {0: (3,), 1: (0, 2), 2: (1, 3)}
"""Heads by layer."""
SHARED = ("albert",)
"""The families whose layers are one and the same, so that nothing below a layer can be left out."""
FAMILY = pytest.mark.parametrize("family", REPLACED)


@cache
def hooked(family: str) -> Hooked:
    model = headed(family)
    return Hooked(model, output_projections(family, model))


@cache
def bench_of(family: str) -> Workbench:
    model = headed(family)
    return Workbench(model.base_model, model)


@cache
def clean_of(family: str) -> CleanRun:
    return bench_of(family).run(IDS)


def logits(
    family: str, edits: dict[int, list[Edit]] | None = None, times: int = 1, clean: CleanRun | None = None
) -> Tensor:
    """Return the logits with edits, [text, position, token]."""
    final, _pattern = bench_of(family).replaced(clean or clean_of(family), times, edits or {})
    assert final is not None
    read = torch.cat(list(bench_of(family).predictions(final.flatten(0, 1))))
    return read.unflatten(0, final.shape[:2])


def edits_of(chosen: dict[int, tuple[int, ...]], outputs: list[Tensor]) -> dict[int, list[Edit]]:
    return {layer: [Edit(EVERY_TEXT, heads, outputs[layer])] for layer, heads in chosen.items()}


def distance(one: Tensor, other: Tensor) -> float:
    return float((one - other).abs().max())


@FAMILY
def test_predictions_are_the_librarys_own_with_its_biases_caps_and_scales(family: str) -> None:
    assert distance(logits(family), hooked(family).logits(IDS)) <= 1e-12


@FAMILY
def test_the_outputs_are_what_the_output_projection_reads(family: str) -> None:
    own = hooked(family).outputs(IDS)

    assert len(own) == len(clean_of(family).outputs) == LAYERS
    assert max(map(distance, clean_of(family).outputs, own)) <= 1e-12


@FAMILY
@pytest.mark.parametrize("layer", range(LAYERS))
def test_zero_in_place_of_a_head_is_its_slice_of_the_output_projection_set_to_zero(family: str, layer: int) -> None:
    edited, head = headed(family), 2
    projections = output_projections(family, edited)
    with torch.no_grad():
        weight = projections[0 if family in SHARED else layer].get_parameter("weight")
        inputs = weight if isinstance(projections[0], Conv1D) else weight.T
        inputs.unflatten(0, (HEADS, -1))[head] = 0
    layers = range(LAYERS) if family in SHARED else [layer]
    zeros = [torch.zeros_like(outputs) for outputs in clean_of(family).outputs]
    replaced = logits(family, edits_of(dict.fromkeys(layers, (head,)), zeros))

    assert distance(replaced, Hooked(edited, projections).logits(IDS)) <= 1e-9
    assert distance(replaced, logits(family)) > 1e-3


@FAMILY
def test_resampled_and_mean_outputs_of_heads_in_several_layers_are_those_of_plain_hooks(family: str) -> None:
    reference = hooked(family)
    means = [outputs.flatten(0, 1).mean(0)[None, None] for outputs in reference.outputs(IDS)]
    for own, others in (
        (bench_of(family).run(OTHERS).outputs, reference.outputs(OTHERS)),
        (means, means),
    ):
        replaced = logits(family, edits_of(CHOSEN, own))
        expected = reference.logits(IDS, {layer: (heads, others[layer]) for layer, heads in CHOSEN.items()})

        assert distance(replaced, expected) <= 1e-9
        assert distance(replaced, logits(family)) > 1e-3


@FAMILY
@pytest.mark.parametrize("layer", range(LAYERS))
def test_a_pass_that_begins_at_a_layer_is_the_whole_pass(family: str, layer: int) -> None:
    whole = deepcopy(clean_of(family))
    assert bool(whole.states) == (family not in SHARED)
    whole.states = []
    edits = edits_of({layer: (1, 2)}, bench_of(family).run(OTHERS).outputs)

    assert distance(logits(family, edits), logits(family, edits, clean=whole)) <= 1e-12
    same = edits_of({layer: (1, 2)}, clean_of(family).outputs)
    assert distance(logits(family, same), logits(family)) <= 1e-12


@FAMILY
def test_sets_in_one_pass_do_not_touch_each_other(family: str) -> None:
    others = bench_of(family).run(OTHERS).outputs
    one, two = edits_of({1: (0, 3)}, others), edits_of({1: (2,), 2: (1,)}, others)
    second = {layer: [Edit(slice(2, 4), edit.heads, edit.outputs) for edit in edits] for layer, edits in two.items()}
    both = logits(family, {1: one[1] + second[1], 2: second[2]}, times=2)

    assert distance(both[:2], logits(family, one)) <= 1e-9
    assert distance(both[2:], logits(family, two)) <= 1e-9
