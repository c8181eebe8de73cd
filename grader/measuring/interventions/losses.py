"""The loss of a behaviour when sets of heads are replaced: one number for each set and trial."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from math import log

import numpy as np
import torch
from torch import Tensor

from grader.kinds.causal import AskedToken, Measure, Trial
from grader.measuring.interventions.workbench import CleanRun, Edit, Workbench, mean_outputs
from grader.measuring.statistics.bootstrap import Array
from grader.schema import HeadIndex, Replacement

Heads = frozenset[HeadIndex]
TOKENS = 1024
"""The most tokens in a pass: larger ones are no faster, and take more memory."""


@dataclass(frozen=True)
class _Asked:
    """All that is asked of a batch: where, and which tokens."""

    text: Tensor
    position: Tensor
    right: Tensor
    wrong: Tensor | None

    @classmethod
    def of(cls, asked: Sequence[Sequence[AskedToken]]) -> "_Asked":
        flat = [(text, *ask) for text, of_text in enumerate(asked) for ask in of_text]
        text, position, right, wrong = zip(*flat, strict=True) if flat else ((), (), (), ())
        pairs = None if None in wrong else torch.tensor(wrong)
        return cls(torch.tensor(text), torch.tensor(position), torch.tensor(right), pairs)


@dataclass(frozen=True)
class _Batch:
    """Trials of one length, run with nothing replaced, and their matched runs."""

    numbers: list[int]
    """Their numbers among all trials."""
    clean: CleanRun
    matched: list[Tensor]
    """The outputs of each layer's heads in the matched runs."""
    asked: _Asked
    early: _Asked


