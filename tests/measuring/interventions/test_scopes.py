"""Scope, on heads whose attention is known: the same on every key that a query sees."""

from functools import cache

import pytest

from grader.measuring.interventions.scopes import scopes
from grader.measuring.probes.families import family
from grader.schema import Kind, ProbeSettings
from tests.support.tiny import for_words, word_tokenizer

SETTINGS = ProbeSettings(seed=3, random_sequences=4)
PREVIOUS = Kind(type="positional", offset=-1)


@cache
def even(name: str) -> object:
    """Return a transformer whose heads look at all that they see, at each key as much."""
    model = for_words(name)
    for parameter, weights in model.named_parameters():
        if "c_attn" in parameter or ".query." in parameter or ".key." in parameter:
            weights.data.zero_()
    return model


@pytest.mark.parametrize("name", ["gpt2", "bert"])
def test_the_scope_is_a_part_of_the_attention_between_words(name: str) -> None:
    """In a decoder, query i sees i + 1 keys; the first one, and all that is special, is neither query nor key."""
    explained = away = 0.0
    for sequence in family("running_text", word_tokenizer(name), SETTINGS):
        places = [place for place in range(1, len(sequence.token_ids)) if place not in sequence.special]
        for query in places:
            seen = query + 1 if name == "gpt2" else len(sequence.token_ids)
            explained += (query - 1 in places) / seen
            away += sum(key < seen for key in places) / seen
    found = scopes(even(name), word_tokenizer(name), SETTINGS, PREVIOUS, causal=name == "gpt2").of((1, 2))

    assert found is not None
    assert found.value == pytest.approx(explained / away, abs=1e-3)
    assert found.interval[0] <= found.value <= found.interval[1]


def test_a_kind_that_no_text_has_has_no_scope() -> None:
    nowhere = Kind(type="semantic")

    assert scopes(even("gpt2"), word_tokenizer("gpt2"), SETTINGS, nowhere, causal=True).of((1, 2)) is None
