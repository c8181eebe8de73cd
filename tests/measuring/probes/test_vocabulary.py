from collections import Counter
from importlib import resources
from pathlib import Path

import pytest
from tokenizers import Tokenizer
from wordfreq import zipf_frequency

from grader.measuring.probes.vocabulary import ALL_WORDS, CATEGORIES, COMMON_WORDS, ROLES
from training.tokenizer import build, token_of

LEAST_COMMON = 4.5
"""Zipf frequency."""


def test_there_are_twelve_categories_of_twelve_words_or_more() -> None:
    assert len(CATEGORIES) >= 12
    assert all(len(set(words)) >= 12 for words in CATEGORIES.values())


def test_no_word_is_in_two_categories() -> None:
    counted = Counter(word for words in CATEGORIES.values() for word in words)
    assert {word for word, count in counted.items() if count > 1} == set()


def test_common_words_are_many_and_common() -> None:
    assert len(set(COMMON_WORDS)) >= 150
    assert [word for word in COMMON_WORDS if zipf_frequency(word, "en") < LEAST_COMMON] == []


@pytest.mark.parametrize("field", ["verb_s", "verb", "object"])
def test_every_role_has_a_verb_and_an_object_of_its_own(field: str) -> None:
    assert len({getattr(role, field) for role in ROLES.values()}) == len(ROLES)


def test_every_word_of_the_probes_is_one_token_of_the_embedded_transformer() -> None:
    tokens = token_of(build())
    assert [word for word in ALL_WORDS if word not in tokens and word.capitalize() not in tokens] == []


def test_the_bundled_tokenizer_is_the_one_that_the_training_makes() -> None:
    bundled = Path(str(resources.files("grader.measuring.transformer"))) / "bundled" / "mini-gpt2" / "tokenizer.json"
    assert Tokenizer.from_file(str(bundled)).get_vocab() == build().get_vocab()