class Losses:
    """One measure on its trials, ready for any set of heads."""

    def __init__(self, bench: Workbench, measure: Measure, trials: Sequence[Trial], threads: int = 1) -> None:
        """Run the trials and their matched runs; torch itself must be held to one thread (`one_thread`)."""
        self.bench, self.measure, self.count, self.threads = bench, measure, len(trials), threads
        self.batches = list(self._run(trials))
        self.known: dict[tuple[Replacement, Heads], Array] = {}

    def _run(self, trials: Sequence[Trial]) -> Iterator[_Batch]:
        by_length: dict[int, list[int]] = defaultdict(list)
        for number, trial in enumerate(trials):
            by_length[len(trial.token_ids)].append(number)
        alike = [
            of_length[start : start + size]
            for length, of_length in sorted(by_length.items())
            for size in [max(1, TOKENS // length)]
            for start in range(0, len(of_length), size)
        ]
        for numbers in alike:
            chosen = [trials[number] for number in numbers]
            clean = self.bench.run([trial.token_ids for trial in chosen])
            matched = self.bench.run([trial.matched for trial in chosen]).outputs
            asked, early = (_Asked.of([trial.asked for trial in chosen]), _Asked.of([trial.early for trial in chosen]))
            yield _Batch(numbers, clean, matched, asked, early)

    @cached_property
    def clean(self) -> Array:
        """The measure of each trial with nothing replaced, in its unit."""
        return self._read([(batch, batch.asked, batch.clean.final) for batch in self.batches])

    @cached_property
    def unknowing(self) -> Array:
        """The measure of each trial without any knowledge: of the early tokens, else uniform, or no difference."""
        if all(len(batch.early.text) for batch in self.batches):
            return self._read([(batch, batch.early, batch.clean.final) for batch in self.batches])
        return np.full(self.count, self._uniform)

    @property
    def behaviour(self) -> Array:
        """By how much each trial is better than not knowing."""
        return self._worse(self.unknowing)

    def lost(self, sets: Sequence[Heads], by: Replacement) -> Array:
        """Return what each set's replacement makes worse, [set, trial]."""
        self._take(sets, by, lambda done: None)
        return np.stack([self.known[by, each] if each else np.zeros(self.count) for each in sets])

    def prepare(self, sets: Sequence[Heads], say: Callable[[float], None]) -> None:
        """Replace these sets, under both replacements; `say` hears which fraction is done."""
        self._take(sets, "resample", lambda done: say(done / 2))
        self._take(sets, "mean", lambda done: say((1 + done) / 2))

    def _take(self, sets: Sequence[Heads], by: Replacement, say: Callable[[float], None]) -> None:
        new = [each for each in dict.fromkeys(sets) if each and (by, each) not in self.known]
        jobs = [(batch, group) for batch in self.batches for group in self._groups(batch, new)]
        values = {each: np.zeros(self.count) for each in new}
        with ThreadPoolExecutor(self.threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            pending = [pool.submit(self._together, batch, group, by) for batch, group in jobs]
            try:
                for done, ((batch, group), one) in enumerate(zip(jobs, pending, strict=True), 1):
                    for each, of_set in zip(group, one.result(), strict=True):
                        values[each][batch.numbers] = of_set
                    say(done / len(jobs))
            finally:  # after an interruption, nothing waits for what has not begun
                pool.shutdown(cancel_futures=True)
        self.known |= {(by, each): self._worse(value) for each, value in values.items()}

    def _worse(self, value: Array) -> Array:
        """Return by how much a value is worse than with nothing replaced."""
        return value - self.clean if self.measure.unit == "nats" else self.clean - value

    def _groups(self, batch: _Batch, sets: Sequence[Heads]) -> Iterator[list[Heads]]:
        """Yield sets that begin in the same layer, as many together as fit in a pass; the longest passes first."""
        size = max(1, TOKENS // batch.clean.ids.numel())
        by_first: dict[int, list[Heads]] = defaultdict(list)
        for each in sets:
            by_first[min(each)[0]].append(each)
        for _first, alike in sorted(by_first.items()):
            for start in range(0, len(alike), size):
                yield alike[start : start + size]

    def _together(self, batch: _Batch, sets: list[Heads], by: Replacement) -> Array:
        """Return the measure of each trial of a batch for each set, [set, trial]."""
        texts = len(batch.numbers)
        edits: dict[int, list[Edit]] = defaultdict(list)
        for number, each in enumerate(sets):
            for layer in {layer for layer, _head in each}:
                heads = tuple(sorted(head for of, head in each if of == layer))
                rows = slice(number * texts, (number + 1) * texts)
                edits[layer].append(Edit(rows, heads, self._source(batch, by, layer)))
        final, _pattern = self.bench.replaced(batch.clean, len(sets), edits)
        if final is None:
            raise RuntimeError("the pass ended before the last layer")
        return np.stack([self._values(batch.asked, part, texts) for part in torch.split(final, texts)])

    def _source(self, batch: _Batch, by: Replacement, layer: int) -> Tensor:
        """Return what is put in place of the outputs of a layer's heads."""
        if by == "resample":
            return batch.matched[layer]
        return self._means[layer] if by == "mean" else torch.zeros_like(self._means[layer])

    @cached_property
    def _means(self) -> list[Tensor]:
        """The mean of each head's output over all places of the probe, by layer, [1, 1, head, dimension]."""
        runs = [batch.clean for batch in self.batches]
        return [mean_outputs(runs, layer) for layer in range(self.bench.layers)]

    def _read(self, asked: list[tuple[_Batch, _Asked, Tensor | None]]) -> Array:
        """Return the mean over what is asked of each trial."""
        values = np.zeros(self.count)
        for batch, of_batch, final in asked:
            if final is not None:
                values[batch.numbers] = self._values(of_batch, final, len(batch.numbers))
        return values

    def _values(self, asked: _Asked, final: Tensor, texts: int) -> Array:
        read = torch.cat(list(self._answers(asked, final[asked.text, asked.position]))).double()
        sums = torch.zeros(texts, dtype=torch.float64).index_add_(0, asked.text, read)
        return (sums / torch.bincount(asked.text, minlength=texts)).numpy()

    def _answers(self, asked: _Asked, states: Tensor) -> Iterator[Tensor]:
        """Yield the loss, or the logit difference, of what is asked."""
        start = 0
        for predicted in self.bench.predictions(states):
            logits = predicted.to(torch.promote_types(predicted.dtype, torch.float32))  # no sums in half precision
            rows = slice(start, start := start + len(logits))
            right = logits.gather(1, asked.right[rows, None])[:, 0]
            if asked.wrong is None:
                yield logits.logsumexp(-1) - right
            else:
                yield right - logits.gather(1, asked.wrong[rows, None])[:, 0]

    @cached_property
    def _uniform(self) -> float:
        if self.measure.unit == "logits":
            return 0.0
        final = self.batches[0].clean.final
        words = 0 if final is None else next(iter(self.bench.predictions(final[:1, 0]))).shape[-1]
        return log(words)
