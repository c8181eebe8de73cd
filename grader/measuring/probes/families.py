"""The families of probes by name."""

from collections.abc import Callable
from functools import lru_cache, partial

from transformers import PreTrainedTokenizerBase

from grader.kinds import OWN_PROBES, PARAMETERS
from grader.kinds.definition import OneOf
from grader.kinds.sequence import ProbeSequence
from grader.measuring.probes.annotated import annotated, running_text
from grader.measuring.probes.categories import categories
from grader.measuring.probes.lists import clauses, split_words
from grader.measuring.probes.others import others
from grader.measuring.probes.prefixes import prefixes
from grader.measuring.probes.random_tokens import random_tokens
from grader.measuring.probes.rare_words import rare_words
from grader.measuring.probes.repeats import repeats
from grader.schema import Kind, ProbeSettings

Build = Callable[[PreTrainedTokenizerBase, ProbeSettings], tuple[ProbeSequence, ...]]

RELATIONS = PARAMETERS["relation"].values.words if isinstance(PARAMETERS["relation"].values, OneOf) else ()
FAMILIES: dict[str, Build] = {
    "random_tokens": random_tokens,
    "running_text": running_text,
    "repeats": repeats,
    "prefixes": prefixes,
    "categories": categories,
    "others": others,
    "rare_words": rare_words,
    "split_words": split_words,
    "clauses": clauses,
    **{f"annotated:{relation}": partial(annotated, relation=relation) for relation in RELATIONS},
    **OWN_PROBES,
}


def families_of(kind: Kind) -> tuple[str, ...]:
    """Return the names of the families on which the kind is measured."""
    probes = kind.head_type.probes
    return tuple(each.format(**kind.parameters) if isinstance(each, str) else each.name for each in probes)


@lru_cache(maxsize=32)
def family(name: str, tokenizer: PreTrainedTokenizerBase, settings: ProbeSettings) -> tuple[ProbeSequence, ...]:
    """Return the sequences of one family, a name of FAMILIES; built once."""
    return FAMILIES[name](tokenizer, settings)
