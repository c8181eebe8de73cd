"""Attention, recomputed and streamed: each layer's pattern is handed over and then dropped.

The pattern comes from the transformer family's own eager attention, reached through `transformers`'
attention interface; so it is, number for number, what `output_attentions=True` would return. No more than
one layer's pattern is ever held, there is no language-model head, and nothing runs after the last layer
that is needed.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.masking_utils import eager_mask

from grader.base.errors import UnsupportedTransformer
from grader.measuring.patterns import most_in_a_row

Receive = Callable[[int, Float[Tensor, "sequence head query key"]], None]
"""A function that is called with each layer's number, from 0, and its pattern."""

STREAMED = "grader_streamed"


class _Enough(Exception):
    """The last layer that is needed has been handed over."""


class _Layers:
    """The number of the next layer, and the function that receives it."""

    def __init__(self, receive: Receive, last: int) -> None:
        self.receive, self.last, self.next = receive, last, 0

    def take(self, pattern: Tensor) -> None:
        if (most := most_in_a_row(pattern)) is not None:
            message = f"a row of the attention in layer {self.next} sums to {most:.3g}, but attention sums to 1 at most"
            raise UnsupportedTransformer(
                f"{message}; the weights are damaged, or the family's attention is another one"
            )
        self.receive(self.next, pattern)
        if self.next == self.last:
            raise _Enough
        self.next += 1


_CURRENT: ContextVar[_Layers] = ContextVar("layers")


def _streamed(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **rest: object
) -> tuple[Tensor, Tensor | None]:
    """Compute the family's own eager attention, and hand its pattern over."""
    eager = getattr(sys.modules[type(module).__module__], "eager_attention_forward", None)
    if eager is None:
        raise UnsupportedTransformer(
            f"{type(module).__name__} has no eager attention of its own to recompute; "
            "choose a transformer whose attention goes through the attention interface of `transformers`"
        )
    given = query.dtype
    if given.itemsize < torch.float32.itemsize:  # the softmax, and what is read from it, are never in half precision
        query, key, value = query.float(), key.float(), value.float()
        attention_mask = None if attention_mask is None else attention_mask.float()
    output, pattern = eager(module, query, key, value, attention_mask, **rest)
    _CURRENT.get().take(pattern)
    return output.to(given), None


AttentionInterface.register(STREAMED, _streamed)
AttentionMaskInterface.register(STREAMED, eager_mask)


@contextmanager
def one_thread() -> Iterator[int]:
    """Let each of torch's operations use one thread; give the number of threads that torch may use.

    On short texts several would only get in each other's way, and the order of a sum would depend on them.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield threads
    finally:
        torch.set_num_threads(threads)


def stream(model: PreTrainedModel, sequences: Sequence[Sequence[int]], receive: Receive, last_layer: int) -> None:
    """Run sequences of one length as one batch; `receive` gets each layer from 0 to `last_layer`.

    Raises:
        ValueError: their lengths differ.
        UnsupportedTransformer: the attention is out of reach.
    """
    ids = torch.tensor(sequences)
    layers = _Layers(receive, last_layer)
    token = _CURRENT.set(layers)
    if model.config._attn_implementation != STREAMED:
        model.set_attn_implementation(STREAMED)
    try:
        with torch.inference_mode():
            model(input_ids=ids, use_cache=False)
    except _Enough:
        return
    except IndexError as error:  # an embedding or a position that it lacks, in a family that states no such limit
        message = f"{type(model).__name__} cannot read a text of {ids.shape[-1]} tokens with ids up to {int(ids.max())}"
        raise UnsupportedTransformer(f"{message} ({error})") from error
    finally:
        _CURRENT.reset(token)
    raise UnsupportedTransformer(
        f"{type(model).__name__} showed {layers.next} layers of attention, not {last_layer + 1}; "
        "choose a transformer whose attention goes through the attention interface of `transformers`"
    )


def pattern_of(model: PreTrainedModel, token_ids: Sequence[int], layer: int, head: int) -> Float[Tensor, "query key"]:
    """Return one head's pattern on one sequence, [query, key].

    Each row sums to 1, or to less in families such as gpt-oss that let a query pay attention to nothing.
    """
    patterns: list[Tensor] = []

    def receive(number: int, pattern: Tensor) -> None:
        if number == layer:
            patterns.append(pattern[0, head].clone())

    stream(model, [token_ids], receive, layer)
    return patterns[0]
