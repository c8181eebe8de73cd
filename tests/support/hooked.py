"""Heads replaced by plain hooks on the output projections: a reference that knows nothing of the grader's own code."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

Replaced = Mapping[int, tuple[Sequence[int], Tensor]]
"""Heads, and all heads' outputs from which theirs are taken, [text, position, head, dimension]; by layer."""


class Hooked:
    """A transformer with its head for predictions, which no workbench has touched."""

    def __init__(self, model: PreTrainedModel, projections: Sequence[nn.Module]) -> None:
        self.model, self.projections = model, projections
        self.heads = model.config.num_attention_heads

    def outputs(self, ids: Sequence[Sequence[int]]) -> list[Tensor]:
        """Return what each layer's output projection reads, [text, position, head, dimension]."""
        seen: list[Tensor] = []

        def look(layer: int, read: Tensor) -> Tensor:
            seen.append(read.clone())
            return read

        self._run(ids, look)
        return seen

    def logits(self, ids: Sequence[Sequence[int]], replaced: Replaced | None = None) -> Tensor:
        """Return the logits, [text, position, token]."""

        def put(layer: int, read: Tensor) -> Tensor:
            heads, outputs = (replaced or {}).get(layer, ((), read))
            for head in heads:
                read[:, :, head] = outputs[:, :, head]
            return read

        return self._run(ids, put)

    def _run(self, ids: Sequence[Sequence[int]], visit: Callable[[int, Tensor], Tensor]) -> Tensor:
        with self._visiting(visit), torch.inference_mode():
            logits: Tensor = self.model(input_ids=torch.tensor(ids), use_cache=False).logits
        return logits

    @contextmanager
    def _visiting(self, visit: Callable[[int, Tensor], Tensor]) -> Iterator[None]:
        layer = -1

        def hook(module: nn.Module, args: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            nonlocal layer
            layer += 1
            read = args[0].unflatten(-1, (self.heads, -1)).clone()
            return (visit(layer, read).flatten(-2), *args[1:])

        hooks = [each.register_forward_pre_hook(hook) for each in self.projections]
        try:
            yield
        finally:
            for each in hooks:
                each.remove()
