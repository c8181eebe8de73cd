"""Our replacing of heads compared with TransformerLens's hooks: same weights, same trials, same losses, in one process.

    lens/bin/python benchmarks/transformer_lens_causal.py

The environment is that of `transformer_lens_parity.py`. Each head is replaced on sequences of 2 x 30 random tokens, and
the loss on the second copy is read. TransformerLens does it as its demos do, with `run_with_hooks` on
`blocks.L.attn.hook_z`, all sequences at once; and as a careful user can, who begins at the head's layer and unembeds
only what is asked (`start_at_layer`, `stop_at_layer`). The losses must agree to 1e-4 nats.

Heads of one layer take the same time, and a layer takes as much as another, so two layers whose mean is the middle
stand for all; `--all` takes every head. The runs with nothing replaced are made before, and shared. Times are those of
the processor, on one thread, so that other work on the machine counts for neither. Prints the table's rows, and the
layers that each way computes.
"""

import copy
import logging
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from torch import Tensor
from transformers import PreTrainedModel

from benchmarks.ratios import Compared, Seconds, in_turn
from benchmarks.transformer_lens_parity import lenses, of_exercise, random_gpt2, say
from grader.kinds.causal import AskedToken, Trial
from grader.measuring.interventions.effects import BOTH
from grader.measuring.interventions.losses import Losses
from grader.measuring.interventions.measures.copying import COPYING
from grader.measuring.interventions.workbench import Workbench
from grader.measuring.transformer.activation import in_place
from grader.schema import HeadIndex

LENGTH, RUNS, LIMIT = 30, 3, 1e-4
ASKED = slice(LENGTH, 2 * LENGTH - 1)
"""The positions that are read: each predicts the next token of the second copy."""
Effects = dict[str, Tensor]
"""What is lost by each replacement, [head, sequence]."""


@dataclass(frozen=True)
class Case:
    """A transformer, the heads to be replaced, and the trials."""

    title: str
    whole: PreTrainedModel
    heads: list[HeadIndex]
    sequences: int

    @property
    def trials(self) -> list[Trial]:
        """Repeated random tokens, each with a matched sequence of others."""
        random = torch.Generator().manual_seed(0)
        words = self.whole.config.vocab_size
        return [_trial(torch.randperm(words, generator=random)[: 3 * LENGTH].tolist()) for _ in range(self.sequences)]


def _trial(drawn: list[int]) -> Trial:
    ids = (*drawn[:LENGTH], *drawn[:LENGTH])
    asked = tuple(AskedToken(place, ids[place + 1]) for place in range(2 * LENGTH)[ASKED])
    return Trial(ids, tuple(drawn[LENGTH:]), asked)


class Ours:
    """The grader's way."""

    def __init__(self, case: Case) -> None:
        whole = copy.deepcopy(case.whole)
        self.case, self.bench, self.layers = case, Workbench(whole.base_model, whole), 0
        in_place(whole)  # as `grader.measuring.transformer.load` has it
        for block in whole.base_model.h:
            block.mlp.register_forward_hook(self._count)
        self.losses = Losses(self.bench, COPYING, self.case.trials)

    def __call__(self) -> Effects:
        """Return what is lost."""
        self.layers = 0
        self.losses.known.clear()
        sets = [frozenset([head]) for head in self.case.heads]
        return {by: torch.from_numpy(self.losses.lost(sets, by)) for by in BOTH}

    def _count(self, _module: object, _given: object, output: Tensor) -> None:
        self.layers += len(output)


