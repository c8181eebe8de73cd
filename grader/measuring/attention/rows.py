"""Attention on long texts: the rows of the asked queries, and each layer's output without its pattern.

A pattern grows with the square of the text: 4,096 tokens under 32 heads are 2 GiB. What is asked about a head needs the
rows of the asked queries alone. Each of them comes from the family's own eager attention, called with those queries
and their rows of the mask, a few at a time. The layer's output comes from torch's fused attention, which holds no
pattern. That one knows nothing of softcaps, sinks or biases; so its output is held against eager's on every asked
query of every layer, and where they differ, eager computes the output too, a few queries at a time.

This holds if the family's eager attention treats each query by itself. `by_rows` tries it before anything is measured.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from transformers import PreTrainedModel
from transformers.masking_utils import bidirectional_mask_function, causal_mask_function, eager_mask

from grader.measuring.attention.hooked import is_outside
from grader.measuring.attention.streaming import Call, Enough, refuse_no_attention, stream, visited

LONG = 512
"""The tokens from which a text is long: a layer's pattern under 12 heads takes 12 MiB, more than all states of a batch
of short texts; and no text that is generated for a probe comes near, so that what was measured stays as it is."""
ROOM = 2**22
"""The most numbers in the rows that are held at once: 16 MiB in single precision."""
COPIES = 16
"""The times that a batch's attention and states may lie in a GPU's memory at once, with all that is asked of them."""
TRIED = 40
"""The tokens of the text on which a family is tried."""
TRIED_AT_ONCE = 7
SAME = 5e-6
"""The most by which two ways to compute one attention may differ, as a part of the largest number that comes out; in
single precision rounding makes 2e-6."""

Reduce = Callable[[Float[Tensor, "asked head key"], slice], Float[Tensor, "asked head value"]]
"""A function from rows of the pattern to what is kept of them; the slice says which of the asked queries they are."""
Receive = Callable[[int, Float[Tensor, "asked head value"]], None]
"""A function that is called with each layer's number, from 0, and what is kept of its rows."""


@dataclass(frozen=True)
class Asked:
    """The asked queries of a batch, those of one text together."""

    texts: Int[Tensor, " asked"]
    """The text of each query, by its place in the batch."""
    queries: Int[Tensor, " asked"]


@dataclass(frozen=True)
class Visible:
    """The keys that each query may see, by the family's own rule; it is written out for some queries at a time."""

    about: dict[str, Any]
    """The arguments of the library's `eager_mask`."""

    @classmethod
    def of(cls, **about: Any) -> "Visible | Tensor | None":  # noqa: ANN401
        """Return the rule of a mask; the mask itself where no such rule is given, and None where all keys are seen."""
        padding = about.get("attention_mask")
        if about.get("use_vmap") or (padding is not None and not padding.all()):
            return eager_mask(**about)
        if about["mask_function"] is bidirectional_mask_function:
            return None
        return cls(about)

    @property
    def is_causal(self) -> bool:
        """True if each query sees itself and all keys before it."""
        return self.about["mask_function"] is causal_mask_function

    def seen(self, queries: Int[Tensor, " query"]) -> Bool[Tensor, "#text 1 query key"]:
        """Return the keys that these queries see."""
        device = queries.device
        texts, keys = torch.arange(self.about["batch_size"], device=device), self.about["kv_length"]
        seen: Tensor = self.about["mask_function"](
            texts[:, None, None, None],
            torch.zeros(1, 1, 1, 1, dtype=torch.long, device=device),
            queries[None, None, :, None] + self.about["q_offset"],
            torch.arange(keys, device=device)[None, None, None] + self.about["kv_offset"],
        )
        return seen.expand(-1, 1, len(queries), keys)


def stream_asked(  # noqa: PLR0913 - what is read, what is asked, and what becomes of it
    model: PreTrainedModel,
    sequences: Sequence[Sequence[int]],
    asked: Asked,
    reduce: Reduce,
    receive: Receive,
    last_layer: int,
    *,
    rows: bool,
) -> None:
    """Run sequences of one length as one batch; `receive` gets what is kept of each layer's asked rows.

    With `rows` no pattern is held; else each layer's whole pattern is, for a moment. It raises what `stream` does.
    """
    if rows:
        layers = _Rows(asked, reduce, receive, last_layer)
        visited(model, sequences, layers, last_layer, Visible.of)
    else:
        everything = slice(0, len(asked.queries))
        stream(
            model,
            sequences,
            lambda layer, pattern: receive(layer, reduce(pattern[asked.texts, :, asked.queries], everything)),
            last_layer,
        )


