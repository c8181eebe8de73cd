"""The score of a receiver that is left when a sender is replaced, on its kind's own probe.

In total, the sender is replaced for all that comes after it. Directly, only what the sender adds to one input of the
receiver is: everything between the two stays as it was, so that no other head passes the change on.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from grader.kinds.masks import Question
from grader.kinds.sequence import ProbeSequence
from grader.measuring.interventions.matched import matched
from grader.measuring.interventions.projections import projection
from grader.measuring.interventions.workbench import CleanRun, Edit, Workbench, mean_outputs, repeated
from grader.measuring.probes.families import families_of, family
from grader.measuring.questions import question
from grader.measuring.statistics.patterns import reduced
from grader.measuring.statistics.pooling import ELIGIBLE, Answers, pooled
from grader.measuring.tables.score_table import measurement
from grader.schema import Estimate, HeadIndex, Into, Kind, ProbeSettings, SenderLeft, Trace

SEQUENCES = 48
"""The most sequences of each family of probes: enough for narrow intervals, and few enough for every sender."""
TOKENS = 2048
PATHS: tuple[str, ...] = ("clean", "resample", "mean", "key", "query")


@dataclass(frozen=True)
class _Batch:
    """Sequences of one length, with what is asked of them."""

    first: list[int]
    """The place of each sequence's first answer among those of its family."""
    queries: list[Tensor]
    targets: Tensor
    eligible: Tensor
    clean: CleanRun
    matched: list[Tensor]
    answers: dict[str, Answers]
    """The answers of the batch's family, by path."""


