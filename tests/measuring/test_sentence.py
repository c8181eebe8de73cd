"""One head on a sentence that somebody wrote, held against the transformer's own attention."""

import copy

import pytest
import torch

from grader.base.errors import InvalidInput
from grader.measuring.sentence import read, recompute
from grader.schema import Kind
from tests.support.tiny import POSITIONS, for_words, word_tokenizer

TEXT = "the king near the old bridge waits and the king near the old bridge waits"
PLACE = (1, 2)


def attention(family: str) -> torch.Tensor:
    """The head's pattern as the library itself returns it."""
    model, words = for_words(family), word_tokenizer(family)
    inner = words(TEXT, add_special_tokens=False)["input_ids"]
    around = [words.cls_token_id, *inner, words.sep_token_id] if family == "bert" else [words.bos_token_id, *inner]
    model.set_attn_implementation("eager")
    with torch.no_grad():
        return model(input_ids=torch.tensor([around]), output_attentions=True).attentions[1][0, 2]


@pytest.mark.parametrize("family", ["gpt2", "llama", "bert"])
def test_the_picture_is_the_transformers_own_pattern(family: str) -> None:
    _, picture = recompute(for_words(family), word_tokenizer(family), Kind(type="rare_token"), PLACE, TEXT)
    expected = attention(family)

    assert torch.allclose(torch.tensor(picture.pattern, dtype=torch.float64), expected, atol=6e-4)
    assert len(picture.tokens) == len(expected)
    assert all(sum(row) == pytest.approx(1, abs=0.02) for row in picture.pattern)
    assert "L1H2" in picture.caption


@pytest.mark.parametrize("family", ["gpt2", "bert"])
def test_previous_token_is_measured_by_hand(family: str) -> None:
    found, picture = recompute(for_words(family), word_tokenizer(family), Kind(type="positional"), PLACE, TEXT)
    pattern = attention(family)
    last = len(pattern) - (family == "bert")  # [SEP] is not asked
    by_query = [float(pattern[query, query - 1]) for query in range(2, last)]

    assert found.queries == len(by_query)
    assert found.share == pytest.approx(sum(by_query) / len(by_query), abs=6e-4)
    assert (2, 1) in picture.targets


def test_induction_asks_only_the_second_copies() -> None:
    words = word_tokenizer("gpt2")
    count = len(words(TEXT, add_special_tokens=False)["input_ids"])
    found, picture = recompute(for_words("gpt2"), words, Kind(type="induction"), PLACE, TEXT)

    assert found.share is not None
    assert found.hit_rate is not None
    assert 0 < found.queries < count
    assert all(found.tokens[query].strip() == found.tokens[key - 1].strip() for query, key in picture.targets)


@pytest.mark.parametrize("kind", ["semantic", "rare_token", "syntactic"])
def test_what_needs_annotations_is_drawn_and_not_measured(kind: str) -> None:
    relation = "verb_subject" if kind == "syntactic" else None
    asked = Kind.model_validate({"type": kind, "relation": relation})
    found, picture = recompute(for_words("gpt2"), word_tokenizer("gpt2"), asked, PLACE, TEXT)

    assert (found.share, found.hit_rate, found.queries) == (None, None, 0)
    assert picture.targets == ()
    assert len(picture.pattern) == len(found.tokens)


def test_a_sentence_without_repeats_has_nothing_to_measure_for_induction() -> None:
    """No score, and no zero either."""
    kind = Kind(type="induction")
    found, _ = recompute(for_words("gpt2"), word_tokenizer("gpt2"), kind, PLACE, "king queen baker")

    assert (found.share, found.hit_rate, found.queries) == (None, None, 0)


@pytest.mark.parametrize("text", ["", "x", "\N{GRINNING FACE}", "<end>", "[SEP]", "\x00"])
@pytest.mark.parametrize("family", ["gpt2", "bert"])
def test_odd_texts_are_drawn(family: str, text: str) -> None:
    found, picture = recompute(for_words(family), word_tokenizer(family), Kind(type="positional"), PLACE, text)

    assert found.text == text
    assert len(found.tokens) == len(picture.pattern) > 0


@pytest.mark.parametrize("family", ["gpt2", "bert"])
def test_a_text_longer_than_the_transformer_reads_is_the_students_mistake(family: str) -> None:
    with pytest.raises(InvalidInput, match=rf"has \d+ tokens, but the transformer reads {POSITIONS} at most"):
        recompute(for_words(family), word_tokenizer(family), Kind(type="positional"), PLACE, "king " * POSITIONS)


TYPED = {
    "decoder": ("gpt2", "{bos} the king {bos} waits near the old bridge"),
    "encoder": ("bert", "[CLS] the king [SEP] waits [PAD] near the old bridge [SEP]"),
}


@pytest.mark.parametrize(("family", "text"), TYPED.values(), ids=TYPED)
@pytest.mark.parametrize("name", ["positional", "induction", "duplicate_token"])
def test_a_special_token_that_is_typed_is_no_word(family: str, text: str, name: str) -> None:
    words = word_tokenizer(family)
    text = text.format(bos=words.bos_token)
    found, picture = recompute(for_words(family), words, Kind(type=name), PLACE, text)
    ids = read(for_words(family), words, text).token_ids
    special = {place for place, token in enumerate(ids) if token in words.all_special_ids}

    assert len(special) > 2
    assert not special & {place for target in picture.targets for place in target}
    assert found.queries == len({query for query, _ in picture.targets})


def test_two_unknown_words_are_copies_of_nothing() -> None:
    words = word_tokenizer("bert")
    text = "the ☃ near the old 밥 waits"
    unknown = sorted(read(for_words("bert"), words, text).unknown)
    assert len(unknown) == 2

    for name in ("duplicate_token", "induction"):
        _, picture = recompute(for_words("bert"), words, Kind(type=name), PLACE, text)
        assert not [query for query, _ in picture.targets if query in unknown]
    _, picture = recompute(for_words("bert"), words, Kind(type="positional"), PLACE, text)
    assert {(unknown[0], unknown[0] - 1), (unknown[0] + 1, unknown[0])} <= set(picture.targets)  # they are words still


def test_a_token_that_the_transformer_lacks_is_the_students_mistake() -> None:
    words = copy.deepcopy(word_tokenizer("gpt2"))
    words.add_tokens(["<picture>"])

    with pytest.raises(InvalidInput, match=r"the transformer has no token \d+ \(<picture>\); leave it out"):
        recompute(for_words("gpt2"), words, Kind(type="positional"), PLACE, "the king <picture> waits")
