"""A transformer on the workbench: its heads' outputs are recorded, replaced, and everything above is computed again.

A head's output is what it hands to the output projection, [text, position, dimension]; every family that goes through
the attention interface has it, whatever its projection is called, and of most others it is known (`hooked`). A slice of
what the projection returns is no head.

What is below the first replaced layer is taken from the run in which nothing was replaced: the layers there return what
they returned then. So heads and sets that begin in the same layer share all of it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput

from grader.base.errors import UnsupportedTransformer
from grader.measuring.attention import hooked
from grader.measuring.attention.streaming import Call, Enough, visiting
from grader.measuring.transformer.reach import words_of

ROWS = 512
"""The most states that predictions are computed for at once: each has a number for every token of the vocabulary."""

AT_ONCE = 32
"""The most vectors that go through the final norm at once, as if they were the tokens of a text."""


@dataclass(frozen=True)
class Edit:
    """Outputs to put in place of some heads' own, in one layer."""

    rows: slice
    """The texts of the batch."""
    heads: tuple[int, ...]
    outputs: Tensor
    """[text, position, head, dimension], of all heads; a 1 in the first two axes stands for all."""
    positions: Tensor | None = None
    """The positions at which they are replaced, as a mask [text, position]; None for all."""

    def apply(self, own: Tensor) -> None:
        """Replace the outputs in this tensor, [text, position, head, dimension]."""
        heads = list(self.heads)
        new = self.outputs[:, :, heads].expand(own[self.rows][:, :, heads].shape)
        if self.positions is not None:
            new = torch.where(self.positions[:, :, None, None], new, own[self.rows][:, :, heads])
        own[self.rows, :, heads] = new


@dataclass
class CleanRun:
    """One batch of texts, run with nothing replaced."""

    ids: Tensor
    """[text, position]"""
    outputs: list[Tensor] = field(default_factory=list)
    """The outputs of each layer's heads, [text, position, head, dimension]."""
    states: list[Any] = field(default_factory=list)
    """The return value of each layer; none where the layers cannot be told apart, so that nothing is shared."""
    calls: dict[int, Call] = field(default_factory=dict)
    """The calls for attention of the layers that were asked for."""
    patterns: dict[int, Tensor] = field(default_factory=dict)
    """The patterns of these layers, [text, head, query, key]."""
    final: Tensor | None = None
    """The states behind the last layer, [text, position, width]; None if the run ended before."""


@dataclass
class _Pass:
    """One pass through the layers: where it begins, and what it notes."""

    first: int = 0
    below: Any = None
    """The return value of the layer below the first one."""
    note: Callable[[Any], None] = lambda state: None


_PASS: ContextVar[_Pass | None] = ContextVar("pass", default=None)
_FINAL: ContextVar[Tensor | None] = ContextVar("final", default=None)


