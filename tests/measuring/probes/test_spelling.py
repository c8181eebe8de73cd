"""Pieces of characters, as people read them."""

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from grader.measuring.probes.spelling import spelled
from grader.measuring.transformer.find import BUNDLED

TEXTS = ["밥 먹었어", "naïve café", "🙂👩‍👩‍👧", "a\ufffdb", "plain words", "ไทย", "\u2028"]


@pytest.fixture(scope="module")
def mini() -> PreTrainedTokenizerFast:
    return AutoTokenizer.from_pretrained(BUNDLED / "mini-gpt2")


def test_a_piece_is_shown_as_its_character_with_its_number(mini: PreTrainedTokenizerFast) -> None:
    pieces = spelled(mini, mini("밥 x")["input_ids"])

    assert pieces[-5:-1] == ("밥(1/3)", "밥(2/3)", "밥(3/3)", " ")
    assert pieces[-1] == "x"


@pytest.mark.parametrize("text", TEXTS)
def test_no_two_pieces_are_both_the_replacement_sign(mini: PreTrainedTokenizerFast, text: str) -> None:
    pieces = spelled(mini, mini(text)["input_ids"])

    assert "\ufffd" not in "".join(pieces).replace("\ufffd(", "") or "\ufffd" in text
    for character in text:
        assert any(character in piece for piece in pieces)


def test_bytes_that_are_no_character_are_shown_as_bytes(mini: PreTrainedTokenizerFast) -> None:
    first, second, _third = mini("밥")["input_ids"][-3:]

    assert spelled(mini, [second, first, first]) == ("\\xb0", "\\xeb", "\\xeb")


def test_bytes_of_a_vocabulary_of_sentence_pieces() -> None:
    vocabulary = {"<unk>": 0, "▁a": 1} | {f"<0x{byte:02X}>": 2 + byte for byte in range(256)}
    bpe = Tokenizer(models.BPE(vocabulary, [], unk_token="<unk>", byte_fallback=True))  # noqa: S106 - a token
    bpe.pre_tokenizer = pre_tokenizers.Metaspace()
    bpe.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
    words = PreTrainedTokenizerFast(tokenizer_object=bpe, unk_token="<unk>")  # noqa: S106 - a token

    assert spelled(words, [1, *(2 + byte for byte in "밥".encode())]) == ("a", "밥(1/3)", "밥(2/3)", "밥(3/3)")
