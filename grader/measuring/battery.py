"""The battery: look-alikes planted in place of a transformer's heads, measured on the probes of any kind."""

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from transformers import PreTrainedTokenizerBase

from grader.kinds import LOOKALIKES
from grader.kinds.lookalikes import Lookalike
from grader.kinds.masks import Question, looked_at
from grader.kinds.sequence import ProbeSequence
from grader.measuring.probes.families import families_of, family
from grader.measuring.questions import question
from grader.measuring.statistics.patterns import reduced
from grader.measuring.statistics.pooling import Answers, pooled
from grader.measuring.tables.score_table import KindScores
from grader.schema import Exercise, Kind, ProbeSettings


def battery(tokenizer: PreTrainedTokenizerBase, exercise: Exercise) -> Iterator[KindScores]:
    """Yield the scores of all look-alikes under each kind of an exercise, on its probes."""
    causal = exercise.transformer.family == "decoder"
    for asked in exercise.kinds:
        yield planted(tokenizer, exercise.probes, asked.kind, causal=causal)


def planted(
    tokenizer: PreTrainedTokenizerBase,
    settings: ProbeSettings,
    kind: Kind,
    *,
    causal: bool,
    lookalikes: Mapping[str, Lookalike] = LOOKALIKES,
) -> KindScores:
    """Return the scores of all look-alikes under a kind, as the heads of one layer.

    A query spreads its attention evenly over the keys that the look-alike knows. Where there is none, it rests on the
    first position, or on all keys alike if the first position is the target: a head that rests there is an attention
    sink, whatever else it knows.
    """
    families = []
    for name in families_of(kind):
        sequences = family(name, tokenizer, settings)
        questions = [question(kind, sequence).visible(causal=causal) for sequence in sequences]
        values = [
            reduced(
                _rows(sequence, asking, lookalikes, causal=causal),
                asking.targets[asking.asked],
                asking.eligible[asking.asked],
            )
            for sequence, asking in zip(sequences, questions, strict=True)
        ]
        whole = torch.cat(values)[:, None].numpy()
        families.append(Answers(questions, [each.slice for each in sequences], whole, np.zeros((len(whole), 0))))
    return pooled(kind, families, settings.seed)


def _rows(
    sequence: ProbeSequence, asking: Question, lookalikes: Mapping[str, Lookalike], *, causal: bool
) -> torch.Tensor:
    """Return the attention of all look-alikes, [asked query, look-alike, key]."""
    queries = asking.asked.nonzero().flatten()
    masks = torch.stack([looked_at(each, sequence, queries.tolist(), causal=causal) for each in lookalikes.values()], 1)
    resting = torch.zeros_like(asking.targets[queries])
    resting[:, 0] = True
    resting = torch.where(asking.targets[queries, :1], asking.eligible[queries], resting)
    rows = torch.where(masks.any(-1, keepdim=True), masks, resting[:, None]).to(torch.float64)
    return rows / rows.sum(-1, keepdim=True)