class Workbench:
    """One transformer, whose heads can be replaced."""

    def __init__(self, model: PreTrainedModel, whole: PreTrainedModel | None = None) -> None:
        """Prepare it; `whole` is the same with its head for predictions, which only `predictions` needs.

        The layers stay as they are for everybody else: a pass is known to the thread in which it runs alone.
        """
        self.model, self.whole, self.replaces = model, whole, hooked.replaces(model)
        self.layers, self.heads = model.config.num_hidden_layers, model.config.num_attention_heads
        self.stack = _stack(model) if self.replaces else []
        for number, layer in enumerate(self.stack):
            if not isinstance(layer.forward, _Skipped):
                layer.forward = _Skipped(number, layer.forward)
        ended = model.get_decoder()  # type: ignore[no-untyped-call]  # the model, or the part that OPT's head calls
        if whole is not None and not isinstance(ended.forward, _Ended):
            ended.forward = _Ended(ended.forward)

    @property
    def width(self) -> int:
        """The width of the outputs of one layer's heads together."""
        config = self.model.config
        return int(self.heads * (getattr(config, "head_dim", None) or config.hidden_size // self.heads))

    @property
    def words(self) -> int:
        """The number of tokens that predictions are about."""
        return words_of(self.model)

    def refuse_to_replace(self) -> None:
        """Refuse where no head can be replaced.

        Raises:
            UnsupportedTransformer: The outputs of heads cannot be told.
        """
        if not self.replaces:
            raise UnsupportedTransformer(
                f"{type(self.model).__name__} computes attention in code of its own that does not show what each head "
                "puts out, so no head can be replaced: its patterns can be measured, and nothing else"
            )

    def run(self, texts: Sequence[Sequence[int]], keep: Sequence[int] = (), last: int | None = None) -> CleanRun:
        """Return a run of texts of one length with nothing replaced.

        Args:
            texts: Token ids.
            keep: The layers whose calls and patterns are kept.
            last: The last layer that is computed; None for all, and the final states.
        """
        self.refuse_to_replace()
        clean = CleanRun(torch.tensor(texts, device=self.model.device))

        def visit(call: Call) -> Tensor:
            layer = len(clean.outputs)
            output, pattern = call.attend()
            clean.outputs.append(output)
            if layer in keep:
                clean.calls[layer], clean.patterns[layer] = call, pattern
            if layer == last:
                raise Enough
            return output

        clean.final = self._final(clean.ids, visit, _Pass(note=clean.states.append))
        return clean

    def replaced(
        self, clean: CleanRun, times: int, edits: Mapping[int, Sequence[Edit]], watch: int | None = None
    ) -> tuple[Tensor | None, Tensor | None]:
        """Return the final states of the texts, `times` times over, with edits by layer; or one layer's pattern.

        Args:
            clean: The run of the texts with nothing replaced.
            times: The number of copies of the batch, one after the other; each edit names the rows it is about.
            edits: What is replaced, by layer.
            watch: The layer whose pattern is returned instead of final states; nothing above it is computed.
        """
        first = min(edits, default=0) if clean.states else 0
        below = repeated(clean.states[first - 1], times) if first else None
        layer, pattern = first, None

        def visit(call: Call) -> Tensor:
            nonlocal layer, pattern
            if layer == first != watch:  # it reads what it read then
                output: Tensor = repeated(clean.outputs[layer], times)
            else:
                output, seen = call.attend()
            if layer == watch:
                pattern = seen
                raise Enough
            for edit in edits.get(layer, ()):
                edit.apply(output)
            layer += 1
            return output

        final = self._final(clean.ids.repeat(times, 1), visit, _Pass(first, below))
        return final, pattern

    def called(self, clean: CleanRun, layer: int, below: Any, times: int) -> Call:  # noqa: ANN401 - a layer's own return
        """Return the call for attention of one layer on what the layer below is made to return."""
        calls: list[Call] = []

        def visit(call: Call) -> Tensor:
            calls.append(call)
            raise Enough

        self._final(clean.ids.repeat(times, 1), visit, _Pass(layer, below))
        return calls[0]

    def predictions(self, states: Tensor) -> Iterator[Tensor]:
        """Yield the logits of final states, [state, width], as [state, token], ROWS at a time."""
        if self.whole is None:
            raise ValueError("the transformer was loaded without its head for predictions: load it with whole=True")
        for rows in torch.split(states, ROWS):
            yield _predicted(self.whole, rows)

    def logit_lens(self, vectors: Tensor) -> Iterator[Tensor]:
        """Yield the logits that vectors of the residual stream lead to by themselves, through the final norm."""
        for rows in torch.split(vectors, AT_ONCE):
            ids = torch.zeros(1, len(rows), dtype=torch.long, device=rows.device)
            states = self._final(ids, _unexpected, self._behind(rows[None]))
            if states is not None:
                yield from self.predictions(states[0])

    def _behind(self, states: Tensor) -> _Pass:
        return _Pass(self.layers, states)

    def _final(self, ids: Tensor, visit: Callable[[Call], Tensor], passing: _Pass) -> Tensor | None:
        """Return the final states of a pass; None if the visitor has had enough."""
        token = _PASS.set(passing)
        try:
            with visiting(self.model, visit):
                final: Tensor = self.model(input_ids=ids, use_cache=False)[0]
        except Enough:
            return None
        finally:
            _PASS.reset(token)
        return final


class _Skipped:
    """A layer's computation, which a pass that begins above it replaces by what the pass brings."""

    def __init__(self, number: int, forward: Callable[..., Any]) -> None:
        self.number, self.forward = number, forward

    def __call__(self, *args: object, **kwargs: object) -> Any:  # noqa: ANN401 - a layer's own return
        passing = _PASS.get()
        if passing is not None and self.number < passing.first:
            return passing.below
        state = self.forward(*args, **kwargs)
        if passing is not None:
            passing.note(state)
        return state


class _Ended:
    """A transformer's computation, which is left out if its final states are there."""

    def __init__(self, forward: Callable[..., Any]) -> None:
        self.forward, self.made = forward, BaseModelOutput

    def __call__(self, *args: object, **kwargs: object) -> Any:  # noqa: ANN401 - the transformer's own return
        final = _FINAL.get()
        if final is None:
            output = self.forward(*args, **kwargs)
            self.made = type(output)
            return output
        return self.made(last_hidden_state=final)


def _predicted(whole: PreTrainedModel, states: Tensor) -> Tensor:
    """Return the logits of final states, [state, token]; what a thread is told for this is over when it returns."""
    token, ids = _FINAL.set(states[None]), torch.zeros(1, len(states), dtype=torch.long, device=states.device)
    try:
        with torch.inference_mode():
            logits: Tensor = whole(input_ids=ids, use_cache=False).logits[0]
    finally:
        _FINAL.reset(token)
    return logits


def _stack(model: PreTrainedModel) -> list[nn.Module]:
    """Return the layers in their order; none if the family has no list of them, one for each layer."""
    layers = model.config.num_hidden_layers
    lists = (module for module in model.modules() if isinstance(module, nn.ModuleList))
    return next((list(each) for each in lists if len(each) == layers and len(set(each)) == layers), [])


def mean_outputs(runs: Iterable[CleanRun], layer: int) -> Tensor:
    """Return the mean of the outputs of a layer's heads over all places, [1, 1, head, dimension]."""
    return torch.cat([run.outputs[layer].flatten(0, 1) for run in runs]).mean(0)[None, None]


def repeated(state: Any, times: int) -> Any:  # noqa: ANN401 - a layer's own return
    """Return a layer's return value for the batch, `times` times over.

    What it has once for all texts, as T5's layers hand on their bias, stays so.
    """
    if isinstance(state, Tensor):
        return state.repeat(times, *[1] * (state.dim() - 1))
    if isinstance(state, tuple | list):
        texts = len(state[0])
        once = (isinstance(each, Tensor) and len(each) != texts for each in state)
        return type(state)(
            each if is_once else repeated(each, times) for each, is_once in zip(state, once, strict=True)
        )
    return state


def _unexpected(call: Call) -> Tensor:
    raise RuntimeError(f"{type(call.module).__name__} computed attention in a pass that begins behind the last layer")