class Senders:
    """One receiver, ready for any of the heads before it to be replaced."""

    def __init__(  # noqa: PLR0913 - what is measured, and in keywords how
        self,
        bench: Workbench,
        tokenizer: PreTrainedTokenizerBase,
        settings: ProbeSettings,
        kind: Kind,
        receiver: HeadIndex,
        *,
        causal: bool,
        deciding: tuple[str, ...] = (),
        threads: int = 1,
    ) -> None:
        """Run the probe and its matched texts up to the receiver's layer, which is not the first.

        `deciding` names the slices that may decide the receiver's score; none named: all.
        """
        self.bench, self.kind, self.seed, self.causal, self.threads = bench, kind, settings.seed, causal, threads
        (self.layer, self.head), self.deciding = receiver, deciding
        self.families: list[dict[str, Answers]] = []
        self.batches: list[_Batch] = []
        for name in families_of(kind):
            sequences = family(name, tokenizer, settings.short)[:SEQUENCES]
            self.batches += self._batches(sequences, matched(tokenizer, sequences, settings.seed))
        runs = [batch.clean for batch in self.batches]
        self.means = [mean_outputs(runs, layer) for layer in range(self.layer)]
        projections = [projection(bench, layer) for layer in range(self.layer)]
        self.projections = [each for each in projections if each is not None]
        """The output projection of each layer below the receiver's; fewer if what they return is not just added."""

    def trace(self, say: Callable[[float], None] = lambda done: None) -> Trace:
        """Return what is left of the receiver without each earlier head; `say` hears which fraction is done."""
        jobs = [(batch, group) for batch in self.batches for group in self._groups(batch)]
        with ThreadPoolExecutor(self.threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            pending = [pool.submit(self._answer, batch, group) for batch, group in jobs]
            try:
                for done, one in enumerate(pending, 1):
                    one.result()
                    say(done / len(pending))
            finally:  # after an interruption, nothing waits for what has not begun
                pool.shutdown(cancel_futures=True)
        left = {path: self._scores(path) for path in PATHS if self._is_measured(path)}
        clean = left["clean"][0, 0]
        inputs: tuple[Into, ...] = ("key", "query")
        senders = [
            SenderLeft(
                layer=layer,
                head=head,
                left=left["resample"][layer, head].value,
                interval=left["resample"][layer, head].interval,
                mean=left["mean"][layer, head],
                direct={into: left[into][layer, head] for into in inputs if into in left},
            )
            for layer in range(self.layer)
            for head in range(self.bench.heads)
        ]
        return Trace(
            kind=self.kind,
            layer=self.layer,
            head=self.head,
            score=clean.value,
            interval=clean.interval,
            senders=tuple(sorted(senders, key=lambda each: (each.left, each.layer, each.head))),
        )

    def _is_measured(self, path: str) -> bool:
        return path not in ("key", "query") or self._adds

    @property
    def _adds(self) -> bool:
        """True if what each head writes is simply added, so that it can be changed for one reader alone."""
        return len(self.projections) == self.layer

    def _batches(self, sequences: Sequence[ProbeSequence], others: Sequence[Sequence[int]]) -> Iterator[_Batch]:
        """Yield the sequences of one family that ask something, those of one length together."""
        questions = [question(self.kind, sequence).visible(causal=self.causal) for sequence in sequences]
        queries = [each.asked.nonzero().flatten() for each in questions]
        *first, total = accumulate(map(len, queries), initial=0)
        answers = {path: self._empty(questions, sequences, total) for path in PATHS}
        self.families.append(answers)
        by_length: dict[int, list[int]] = defaultdict(list)
        for number, asked in enumerate(queries):
            if len(asked):
                length = int(asked[-1]) + 1 if self.causal else len(sequences[number].token_ids)
                by_length[length].append(number)
        for length, numbers in sorted(by_length.items()):
            size = max(1, TOKENS // length)
            for start in range(0, len(numbers), size):
                part = numbers[start : start + size]
                yield self._batch(part, length, (sequences, others, questions, queries, first, answers))

    def _batch(self, numbers: list[int], length: int, of_family: tuple[Any, ...]) -> _Batch:
        sequences, others, questions, queries, first, answers = of_family
        clean = self.bench.run([sequences[n].token_ids[:length] for n in numbers], keep=[self.layer], last=self.layer)
        other = self.bench.run([others[n][:length] for n in numbers], last=self.layer).outputs
        return _Batch(
            [first[n] for n in numbers],
            [queries[n] for n in numbers],
            torch.cat([questions[n].targets[queries[n], :length] for n in numbers]),
            torch.cat([questions[n].eligible[queries[n], :length] for n in numbers]),
            clean,
            other,
            answers,
        )

    def _empty(self, questions: list[Question], sequences: Sequence[ProbeSequence], total: int) -> Answers:
        values = np.zeros((total, max(1, self.layer), self.bench.heads, ELIGIBLE + 1))
        return Answers(questions, [each.slice for each in sequences], values, np.zeros((total, 0)))

    def _groups(self, batch: _Batch) -> Iterator[list[HeadIndex]]:
        """Yield heads of one layer, as many together as fit in a pass."""
        size = max(1, TOKENS // batch.clean.ids.numel())
        for layer in range(self.layer):
            for start in range(0, self.bench.heads, size):
                yield [(layer, head) for head in range(start, min(start + size, self.bench.heads))]

    def _answer(self, batch: _Batch, senders: list[HeadIndex]) -> None:
        """Fill in the answers of the batch for some senders of one layer, on every path."""
        layer = senders[0][0]
        self._note(batch, "clean", senders, repeated(batch.clean.patterns[self.layer], len(senders)))
        for path, outputs in (("resample", batch.matched[layer]), ("mean", self.means[layer])):
            edits = [Edit(_rows(batch, number), (head,), outputs) for number, (_layer, head) in enumerate(senders)]
            _final, pattern = self.bench.replaced(batch.clean, len(senders), {layer: edits}, watch=self.layer)
            self._note(batch, path, senders, pattern)
        if self._adds:
            self._directly(batch, senders)

    def _directly(self, batch: _Batch, senders: list[HeadIndex]) -> None:
        layer, times = senders[0][0], len(senders)
        with torch.inference_mode():
            state = repeated(batch.clean.states[self.layer - 1], times)
            stream = state[0] if isinstance(state, tuple) else state
            own, project = batch.clean.outputs[layer], self.projections[layer]
            for number, (_layer, head) in enumerate(senders):
                other = own.clone()
                other[:, :, head] = batch.matched[layer][:, :, head]
                before, after = (project(each.flatten(-2).to(stream.dtype)) for each in (own, other))
                stream[_rows(batch, number)] += after - before
            changed = self.bench.called(batch.clean, self.layer, state, times)
            call = batch.clean.calls[self.layer]
            for path, query, key in (
                ("key", repeated(call.query, times), changed.key),
                ("query", changed.query, repeated(call.key, times)),
            ):
                self._note(batch, path, senders, changed.attend(query, key)[1])

    def _note(self, batch: _Batch, path: str, senders: list[HeadIndex], pattern: Tensor | None) -> None:
        """Reduce the receiver's pattern, [sender and text, head, query, key], to the answers of one path."""
        if pattern is None:
            raise RuntimeError("the pass ended before the receiver's layer")
        texts = len(batch.first)
        rows = torch.cat([torch.full_like(asked, text) for text, asked in enumerate(batch.queries)])
        columns = torch.cat(batch.queries)
        seen = pattern.view(len(senders), texts, *pattern.shape[1:])[:, rows, self.head, columns].transpose(0, 1)
        answered = reduced(seen, batch.targets, batch.eligible).numpy()
        sizes = np.cumsum([len(asked) for asked in batch.queries])[:-1]
        for at, of_text in zip(batch.first, np.split(answered, sizes), strict=True):
            for number, (layer, head) in enumerate(senders):
                batch.answers[path].values[at : at + len(of_text), layer, head] = of_text[:, number]

    def _scores(self, path: str) -> dict[HeadIndex, Estimate]:
        scores = pooled(self.kind, [answers[path] for answers in self.families], self.seed)
        return {
            (layer, head): Estimate(value=measured.score, interval=measured.interval)
            for layer in range(max(1, self.layer))
            for head in range(self.bench.heads)
            for measured in [measurement(scores, layer, head, self.deciding)]
        }


def _rows(batch: _Batch, number: int) -> slice:
    """Return the rows of a copy of the batch."""
    return slice(number * len(batch.first), (number + 1) * len(batch.first))
