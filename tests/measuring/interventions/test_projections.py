"""What a head adds, in every family: where it is simply added, the direct path and what heads write are exact."""

from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel, PreTrainedTokenizerFast
from transformers.masking_utils import eager_mask

from grader.measuring.attention.streaming import Call
from grader.measuring.interventions.projections import ADDED, projection
from grader.measuring.interventions.senders import Senders, _Batch
from grader.measuring.interventions.workbench import Workbench
from grader.measuring.interventions.writes import writes
from grader.measuring.probes.families import family as probe
from grader.schema import HeadIndex, Kind, ProbeSettings, Trace, Writes
from tests.support.every_family import ENCODERS, INTERFACE, headed, layers_of, output_projections
from tests.support.hooked import Hooked
from tests.support.tiny import word_tokenizer

IDS = [[1, 5, 6, 7, 8, 9, 5, 6, 7, 8], [1, 15, 26, 37, 48, 59, 65, 76, 87, 98]]
HEADS = 4
BEHIND_ATTENTION = ("mlp", "fc2", "ffn", "output.dense")
"""The ends of names of what a layer adds after its attention."""
SETTINGS = ProbeSettings(seed=3, repeat_sequences=6)
INDUCTION = Kind(type="induction")
RECEIVER = (2, 1)
NOT_ADDED = tuple(family for family in INTERFACE if family not in ADDED)
CALLS: list[Call] = []
RECORDED = "test_recorded"


def recorded(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **rest: object
) -> tuple[Tensor, None]:
    CALLS.append(Call(module, query, key, value, mask, rest))
    return CALLS[-1].attend()[0], None


AttentionInterface.register(RECORDED, recorded)
AttentionMaskInterface.register(RECORDED, eager_mask)


def slice_of(family: str, projected: nn.Module, head: int) -> Tensor:
    """Return one head's slice of the output projection, [dimension, width]."""
    weight = projected.get_parameter("weight")
    inputs = weight if type(projected).__name__ == "Conv1D" else weight.T
    return inputs.unflatten(0, (HEADS, -1))[head]


@pytest.mark.parametrize("family", [family for family in INTERFACE if family != "albert"])
def test_the_families_named_are_those_in_which_the_layer_returns_what_the_head_adds(family: str) -> None:
    model = headed(family)
    layer, projected = layers_of(model)[1], output_projections(family, model)[1]
    for name, module in layer.named_modules():
        if name.endswith(BEHIND_ATTENTION) and not name.startswith("attention"):
            module.register_forward_hook(nothing)
    returned: list[Tensor] = []
    layer.register_forward_hook(lambda module, args, output: returned.append(output))
    hooked = Hooked(model, output_projections(family, model))
    own = hooked.outputs(IDS)[1]
    hooked.logits(IDS, {1: ([2], torch.zeros_like(own))})
    added = own[:, :, 2] @ slice_of(family, projected, 2)

    is_added = bool((returned[0] - returned[1] - added).abs().max() < 1e-6)
    assert is_added == (family in ADDED)


def nothing(module: nn.Module, args: object, output: Any) -> object:  # noqa: ANN401 - some return a tuple
    """Return zeros in place of what a module returned."""
    return (torch.zeros_like(output[0]), *output[1:]) if isinstance(output, tuple) else torch.zeros_like(output)


class Noted(Senders):
    """Senders whose receiver's patterns are kept as they come, by path and sender."""

    noted: list[tuple[_Batch, str, list[HeadIndex], Tensor]]

    def _note(self, batch: _Batch, path: str, senders: list[HeadIndex], pattern: Tensor | None) -> None:
        super()._note(batch, path, senders, pattern)
        assert pattern is not None
        self.noted.append((batch, path, senders, pattern.clone()))


def for_words(family: str) -> PreTrainedModel:
    return headed(family, vocab_size=len(words(family)), max_position_embeddings=320, n_positions=320)


def words(family: str) -> PreTrainedTokenizerFast:
    return word_tokenizer("bert" if family in ENCODERS else "gpt2")