class _Rows:
    """A visitor that computes the asked rows of each layer, and its output without a pattern."""

    def __init__(self, asked: Asked, reduce: Reduce, receive: Receive, last: int) -> None:
        self.asked, self.reduce, self.receive, self.last, self.next = asked, reduce, receive, last, 0

    def __call__(self, call: Call) -> Tensor:
        last = self.next == self.last
        output: Tensor | None = None if last else fused(call)
        kept = []
        for text, at in self._pieces(call):
            own, rows = queries_of(call, self.asked.queries[at], slice(text, text + 1)).attend()
            refuse_no_attention(rows, self.next)
            kept.append(self.reduce(rows[0].transpose(0, 1), at))
            if output is not None and not same(output[text, self.asked.queries[at]], own[0]):
                output = None
        self.receive(self.next, torch.cat(kept))
        if last:
            raise Enough
        self.next += 1
        return by_queries(call) if output is None else output

    def _pieces(self, call: Call) -> Iterator[tuple[int, slice]]:
        """Yield some asked queries of one text at a time: the number for which there is room."""
        start, most = 0, at_once(call)
        for text, group in groupby(self.asked.texts.tolist()):
            stop = start + len(list(group))
            yield from ((text, slice(first, min(first + most, stop))) for first in range(start, stop, most))
            start = stop


def queries_of(call: Call, queries: Int[Tensor, " query"], texts: slice = slice(None)) -> Call:
    """Return the call for some queries of some texts alone."""
    queries = queries.to(call.query.device)
    mask: Tensor | None = None
    match call.mask:
        case Visible() as visible:
            seen = visible.seen(queries)
            least = torch.finfo(call.query.dtype).min
            mask = torch.zeros(seen.shape, dtype=call.query.dtype, device=seen.device).masked_fill_(~seen, least)
        case Tensor() as whole:
            mask = whole[:, :, queries]
    if mask is not None and len(mask) > 1:
        mask = mask[texts]
    return replace(call, query=call.query[texts, :, queries], key=call.key[texts], value=call.value[texts], mask=mask)


def at_once(call: Call) -> int:
    """Return the number of queries of one text whose rows there is room for."""
    return max(1, ROOM // (call.query.shape[1] * call.key.shape[2]))


def fitting(space: int, length: int, width: int, heads: int) -> int:
    """Return the number of texts that fit into these bytes, each with its states and the patterns of these heads.

    Without heads, the rows of some queries are held instead, one text's at a time.
    """
    numbers = space // (COPIES * torch.float32.itemsize)
    return (numbers - (0 if heads else ROOM)) // (length * (heads * length + width))


def by_queries(call: Call, most: int | None = None) -> Tensor:
    """Return the heads' outputs from the family's eager attention, `most` queries at a time."""
    most = most or max(1, at_once(call) // len(call.query))
    places = torch.arange(call.query.shape[2], device=call.query.device)
    return torch.cat([queries_of(call, some).attend()[0] for some in torch.split(places, most)], 1)


def fused(call: Call) -> Tensor | None:
    """Return the heads' outputs from torch's fused attention; None if it has none for this call.

    Under a rule that is not plainly causal, such as a sliding window, some queries come at a time, with the keys that
    they see: so a mask is written out for these alone.
    """
    if isinstance(call.mask, Tensor):
        return None
    groups = call.query.shape[1] // call.key.shape[1]
    key, value = (each.repeat_interleave(groups, 1) if groups > 1 else each for each in (call.key, call.value))
    scale = call.rest.get("scaling")
    if call.mask is None or call.mask.is_causal:
        causal = call.mask is not None
        output = scaled_dot_product_attention(call.query, key, value, is_causal=causal, scale=scale)
    else:
        pieces = []
        for queries in torch.split(torch.arange(call.query.shape[2], device=key.device), at_once(call)):
            seen = call.mask.seen(queries)
            keys = seen.flatten(0, 2).any(0).nonzero().flatten()
            near = slice(int(keys[0]), int(keys[-1]) + 1)
            some = call.query[:, :, queries], key[:, :, near], value[:, :, near]
            pieces.append(scaled_dot_product_attention(*some, attn_mask=seen[..., near], scale=scale))
        output = torch.cat(pieces, 2)
    return output.transpose(1, 2)


def same(one: Tensor, other: Tensor) -> bool:
    """Return whether two ways to compute the same came to the same; numbers that are none are never the same."""
    return bool((one - other).abs().max() <= SAME * other.abs().max())


def by_rows(model: PreTrainedModel, token_ids: Sequence[int], last_layer: int) -> bool:
    """Return whether the family's eager attention treats each query by itself, so that some rows can be had alone.

    It is tried on the beginning of a text, in every layer: some queries at a time against all at once, with the
    library's own mask.
    """
    if is_outside(model):
        return False
    layers = _Tried(last_layer)
    visited(model, [token_ids[:TRIED]], layers, last_layer, Visible.of)
    return layers.equal


class _Tried:
    """A visitor that compares both ways in each layer."""

    def __init__(self, last: int) -> None:
        self.last, self.next, self.equal = last, 0, True

    def __call__(self, call: Call) -> Tensor:
        visible = call.mask
        mask = eager_mask(**visible.about).to(call.query.dtype) if isinstance(visible, Visible) else visible
        output, pattern = replace(call, mask=mask).attend()
        for queries in torch.split(torch.arange(call.query.shape[2], device=pattern.device), TRIED_AT_ONCE):
            own, rows = queries_of(call, queries).attend()
            self.equal &= rows.shape == pattern[:, :, queries].shape and own.shape == output[:, queries].shape
            self.equal = self.equal and same(rows, pattern[:, :, queries]) and same(own, output[:, queries])
        if self.next == self.last:
            raise Enough
        self.next += 1
        return output
