"""Probes on tokenizers of every make: each word is on its own tokens, and what stands around a text is known."""

from functools import cache

import pytest
from transformers import PreTrainedTokenizerFast

from grader.base.errors import ExerciseError
from grader.kinds.sequence import ProbeSequence
from grader.measuring.probes.families import family
from grader.measuring.probes.tokens import encode, plain_tokens, plain_words, special_ids, surround
from grader.schema import ProbeSettings
from tests.support.trained_tokenizers import TOKENIZERS

LIKE = pytest.mark.parametrize("like", TOKENIZERS)
SETTINGS = ProbeSettings(
    seed=3, random_sequences=4, repeat_sequences=6, sentences=20, category_sequences=10, rare_sequences=10
)
PROBES = ("random_tokens", "repeats", "running_text", "categories")
WORDS = ("the", "queens", "near", "the", "gardener", "'s", "garden", ",", "sleep", ".")


@cache
def made(like: str) -> PreTrainedTokenizerFast:
    return TOKENIZERS[like][0]()


def sequences(like: str) -> list[ProbeSequence]:
    return [sequence for name in PROBES for sequence in family(name, made(like), SETTINGS)]


@LIKE
def test_what_stands_around_a_text_is_what_the_tokenizer_was_trained_with(like: str) -> None:
    _, front, behind = TOKENIZERS[like]
    ids, before, special = surround(made(like), plain_tokens(made(like))[:3])
    tokens = made(like).convert_ids_to_tokens(list(ids))

    assert (tokens[:before], tokens[before + 3 :]) == ([*front], [*behind])
    assert special == {*range(before), *range(before + 3, len(ids))}


@LIKE
def test_special_tokens_are_at_the_special_positions_alone(like: str) -> None:
    of = special_ids(made(like))

    for sequence in sequences(like):
        assert {place for place, token in enumerate(sequence.token_ids) if token in of} == sequence.special


@LIKE
def test_each_word_of_a_probe_is_read_back_from_its_own_tokens(like: str) -> None:
    read = 0
    for sequence in sequences(like):
        places = [place for span in sequence.words for place in range(span.start, span.stop)]
        assert not places or sorted({*places} | sequence.special) == [*range(len(sequence.token_ids))]
        for word, span in zip(sequence.spelled, sequence.words, strict=True):
            tokens = list(sequence.token_ids[span.start : span.stop])
            assert made(like).decode(tokens).replace(" ", "").lower() == word.lower()
            read += 1

    assert read > 100


@LIKE
def test_plain_tokens_are_whole_words(like: str) -> None:
    words, tokens = plain_words(made(like)), plain_tokens(made(like))

    assert {"garden", "queen"} <= {*words}
    assert [made(like).decode([token]).strip() for token in tokens] == [*words]


@LIKE
def test_a_word_in_another_script_is_split_into_bytes_or_refused_by_name(like: str) -> None:
    words = (*WORDS[:4], "밥", *WORDS[6:])
    if like in ("GPT-2", "Qwen", "RoBERTa", "Llama", "Mistral", "Gemma"):
        ids, spans, _ = encode(made(like), words)
        assert made(like).decode(list(ids[spans[4].start : spans[4].stop])).strip() == "밥"
        return
    with pytest.raises(ExerciseError, match="does not know `밥` in"):
        encode(made(like), words)


def test_a_mark_that_stands_for_a_letter_is_no_mark_of_words() -> None:
    """WordPiece vocabularies of many languages have `Ġ`, a letter of Maltese."""
    backend = made("BERT").backend_tokenizer
    of = PreTrainedTokenizerFast(tokenizer_object=type(backend).from_str(backend.to_str().replace('"zinc"', '"Ġa"')))

    assert {"garden", "queen"} <= {*plain_words(of)}