class Theirs:
    """TransformerLens's way, with or without what a careful user can spare."""

    def __init__(self, case: Case, model: object, *, careful: bool = False) -> None:
        self.heads, self.model, self.careful = case.heads, model, careful
        self.ids, self.matched = (
            torch.tensor([getattr(trial, name) for trial in case.trials]) for name in ("token_ids", "matched")
        )
        with torch.no_grad():
            _, self.cache = model.run_with_cache(self.ids, names_filter=_kept)
            _, self.other = model.run_with_cache(self.matched, names_filter=_kept)
            self.clean = self._loss(self.ids)

    def __call__(self) -> Effects:
        """Return what is lost."""
        with torch.no_grad():
            lost = {by: [self._without(head, by) - self.clean for head in self.heads] for by in BOTH}
        return {by: torch.stack(of_heads) for by, of_heads in lost.items()}

    def _without(self, place: HeadIndex, by: str) -> Tensor:
        layer, head = place
        name = f"blocks.{layer}.attn.hook_z"
        new = self.other[name][:, :, head] if by == "resample" else self.cache[name][:, :, head].mean((0, 1))

        def replace(z: Tensor, hook: object) -> Tensor:
            z[:, :, head] = new
            return z

        hooks = [(name, replace)]
        if not self.careful:
            return self._loss(self.ids, fwd_hooks=hooks)
        below, last = self.cache[f"blocks.{layer}.hook_resid_pre"], self.model.cfg.n_layers
        final = self.model.run_with_hooks(below, start_at_layer=layer, stop_at_layer=last, fwd_hooks=hooks)
        return _read(self.model.unembed(self.model.ln_final(final[:, ASKED])), self.ids)

    def _loss(self, ids: Tensor, **hooks: object) -> Tensor:
        return _read(self.model.run_with_hooks(ids, return_type="logits", **hooks)[:, ASKED], ids)


def _kept(name: str) -> bool:
    return name.endswith(("attn.hook_z", "hook_resid_pre"))


def _read(logits: Tensor, ids: Tensor) -> Tensor:
    """Return the loss on the second copy, for each sequence."""
    right = logits.gather(-1, ids[:, ASKED.start + 1 :, None])[..., 0]
    return (logits.logsumexp(-1) - right).mean(-1).double()


def cases(*, every: bool) -> Iterator[Case]:
    """Yield the embedded transformer, and one of GPT-2 small's size."""
    mini = of_exercise("mini-heads")
    if mini is not None:
        heads = list(product(range(6), range(8))) if every else [(1, 5), (4, 5)]
        yield Case("mini-gpt2, 24 sequences", mini, heads, 24)
    whole = random_gpt2(768, 12, 12, 50257, 3.0)
    heads = list(product(range(12), range(12))) if every else [(3, 5), (8, 5)]
    yield Case("12 x 12 x 768, random weights, 8 sequences", whole, heads, 8)


def busy(way: Callable[[], object]) -> Seconds:
    """Return a function that does it once and returns the processor's time."""

    def once() -> float:
        start = time.process_time()
        way()
        return time.process_time() - start

    return once


def main() -> int:
    """Print the rows, and return 1 if a loss differs by more than the limit."""
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    over = 0
    for case in cases(every="--all" in sys.argv):
        ways = {"ours": Ours(case)} | {name: Theirs(case, model) for name, model, _ in lenses(case.whole)}
        hooked = ways.get("HookedTransformer")
        if isinstance(hooked, Theirs):
            ways["HookedTransformer, carefully"] = Theirs(case, hooked.model, careful=True)
        found = {name: way() for name, way in ways.items()}
        took = in_turn({name: busy(way) for name, way in ways.items()}, RUNS)
        for name in list(ways)[1:]:
            apart = max(float((found["ours"][by] - found[name][by]).abs().max()) for by in BOTH)
            over += apart > LIMIT
            columns = Compared(took["ours"], took[name]).columns()
            say(f"| {case.title} | {name} | <= 0.33 | {columns} | {apart:.1e} |")
        layers, replaced = case.whole.config.num_hidden_layers, len(BOTH) * len(case.heads)
        counted = f"ours {ways['ours'].layers}, with hooks {replaced * layers * case.sequences}"
        say(f"{case.title}: {replaced} replacements, layers times sequences: {counted}")
    return min(over, 1)


if __name__ == "__main__":
    sys.exit(main())
