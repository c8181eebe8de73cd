"""The tokens that heads write: the rank, among all tokens, of the one that they attend to.

The value at the attended position is the real one, with all that the layers below have made of it: a copying score
from the token's embedding alone says nothing where the first layers change it (docs/causal.md).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import torch
from torch import Tensor

from grader.kinds.sequence import ProbeSequence
from grader.measuring.interventions.effects import place
from grader.measuring.interventions.projections import projection
from grader.measuring.interventions.workbench import CleanRun, Workbench
from grader.measuring.questions import question
from grader.measuring.statistics.pooling import DECIMALS
from grader.schema import HeadIndex, Kind, Writes

SEQUENCES = 12
MOST_QUERIES = 20
"""The most queries of each sequence: the last ones."""
TOP = 5


@dataclass(frozen=True)
class _Reader:
    """One sequence of the probe with the queries that are looked at."""

    bench: Workbench
    clean: CleanRun
    queries: Tensor
    eligible: Tensor
    """[query, key]"""

    def ranks(self, heads: Sequence[HeadIndex]) -> list[int]:
        """Return the rank of the token that the heads attend to most, for each query."""
        rows = [self.clean.patterns[layer][0, head, self.queries] for layer, head in heads]
        most = torch.stack(rows).sum(0).masked_fill(~self.eligible, 0.0).argmax(-1)  # key -> the most attended key
        with torch.inference_mode():
            vectors = torch.stack([self._written(head, most) for head in heads]).sum(0)
        logits = torch.cat(list(self.bench.logit_lens(vectors)))
        own = logits.gather(1, self.clean.ids[0, most][:, None])
        return [int(rank) for rank in (logits >= own).sum(-1)]  # a head that writes nothing raises no token

    def _written(self, place: HeadIndex, keys: Tensor) -> Tensor:
        """Return what a head adds to the residual stream at each query from its key, [query, width]."""
        (layer, head), project = place, projection(self.bench, place[0])
        if project is None:
            raise RuntimeError("the layer has no output projection")
        value, pattern = self.clean.calls[layer].value[0], self.clean.patterns[layer][0, head]
        outputs = torch.zeros(len(keys), self.bench.heads, value.shape[-1], dtype=value.dtype)
        outputs[:, head] = pattern[self.queries, keys, None] * value[head * len(value) // self.bench.heads, keys]
        flat = outputs.flatten(1).to(self.bench.model.dtype)
        added: Tensor = project(flat) - project(torch.zeros_like(flat))
        return added


def writes(
    bench: Workbench, sequences: Sequence[ProbeSequence], kind: Kind, heads: Sequence[HeadIndex], *, causal: bool
) -> Writes | None:
    """Return the rank of the attended token by what the heads write from it together, on a probe of the kind.

    None if the family does not simply add what heads write, the transformer has no head for predictions, or the probe
    asks nothing of these sequences.
    """
    layers = sorted({layer for layer, _head in heads})
    if bench.whole is None or any(projection(bench, layer) is None for layer in layers):
        return None
    readers = list(_readers(bench, sequences, kind, layers, causal=causal))
    if not readers:
        return None
    own = [rank for reader in readers for rank in reader.ranks(heads)]
    others = [(layer, head) for layer in layers for head in range(bench.heads) if (layer, head) not in heads]
    medians = [float(median(rank for reader in readers for rank in reader.ranks([each]))) for each in others]
    return Writes(
        heads=tuple(map(place, heads)),
        rank=float(median(own)),
        top=round(sum(rank <= TOP for rank in own) / len(own), DECIMALS),
        of=bench.words,
        others=min(medians, default=None),
    )


def _readers(
    bench: Workbench, sequences: Sequence[ProbeSequence], kind: Kind, layers: list[int], *, causal: bool
) -> Iterator[_Reader]:
    for sequence in sequences[:SEQUENCES]:
        asking = question(kind, sequence).visible(causal=causal)
        queries = asking.asked.nonzero().flatten()[-MOST_QUERIES:]
        if len(queries):
            clean = bench.run([sequence.token_ids], keep=layers, last=layers[-1])
            yield _Reader(bench, clean, queries, asking.eligible[queries])
