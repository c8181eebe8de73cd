"""Scope: on ordinary text, the part of each head's attention that a kind explains.

The first position is left out: heads that have nothing to do rest there.
"""

from contextlib import suppress

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from grader.base.errors import ExerciseError
from grader.kinds.sequence import ProbeSequence
from grader.measuring.attention.streaming import stream
from grader.measuring.interventions.causal_table import KindScopes
from grader.measuring.probes.families import family
from grader.measuring.questions import question
from grader.measuring.statistics.bootstrap import Resamples
from grader.measuring.statistics.pooling import grid
from grader.measuring.transformer.reach import longest_text
from grader.schema import Kind, ProbeSettings


def scopes(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, settings: ProbeSettings, kind: Kind, *, causal: bool
) -> KindScopes:
    """Return the scope of every head under a kind; empty if no text that the transformer can read has such a thing."""
    sequences = _readable(model, tokenizer, settings)
    asking = [question(kind, sequence).visible(causal=causal) for sequence in sequences]
    if not any(bool(each.targets.any()) for each in asking):
        return KindScopes(kind=kind)
    shape = (len(sequences), model.config.num_hidden_layers, model.config.num_attention_heads)
    explained, away = np.zeros(shape), np.zeros(shape)
    for number, (sequence, each) in enumerate(zip(sequences, asking, strict=True)):
        ordinary = torch.ones(len(sequence.token_ids), dtype=torch.bool)
        ordinary[sorted({0, *sequence.special})] = False

        def receive(
            layer: int, pattern: Tensor, row: int = number, targets: Tensor = each.targets, words: Tensor = ordinary
        ) -> None:
            attention = pattern[0].double() * (words[:, None] & words)
            explained[row, layer] = (attention * targets).sum((1, 2)).numpy()
            away[row, layer] = attention.sum((1, 2)).numpy()

        stream(model, [sequence.token_ids], receive, shape[1] - 1)
    estimates = Resamples(len(sequences), settings.seed).ratio(explained, np.maximum(away, 1e-12))
    value, low, high = (grid(np.clip(each, 0, 1)) for each in estimates)
    return KindScopes(kind=kind, value=value, low=low, high=high)


def _readable(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, settings: ProbeSettings
) -> list[ProbeSequence]:
    """Return the texts that the transformer can read to their end; none if its tokenizer does not know their words."""
    longest = longest_text(model)
    with suppress(ExerciseError):
        texts = family("running_text", tokenizer, settings)
        return [each for each in texts if longest is None or len(each.token_ids) <= longest]
    return []
