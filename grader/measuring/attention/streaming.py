"""Attention, recomputed and streamed: each layer's pattern is handed over and then dropped.

The pattern comes from the transformer family's own eager attention, reached through `transformers`'
attention interface; so it is, number for number, what `output_attentions=True` would return. No more than
one layer's pattern is ever held, there is no language-model head, and nothing runs after the last layer
that is needed. Families that do not go through the interface show theirs in their own modules (`hooked`); of long
texts, `rows` holds less.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from jaxtyping import Float
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.masking_utils import eager_mask

from grader.base.errors import UnsupportedTransformer
from grader.measuring.attention import hooked
from grader.measuring.statistics.patterns import most_in_a_row

Receive = Callable[[int, Float[Tensor, "sequence head query key"]], None]
"""A function that is called with each layer's number, from 0, and its pattern."""

STREAMED = "grader_streamed"


class Enough(Exception):
    """The last layer that is needed has been computed."""


@dataclass(frozen=True)
class Call:
    """One layer's call for attention: its queries, keys and values, as they are after any rotation."""

    module: nn.Module
    query: Tensor
    """[text, head, query, dimension]"""
    key: Tensor
    """[text, key head, key, dimension]; with grouped keys there are fewer key heads than heads."""
    value: Tensor
    mask: Any
    """The numbers added to the logits, [text, 1, query, key], or what the visitor's `mask` made; None for nothing."""
    rest: Mapping[str, Any]
    """The family's other arguments, such as the scale."""

    def attend(self, query: Tensor | None = None, key: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return what the family's own eager attention does, also with another query or key in place of its own.

        Returns:
            The heads' outputs before the output projection, [text, query, head, dimension], and the pattern,
            [text, head, query, key].
        """
        eager = getattr(sys.modules[type(self.module).__module__], "eager_attention_forward", None)
        if eager is None:
            raise UnsupportedTransformer(
                f"{type(self.module).__name__} has no eager attention of its own to recompute; "
                "choose a transformer whose attention goes through the attention interface of `transformers`"
            )
        query, key = self.query if query is None else query, self.key if key is None else key
        output, pattern = eager(self.module, query, key, self.value, self.mask, **self.rest)
        return output, pattern


@dataclass(frozen=True)
class Computed(Call):
    """One layer's attention that the family has computed in code of its own."""

    outputs: Tensor | None
    pattern: Tensor

    @classmethod
    def of(cls, module: nn.Module, outputs: Tensor | None, pattern: Tensor) -> "Computed":
        """Return what was computed; queries, keys and values stay in the family's code, so here they are empty."""
        nothing = pattern.new_empty(0)
        return cls(module, nothing, nothing, nothing, None, {}, outputs, pattern)

    def attend(self, query: Tensor | None = None, key: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return what was computed; the outputs are empty where they cannot be told."""
        if query is not None or key is not None:
            raise UnsupportedTransformer(
                f"{type(self.module).__name__} computes attention in code of its own, so that it cannot be recomputed "
                "with other queries or keys"
            )
        return (self.query if self.outputs is None else self.outputs.clone()), self.pattern


Visit = Callable[[Call], Tensor]
"""A function that is called for each layer in turn, and returns the outputs of its heads."""


class Layers(Protocol):
    """A visitor that counts the layers, and ends the pass behind the last one that is needed."""

    next: int
    """The number of the next layer."""

    def __call__(self, call: Call) -> Tensor:
        """Return the outputs of the layer's heads."""


class _Layers:
    """The number of the next layer, and the function that receives it."""

    def __init__(self, receive: Receive, last: int) -> None:
        self.receive, self.last, self.next = receive, last, 0

    def __call__(self, call: Call) -> Tensor:
        output, pattern = call.attend()
        refuse_no_attention(pattern, self.next)
        self.receive(self.next, pattern)
        if self.next == self.last:
            raise Enough
        self.next += 1
        return output


def refuse_no_attention(pattern: Float[Tensor, "*sequence head query key"], layer: int) -> None:
    """Refuse rows that sum to more than attention can.

    Raises:
        UnsupportedTransformer: A row does.
    """
    if (most := most_in_a_row(pattern)) is not None:
        message = f"a row of the attention in layer {layer} sums to {most:.3g}, but attention sums to 1 at most"
        raise UnsupportedTransformer(f"{message}; the weights are damaged, or the family's attention is another one")


_VISIT: ContextVar[Visit] = ContextVar("visit")
_MASK: ContextVar[Callable[..., Any]] = ContextVar("mask", default=eager_mask)


def _visited(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Any,  # noqa: ANN401 - a tensor, or what the visitor's own mask made
    **rest: object,
) -> tuple[Tensor, None]:
    """Let the visitor compute one layer's attention."""
    given = query.dtype
    if given.itemsize < torch.float32.itemsize:  # the softmax, and what is read from it, are never in half precision
        query, key, value = query.float(), key.float(), value.float()
        attention_mask = attention_mask.float() if isinstance(attention_mask, Tensor) else attention_mask
    return _VISIT.get()(Call(module, query, key, value, attention_mask, rest)).to(given), None


def _masked(**about: object) -> Any:  # noqa: ANN401 - what the visitor can do with
    """Return a mask for the visitor of this thread; a transformer hands it on as it is."""
    return _MASK.get()(**about)


AttentionInterface.register(STREAMED, _visited)
AttentionMaskInterface.register(STREAMED, _masked)


@contextmanager
def visiting(model: PreTrainedModel, visit: Visit, mask: Callable[..., Any] = eager_mask) -> Iterator[None]:
    """Let `visit` compute all attention of the transformer in this thread, without gradients.

    `mask` is what makes the mask that it gets, from the arguments of the library's `eager_mask`.
    """
    if hooked.is_outside(model):
        with torch.inference_mode(), hooked.reading(model, lambda *computed: visit(Computed.of(*computed))):
            yield
        return
    token, mask_token = _VISIT.set(visit), _MASK.set(mask)
    if model.config._attn_implementation != STREAMED:
        model.set_attn_implementation(STREAMED)
    try:
        with torch.inference_mode():
            yield
    finally:
        _VISIT.reset(token)
        _MASK.reset(mask_token)


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
    visited(model, sequences, _Layers(receive, last_layer), last_layer)


def visited(
    model: PreTrainedModel,
    sequences: Sequence[Sequence[int]],
    layers: Layers,
    last_layer: int,
    mask: Callable[..., Any] = eager_mask,
) -> None:
    """Run sequences of one length as one batch, until the visitor has had enough; it raises what `stream` does."""
    ids = torch.tensor(sequences, device=model.device)
    try:
        with visiting(model, layers, mask):
            model(input_ids=ids, use_cache=False)
    except Enough:
        return
    except IndexError as error:  # an embedding or a position that it lacks, in a family that states no such limit
        message = f"{type(model).__name__} cannot read a text of {ids.shape[-1]} tokens with ids up to {int(ids.max())}"
        raise UnsupportedTransformer(f"{message} ({error})") from error
    raise UnsupportedTransformer(
        f"{type(model).__name__} showed {layers.next} layers of attention, not {last_layer + 1}; "
        "choose a transformer whose attention goes through the attention interface of `transformers`"
    )


def pattern_of(model: PreTrainedModel, token_ids: Sequence[int], layer: int, head: int) -> Float[Tensor, "query key"]:
    """Return one head's pattern on one sequence, [query, key], in the CPU's memory.

    Each row sums to 1, or to less in families such as gpt-oss that let a query pay attention to nothing.
    """
    patterns: list[Tensor] = []

    def receive(number: int, pattern: Tensor) -> None:
        if number == layer:
            patterns.append(pattern[0, head].to("cpu", copy=True))

    stream(model, [token_ids], receive, layer)
    return patterns[0]
