"""Families that compute attention in code of their own, out of the library's interface: taken over in their modules.

Each of their attention modules returns its pattern if it is asked to. Which modules these are is found out by one short
pass, and held against what `output_attentions=True` returns. From then on a reader is handed each module's outputs and
pattern as they come, in its own thread alone, and the pattern goes no further: no more than one layer's is ever held.
"""

import inspect
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from grader.base.errors import UnsupportedTransformer

Read = Callable[[nn.Module, Tensor | None, Tensor], Tensor | None]
"""A function that is called with each attention module, the outputs of its heads, [text, query, head, dimension], and
its pattern; it returns the outputs to go on with. There are no outputs where they cannot be told."""

PROJECTIONS: dict[str, str | None] = {
    "bloom": "dense",
    "codegen": "out_proj",
    "deberta": None,
    "deberta-v2": None,
    "falcon": "dense",
    "gpt_neo": "out_proj",
    "gptj": "out_proj",
    "openai-gpt": "c_proj",
    "rembert": None,
    "mpnet": "o",
    "mpt": "out_proj",
    "roformer": None,
    "xglm": "out_proj",
}
"""The output projection in the attention module, by family; None where the module returns what its heads hand to it.

In other families the outputs of the heads cannot be told, so that no head can be replaced.
"""
EAGER = "eager_attention_forward"
"""The name that a family's code has for eager attention if it goes through the interface."""
FIRST_IDS = [[3, 4, 5]]
"""The first text: none of its tokens is one that pads in a usual vocabulary."""
KEPT = ("cache", "layer_past", "past_key_values")
"""The arguments in which keys are kept for the next token; a text is read at once."""
EXACT = 1e-5
"""The most by which a row of the first text may differ from 1."""

_READ: ContextVar[Read | None] = ContextVar("read", default=None)
_HEADS: ContextVar["_Heads | None"] = ContextVar("heads", default=None)
_PREPARING = threading.RLock()
_MODULES = "grader_attention_modules"
"""The name under which a prepared transformer carries its attention modules."""


@dataclass
class _Heads:
    """The outputs of one module's heads: those that its projection read, and those to read in their place."""

    own: Tensor | None = None
    put: Tensor | None = None


def is_outside(model: PreTrainedModel) -> bool:
    """Return True if no module's code knows the attention interface."""
    return not any(hasattr(sys.modules[type(module).__module__], EAGER) for module in model.modules())


@contextmanager
def reading(model: PreTrainedModel, read: Read) -> Iterator[None]:
    """Let `read` see all attention of a prepared transformer in this thread."""
    prepared(model)
    token = _READ.set(read)
    try:
        yield
    finally:
        _READ.reset(token)


def prepared(model: PreTrainedModel) -> list[nn.Module]:
    """Return the attention modules of a transformer outside of the interface, made ready to be read; none if none are.

    Raises:
        UnsupportedTransformer: Its numbers have half precision.
    """
    with _PREPARING:
        modules: list[nn.Module] | None = vars(model).get(_MODULES)
        if modules is None:
            modules = vars(model)[_MODULES] = _attention_modules(model)
            for module in modules:
                _take(module, model.config.model_type)
        return modules


def shown(model: PreTrainedModel) -> list[tuple[int, bool]]:
    """Return, for each attention module in the order of a pass, how many heads it has and whether it is causal."""
    try:
        return [(pattern.shape[1], not bool(pattern.triu(1).any())) for _, pattern in _first_pass(model)]
    except TypeError:  # it needs the pattern itself in what its modules return
        return []


def replaces(model: PreTrainedModel) -> bool:
    """Return True if the outputs of heads can be told, so that others can be put in their place."""
    if not is_outside(model):
        return True
    seen = _first_pass(model)
    return bool(seen) and all(outputs is not None for outputs, _ in seen)


def _first_pass(model: PreTrainedModel) -> list[tuple[Tensor | None, Tensor]]:
    """Return the outputs of heads and the pattern of each attention module on the first text."""
    seen: list[tuple[Tensor | None, Tensor]] = []

    def read(module: nn.Module, outputs: Tensor | None, pattern: Tensor) -> Tensor | None:
        seen.append((outputs, pattern))
        return outputs

    with reading(model, read), torch.inference_mode():
        model(input_ids=torch.tensor(FIRST_IDS, device=model.device), use_cache=False)
    return seen


