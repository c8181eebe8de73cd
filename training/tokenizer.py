"""The byte-level BPE tokenizer, trained on the words of the project's own lexicon."""

from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from training.words import MARKS, PERSONS, words

END_OF_TEXT = "<|endoftext|>"
SIZE = 3072
POSSESSIVE = "'s"


def build() -> Tokenizer:
    """Return the tokenizer: every lexicon word is one token; other words are split."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    text = [f" {word}" for word in words()] + [f" {person}{POSSESSIVE}" for person in PERSONS]
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE,
        special_tokens=[END_OF_TEXT],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(text, trainer)
    return tokenizer


def token_of(tokenizer: Tokenizer) -> dict[str, int]:
    """Return the token of every lexicon word and mark.

    Raises:
        ValueError: A word is not one token; the vocabulary is too small.
    """
    tokens = {word: tokenizer.encode(word).ids for word in words()}
    split = [word for word, ids in tokens.items() if len(ids) != 1]
    if split:
        raise ValueError(f"{len(split)} words are more than one token, such as {split[:5]}; raise SIZE")
    vocabulary = tokenizer.get_vocab()
    return {word: ids[0] for word, ids in tokens.items()} | {mark: vocabulary[mark] for mark in (*MARKS, POSSESSIVE)}


def save(tokenizer: Tokenizer, folder: Path) -> None:
    """Write it in the format that `transformers` reads."""
    fast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, bos_token=END_OF_TEXT, eos_token=END_OF_TEXT, unk_token=END_OF_TEXT
    )
    fast.save_pretrained(folder)
