"""Words and tokens: the tokens of each word, and the tokens that stand for plain words."""

from collections.abc import Sequence as Items
from functools import lru_cache

from transformers import PreTrainedTokenizerBase

from grader.kinds.sequence import Span

POSSESSIVE = "'s"
CLOSING_MARKS = frozenset((*".,;:!?", POSSESSIVE))
BEGINNINGS = ("Ġ", "▁")
"""The marks by which a vocabulary shows that a token begins a word."""


def plain_tokens(tokenizer: PreTrainedTokenizerBase) -> tuple[int, ...]:
    """Return the ids of tokens that begin a plain word, ascending: random text is drawn from these.

    A byte-level or sentence-piece vocabulary marks the beginning of a word, WordPiece its continuation.
    """
    return tuple(index for index, _ in _plain_vocabulary(tokenizer))


def plain_words(tokenizer: PreTrainedTokenizerBase) -> tuple[str, ...]:
    """Return the plain words that these tokens stand for."""
    return tuple(word for _, word in _plain_vocabulary(tokenizer))


@lru_cache(maxsize=4)
def _plain_vocabulary(tokenizer: PreTrainedTokenizerBase) -> tuple[tuple[int, str], ...]:
    vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    special = set(tokenizer.all_special_ids)
    marked = any(token.startswith(BEGINNINGS) for token, _ in vocabulary)
    words = ((index, token, token.lstrip("".join(BEGINNINGS))) for token, index in vocabulary)
    return tuple(
        (index, word)
        for index, token, word in words
        if index not in special and token.startswith(BEGINNINGS) >= marked and _plain(word)
    )


def _plain(word: str) -> bool:
    return len(word) >= 2 and word.isascii() and word.isalpha()


def surround(tokenizer: PreTrainedTokenizerBase, token_ids: Items[int]) -> tuple[tuple[int, ...], int, frozenset[int]]:
    """Return the ids with special tokens around them, the number of these in front, and the positions of all of these.

    A decoder gets its begin-of-text token in front, as when it was trained; an encoder its [CLS] and [SEP].
    """
    if tokenizer.cls_token_id is not None and tokenizer.sep_token_id is not None:
        ids = (tokenizer.cls_token_id, *token_ids, tokenizer.sep_token_id)
        return ids, 1, frozenset({0, len(ids) - 1})
    begin = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    if begin is None:
        return tuple(token_ids), 0, frozenset()
    return (begin, *token_ids), 1, frozenset({0})


def text_of(words: Items[str]) -> str:
    """Return the words as running text: single spaces, closing marks attached to the word before."""
    return "".join(word if not i or word in CLOSING_MARKS else f" {word}" for i, word in enumerate(words))


def encode(
    tokenizer: PreTrainedTokenizerBase, words: Items[str]
) -> tuple[tuple[int, ...], tuple[Span, ...], frozenset[int]]:
    """Return the token ids of the words as running text, each word's tokens, and the positions of special tokens.

    A word that the tokenizer splits spans several tokens; a token counts for the word in which it begins.
    """
    text = text_of(words)
    encoded = tokenizer.backend_tokenizer.encode(text, add_special_tokens=False)
    ids, front, special = surround(tokenizer, encoded.ids)
    spans = []
    position, end_of_word = 0, 0
    ends = [end for _, end in encoded.offsets]
    for word in words:
        end_of_word = text.index(word, end_of_word) + len(word)
        start = position
        while position < len(ends) and ends[position] <= end_of_word:
            position += 1
        spans.append(Span(front + start, front + position))
    return ids, tuple(spans), special