@cache
def traced(family: str) -> tuple[Noted, Trace]:
    model, causal = for_words(family), family not in ENCODERS
    bench = Workbench(model.base_model, model)
    senders = Noted(bench, words(family), SETTINGS, INDUCTION, RECEIVER, causal=causal)
    senders.noted = []
    return senders, senders.trace()


@pytest.mark.parametrize("family", ADDED)
def test_the_direct_path_is_the_receivers_layer_on_a_stream_without_what_the_sender_adds(family: str) -> None:
    model = for_words(family)
    model.set_attn_implementation(RECORDED)
    layer, projections = layers_of(model)[RECEIVER[0]], output_projections(family, model)
    senders, trace = traced(family)
    noted = {(path, heads[0]): (batch, heads, pattern) for batch, path, heads, pattern in senders.noted}
    for below in range(RECEIVER[0]):
        for path in ("key", "query"):
            batch, heads, pattern = noted[path, (below, 0)]
            head = heads[-1][1]
            other = batch.matched[below][:, :, head] - batch.clean.outputs[below][:, :, head]
            own = call_of(model, layer, batch.clean.ids, None)
            changed = call_of(model, layer, batch.clean.ids, other @ slice_of(family, projections[below], head))
            _output, expected = changed.attend(own.query) if path == "key" else changed.attend(key=own.key)
            got = pattern.unflatten(0, (len(heads), -1))[-1]

            assert float((got - expected).abs().max()) <= 1e-6
            assert float((got - own.attend()[1]).abs().max()) > 1e-5
    assert all(set(sender.direct) == {"key", "query"} for sender in trace.senders)


def call_of(model: PreTrainedModel, layer: nn.Module, ids: Tensor, added: Tensor | None) -> Call:
    """Return the receiver's call for attention, with this added to the stream that its layer reads."""

    def add(
        module: nn.Module, args: tuple[Any, ...], options: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if added is None:
            return args, options
        if args:
            return (args[0] + added, *args[1:]), options
        return args, {**options, "hidden_states": options["hidden_states"] + added}

    CALLS.clear()
    hook = layer.register_forward_pre_hook(add, with_kwargs=True)
    with torch.inference_mode():
        model(input_ids=ids, use_cache=False)
    hook.remove()
    return CALLS[RECEIVER[0]]


@pytest.mark.parametrize("family", NOT_ADDED)
def test_elsewhere_there_is_no_direct_path_and_nothing_said_of_what_heads_write(family: str) -> None:
    senders, trace = traced(family)

    assert all(sender.direct == {} for sender in trace.senders)
    assert [projection(senders.bench, layer) for layer in range(3)] == [None] * 3
    assert written(family, [(1, 2)]) is None


def test_an_opt_with_norms_behind_its_layers_has_no_direct_path() -> None:
    model = headed("opt", do_layer_norm_before=False)

    assert projection(Workbench(model.base_model, model), 1) is None


def written(family: str, heads: list[HeadIndex]) -> Writes | None:
    sequences = probe("repeats", words(family), SETTINGS)
    return writes(traced(family)[0].bench, sequences, INDUCTION, heads, causal=family not in ENCODERS)


@pytest.mark.parametrize("family", ADDED)
def test_what_heads_write_is_ranked_by_the_final_norm_and_the_head_for_predictions(family: str) -> None:
    model, bench = for_words(family), traced(family)[0].bench
    vectors = torch.randn(5, model.config.hidden_size, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    layers_of(model)[-1].register_forward_hook(lambda module, args, output: vectors[None].clone())
    with torch.inference_mode():
        expected = model(input_ids=torch.arange(5)[None], use_cache=False).logits[0]

    assert float((torch.cat(list(bench.logit_lens(vectors))) - expected).abs().max()) <= 1e-9
    found = written(family, [(1, 2), (2, 0)])
    assert found is not None
    assert 1 <= found.rank <= found.of == len(words(family))
