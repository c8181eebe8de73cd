"""Attention recomputed, streamed: each layer's pattern is handed over, then dropped.

The pattern comes from the transformer family's own eager attention, reached through `transformers`'
attention interface; so it is, number for number, what `output_attentions=True` would return. No more than
one layer's pattern is ever held, there is no language-model head, and nothing runs after the last layer
that is needed.
"""

import sys
from collections.abc import Callable, Sequence
from contextvars import ContextVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.masking_utils import eager_mask

from grader.errors import UnsupportedTransformer

Receive = Callable[[int, Float[Tensor, "sequence head query key"]], None]
"""Called with each layer's number and its pattern."""

STREAMED = "grader_streamed"


class _Enough(Exception):
    """The last layer that anybody asked about has been handed over."""


class _Layers:
    """Which layer comes next, and who receives it."""

    def __init__(self, receive: Receive, last: int) -> None:
        self.receive, self.last, self.next = receive, last, 0

    def take(self, pattern: Tensor) -> None:
        self.receive(self.next, pattern)
        if self.next == self.last:
            raise _Enough
        self.next += 1


_CURRENT: ContextVar[_Layers] = ContextVar("layers")


def _streamed(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **rest: object
) -> tuple[Tensor, Tensor | None]:
    """The family's own eager attention, its pattern handed over on the way."""
    eager = getattr(sys.modules[type(module).__module__], "eager_attention_forward", None)
    if eager is None:
        raise UnsupportedTransformer(
            f"{type(module).__name__} has no eager attention of its own to recompute; "
            "choose a transformer whose attention goes through the attention interface of `transformers`"
        )
    output, pattern = eager(module, query, key, value, attention_mask, **rest)
    _CURRENT.get().take(pattern)
    return output, None


AttentionInterface.register(STREAMED, _streamed)
AttentionMaskInterface.register(STREAMED, eager_mask)


def stream(model: PreTrainedModel, sequences: Sequence[Sequence[int]], receive: Receive, last_layer: int) -> None:
    """Run the sequences as one batch, padded behind; `receive` gets each layer up to `last_layer`, from 0.

    Rows of padded queries mean nothing; padded keys get no attention.
    """
    longest = max(map(len, sequences))
    ids = torch.zeros(len(sequences), longest, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = torch.tensor(sequence)
        mask[row, : len(sequence)] = 1
    layers = _Layers(receive, last_layer)
    token = _CURRENT.set(layers)
    if model.config._attn_implementation != STREAMED:
        model.set_attn_implementation(STREAMED)
    try:
        with torch.inference_mode():
            model(input_ids=ids, attention_mask=mask, use_cache=False)
    except _Enough:
        return
    finally:
        _CURRENT.reset(token)
    raise UnsupportedTransformer(
        f"{type(model).__name__} showed {layers.next} layers of attention, not {last_layer + 1}; "
        "choose a transformer whose attention goes through the attention interface of `transformers`"
    )


def pattern_of(model: PreTrainedModel, token_ids: Sequence[int], layer: int, head: int) -> Float[Tensor, "query key"]:
    """One head's pattern on one sequence; each row sums to 1."""
    found: list[Tensor] = []

    def receive(number: int, pattern: Tensor) -> None:
        if number == layer:
            found.append(pattern[0, head].clone())

    stream(model, [token_ids], receive, layer)
    return found[0]