def _attention_modules(model: PreTrainedModel) -> list[nn.Module]:
    """Return the innermost modules that return the patterns which the whole transformer returns, in their order."""
    if model.dtype.itemsize < torch.float32.itemsize:
        raise UnsupportedTransformer(
            f"{type(model).__name__} computes attention in code of its own, and in {model.dtype} rounds it; "
            "measure it with `precision: float32`"
        )
    found: list[tuple[nn.Module, Tensor]] = []

    def look(module: nn.Module, args: object, output: Any) -> None:  # noqa: ANN401 - the module's own return
        place = _place(output) if isinstance(output, tuple | list) else None
        if place is not None and not any(output[place] is pattern for _, pattern in found):
            found.append((module, output[place]))

    hooks = [module.register_forward_hook(look) for module in model.modules()]
    try:
        expected = _returned(model)
    finally:
        for hook in hooks:
            hook.remove()
    same = len(found) == len(expected) and all(
        torch.equal(pattern, of_layer) for (_, pattern), of_layer in zip(found, expected, strict=True)
    )
    return [module for module, _ in found] if same else []


def _returned(model: PreTrainedModel) -> Sequence[Tensor]:
    """Return the patterns that the whole transformer returns for the first text; none if it returns none."""
    ids = torch.tensor(FIRST_IDS, device=model.device)
    model.config._attn_implementation = "eager"  # Falcon cannot be told otherwise, and masks nothing under "sdpa"
    try:
        with torch.inference_mode():
            whole = model(input_ids=ids, use_cache=False, output_attentions=True)
    except TypeError:  # it knows no `output_attentions`
        return ()
    except (RuntimeError, ValueError) as error:
        message = f"{type(model).__name__} cannot show its attention in {model.dtype} ({error})"
        raise UnsupportedTransformer(message) from error
    return getattr(whole, "attentions", None) or ()


def _place(output: Sequence[object]) -> int | None:
    """Return the place of the pattern of the first text among what a module returned; None if there is none."""
    length = len(FIRST_IDS[0])
    for place, part in enumerate(output):
        if isinstance(part, Tensor) and part.ndim == 4 and part.shape[0] == 1 and part.shape[2:] == (length, length):
            sums = part.sum(-1)
            if bool((part >= 0).all()) and bool(((sums - 1).abs() < EXACT).all()):
                return place
    return None


def _take(module: nn.Module, family: str) -> None:
    """Take a module's computation over."""
    name = PROJECTIONS.get(family)
    if name is not None:
        projection = module.get_submodule(name)
        projection.forward = _Projected(projection.forward)
    module.forward = _Taken(module, known=family in PROJECTIONS, projects=name is not None)


class _Projected:
    """An output projection that can be given other outputs than its module's own."""

    def __init__(self, forward: Callable[[Tensor], Tensor]) -> None:
        self.forward = forward

    def __call__(self, outputs: Tensor) -> Tensor:
        heads = _HEADS.get()
        if heads is not None:
            heads.own = outputs
            outputs = outputs if heads.put is None else heads.put
        return self.forward(outputs)


class _Taken:
    """An attention module whose outputs and pattern a reader sees, if the thread has one."""

    def __init__(self, module: nn.Module, *, known: bool, projects: bool) -> None:
        self.module, self.forward, self.known, self.projects = module, module.forward, known, projects
        self.signature = inspect.signature(module.forward)

    def __call__(self, *args: object, **kwargs: object) -> Any:  # noqa: ANN401 - the module's own return
        read = _READ.get()
        if read is None:
            return self.forward(*args, **kwargs)
        given = self._given(args, kwargs)
        returned, own = self._run(given, None)
        place = next(n for n, part in enumerate(returned) if isinstance(part, Tensor) and part.ndim == 4)
        pattern = returned[place]
        outputs = own.view(*own.shape[:-1], pattern.shape[1], -1) if own is not None else None
        new = read(self.module, outputs, pattern)
        if outputs is not None and new is not None and not torch.equal(new, outputs):
            returned, _ = self._run(given, new.flatten(-2))
        return type(returned)((*returned[:place], None, *returned[place + 1 :]))

    def _given(self, args: tuple[object, ...], kwargs: dict[str, object]) -> inspect.BoundArguments:
        given = self.signature.bind(*args, **kwargs)
        given.arguments.update({name: None for name in KEPT if name in given.arguments})
        if "output_attentions" in self.signature.parameters:
            given.arguments["output_attentions"] = True
        return given

    def _run(self, given: inspect.BoundArguments, put: Tensor | None) -> tuple[Any, Tensor | None]:
        """Return what the module returns, with other outputs of its heads if they are given, and their own outputs."""
        heads = _Heads(put=put)
        token = _HEADS.set(heads)
        try:
            returned = self.forward(*given.args, **given.kwargs)
        finally:
            _HEADS.reset(token)
        if self.known and not self.projects:
            heads.own = returned[0]
            returned = returned if put is None else (put, *returned[1:])
        return returned, heads.own
