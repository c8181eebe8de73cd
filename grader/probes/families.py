"""The families of probes by name."""

from collections.abc import Callable
from functools import lru_cache
from typing import get_args

from transformers import PreTrainedTokenizerBase

from grader.probes.annotated import annotated, running_text
from grader.probes.categories import categories
from grader.probes.random_tokens import random_tokens
from grader.probes.rare_words import rare_words
from grader.probes.repeats import repeats
from grader.probes.sequence import Sequence
from grader.schema import Kind, ProbeSettings, Relation

Build = Callable[[PreTrainedTokenizerBase, ProbeSettings], tuple[Sequence, ...]]

FAMILIES: dict[str, Build] = {
    "random_tokens": random_tokens,
    "running_text": running_text,
    "repeats": repeats,
    "categories": categories,
    "rare_words": rare_words,
}


def family_name(probe: str, kind: Kind) -> str:
    """The family on which this kind is measured: annotated sentences have one for each relation."""
    return f"{probe}:{kind.relation}" if probe == "annotated" else probe


@lru_cache(maxsize=32)
def family(name: str, tokenizer: PreTrainedTokenizerBase, settings: ProbeSettings) -> tuple[Sequence, ...]:
    """The sequences of one family: a name of FAMILIES, or `annotated:` with a relation; built once."""
    for relation in get_args(Relation):
        if name == f"annotated:{relation}":
            return annotated(tokenizer, settings, relation)
    return FAMILIES[name](tokenizer, settings)
