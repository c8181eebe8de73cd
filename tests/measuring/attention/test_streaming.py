"""The recomputed attention is what the library itself would show."""

import pytest
import torch
from torch import Tensor
from transformers import PreTrainedModel

from grader.measuring.attention.streaming import pattern_of, stream
from tests.support.tiny import FAMILIES, WORDS, transformer


def sequences(lengths: list[int]) -> list[list[int]]:
    random = torch.Generator().manual_seed(1)
    return [torch.randint(WORDS, (length,), generator=random).tolist() for length in lengths]


def streamed(model: PreTrainedModel, batch: list[list[int]]) -> list[Tensor]:
    found: list[Tensor] = []
    stream(model, batch, lambda _, pattern: found.append(pattern.clone()), model.config.num_hidden_layers - 1)
    return found


def eager(model: PreTrainedModel, sequence: list[int]) -> tuple[Tensor, ...]:
    model.set_attn_implementation("eager")
    with torch.inference_mode():
        return tuple(model(torch.tensor([sequence]), output_attentions=True).attentions)


def gap(family: str, dtype: torch.dtype) -> float:
    """The largest difference between the streamed pattern of a batch and the library's own of each sequence."""
    model = transformer(family, dtype)
    batch = sequences([12, 12, 12])
    ours = streamed(model, batch)
    gaps = []
    for row, sequence in enumerate(batch):
        for layer, theirs in enumerate(eager(model, sequence)):
            gaps.append((ours[layer][row] - theirs[0]).abs().max())
    return float(torch.stack(gaps).max())


@pytest.mark.parametrize("family", FAMILIES)
def test_equals_eager_attention_in_double_precision(family: str) -> None:
    # Llama's own softmax is taken in single precision whatever the weights are, so its last bits are single's.
    limit = 1e-7 if family == "llama" else 1e-13

    assert gap(family, torch.float64) < limit


@pytest.mark.parametrize("family", ["gpt2", "bert"])
def test_what_differs_in_single_precision_is_noise(family: str) -> None:
    """If it stayed of one size in double precision it would be a bug."""
    single, double = (gap(family, dtype) for dtype in (torch.float32, torch.float64))

    assert double < single / 1e6 or single == 0


@pytest.mark.parametrize("family", FAMILIES)
def test_sequences_of_different_lengths_are_no_batch(family: str) -> None:
    with pytest.raises(ValueError, match="expected sequence of length 5"):
        streamed(transformer(family), sequences([5, 12]))


@pytest.mark.parametrize("family", FAMILIES)
def test_half_precision_never_reaches_the_softmax(family: str) -> None:
    """Only the products are rounded: every row still adds up to 1 in single precision."""
    patterns = streamed(transformer(family, torch.bfloat16), sequences([9, 9]))

    for pattern in patterns:
        assert pattern.dtype == torch.float32
        torch.testing.assert_close(pattern.sum(-1), torch.ones_like(pattern[..., 0]), rtol=0, atol=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_runs_behind_the_last_layer_asked_for(family: str) -> None:
    model = transformer(family)
    layers = next(module for module in model.modules() if isinstance(module, torch.nn.ModuleList))
    ran: list[int] = []
    for number, layer in enumerate(layers):
        layer.register_forward_pre_hook(lambda *_, number=number: ran.append(number))
    seen: list[int] = []

    stream(model, sequences([6]), lambda layer, _: seen.append(layer), 1)

    assert seen == [0, 1]
    assert ran == [0, 1]


@pytest.mark.parametrize("family", FAMILIES)
def test_one_head_alone_is_the_same_head(family: str) -> None:
    model = transformer(family)
    (sequence,) = sequences([9])

    found = pattern_of(model, sequence, 2, 3)

    torch.testing.assert_close(found, eager(model, sequence)[2][0, 3], rtol=0, atol=1e-7)
    torch.testing.assert_close(found.sum(-1), torch.ones(9, dtype=found.dtype))
