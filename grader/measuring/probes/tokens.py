"""Words and tokens: the tokens of each word, and the tokens that stand for plain words."""

from collections.abc import Iterable, Set
from collections.abc import Sequence as Items
from functools import lru_cache
from typing import TYPE_CHECKING
from unicodedata import category

from grader.base.errors import ExerciseError
from grader.base.language import N_, _
from grader.kinds.sequence import Span

if TYPE_CHECKING:
    from tokenizers import Encoding
    from transformers import PreTrainedTokenizerBase

POSSESSIVE = "'s"
CLOSING_MARKS = frozenset((*".,;:!?", POSSESSIVE))
BEGINNINGS = ("Ġ", "▁")
"""The marks by which a vocabulary shows that a token begins a word."""
CONTINUED, ENDED = "##", "</w>"
"""The marks by which a vocabulary shows instead that a token goes on with a word, or ends one."""
SHORT_TEXT = "a"
"""A text around which a tokenizer shows its special tokens."""
UNKNOWN = N_(
    "the tokenizer does not know {words} in “{text}”; write other words in `own_sentences`, or take a transformer "
    "whose tokenizer knows them"
)
SHARED = N_(
    "the tokenizer gives {words} a token in common in “{text}”, so no head can look at one of them alone; write other "
    "words in `own_sentences`, or take a transformer whose tokenizer keeps words apart"
)
MOST_NAMED = 5


def plain_tokens(tokenizer: "PreTrainedTokenizerBase") -> tuple[int, ...]:
    """Return the ids of tokens that begin a plain word, ascending: random text is drawn from these.

    A byte-level or sentence-piece vocabulary marks the beginning of a word, WordPiece its continuation, and the first
    GPT's its end.
    """
    return tuple(index for index, _ in _plain_vocabulary(tokenizer))


def plain_words(tokenizer: "PreTrainedTokenizerBase") -> tuple[str, ...]:
    """Return the plain words that these tokens stand for."""
    return tuple(word for _, word in _plain_vocabulary(tokenizer))


@lru_cache(maxsize=4)
def _plain_vocabulary(tokenizer: "PreTrainedTokenizerBase") -> tuple[tuple[int, str], ...]:
    vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    special, (begin, end) = special_ids(tokenizer), _marks(tokenizer.get_vocab())
    words = (
        (index, token.lstrip("".join(begin)).removesuffix(end))
        for token, index in vocabulary
        if index not in special and token.endswith(end) and (not begin or token.startswith(begin))
    )
    return tuple((index, word) for index, word in words if _plain(word))


def _marks(tokens: Iterable[str]) -> tuple[tuple[str, ...], str]:
    """Return the marks at the beginning and at the end of a token that is a word, by what most tokens have."""
    begun, continued, ended = 0, 0, 0
    for token in tokens:
        begun += token.startswith(BEGINNINGS)
        continued += token.startswith(CONTINUED)
        ended += token.endswith(ENDED)
    if ended > begun:
        return (), ENDED
    return (BEGINNINGS if begun > continued else ()), ""


def _plain(word: str) -> bool:
    return len(word) >= 2 and word.isascii() and word.isalpha()


def special_ids(tokenizer: "PreTrainedTokenizerBase") -> frozenset[int]:
    """Return the ids of all tokens that stand for no text, wherever they are, such as `[SEP]` and `<|im_start|>`."""
    added = tokenizer.added_tokens_decoder.items()
    return frozenset(tokenizer.all_special_ids) | {token for token, settings in added if settings.special}


def unknown_id(tokenizer: "PreTrainedTokenizerBase") -> int | None:
    """Return the id that stands for any word that the tokenizer does not know, such as `[UNK]`, if it has one."""
    used = (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id, tokenizer.mask_token_id)
    unknown: int | None = tokenizer.unk_token_id
    return None if unknown in used else unknown


def surround(
    tokenizer: "PreTrainedTokenizerBase", token_ids: Items[int]
) -> tuple[tuple[int, ...], int, frozenset[int]]:
    """Return the ids with special tokens around them, the number of these in front, and the positions of them all."""
    front, behind = _around(tokenizer)
    ids = (*front, *token_ids, *behind)
    return ids, len(front), frozenset({*range(len(front)), *range(len(ids) - len(behind), len(ids))})


def _around(tokenizer: "PreTrainedTokenizerBase") -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the special tokens in front of a text and behind it: those that the tokenizer itself puts there, if any.

    T5's puts one behind, and none in front. Where a tokenizer puts none, an encoder gets its [CLS] and [SEP], and a
    decoder its begin-of-text token, as when it was trained.
    """
    encoded = tokenizer.backend_tokenizer.encode(SHORT_TEXT)
    own = [place for place, mark in enumerate(encoded.special_tokens_mask) if not mark]
    seen = sum(encoded.attention_mask)  # what is padding is not
    if own and len(own) < seen:
        return tuple(encoded.ids[: own[0]]), tuple(encoded.ids[own[-1] + 1 : seen])
    if tokenizer.cls_token_id is not None and tokenizer.sep_token_id is not None:
        return (tokenizer.cls_token_id,), (tokenizer.sep_token_id,)
    begin = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    return () if begin is None else (begin,), ()


def text_of(words: Items[str]) -> str:
    """Return the words as running text: single spaces, closing marks attached to the word before."""
    return "".join(_pieces(words, CLOSING_MARKS))


def _pieces(words: Items[str], attached: Set[str]) -> list[str]:
    """Return each word with the space before it, if there is one."""
    return [word if not i or word in attached else f" {word}" for i, word in enumerate(words)]


def encode(
    tokenizer: "PreTrainedTokenizerBase", words: Items[str], attached: Set[str] = CLOSING_MARKS
) -> tuple[tuple[int, ...], tuple[Span, ...], frozenset[int]]:
    """Return the token ids of the words as running text, each word's tokens, and the positions of special tokens.

    A word that the tokenizer splits spans several tokens; a space belongs to the word behind it. No space is in front
    of what is `attached`.

    Raises:
        ExerciseError: The tokenizer does not know a word, or it gives two words a token in common.
    """
    pieces = _pieces(words, attached)
    text, owners = "".join(pieces), [number for number, piece in enumerate(pieces) for _ in piece]
    encoded = tokenizer.backend_tokenizer.encode(text, add_special_tokens=False)
    ids, front, special = surround(tokenizer, encoded.ids)
    held = [_held(text, owners, *offsets) for offsets in encoded.offsets]
    _refuse(UNKNOWN, words, _unknown(tokenizer, words, text, owners, encoded))
    _refuse(SHARED, words, {word for owned in held if len(owned) > 1 for word in owned})
    places: dict[int, list[int]] = {number: [] for number in range(len(words))}
    for position, owned in enumerate(held):
        places[min(owned)].append(front + position)
    _refuse(UNKNOWN, words, {number for number, tokens in places.items() if not tokens})
    return ids, tuple(Span(tokens[0], tokens[-1] + 1) for tokens in places.values()), special


def _held(text: str, owners: list[int], start: int, end: int) -> set[int]:
    """Return the words of which a token holds a part, or the word behind the space that is all it holds."""
    written = {owners[place] for place in range(start, end) if not text[place].isspace()}
    return written or {owners[min(start, len(owners) - 1)]}


def _unknown(
    tokenizer: "PreTrainedTokenizerBase", words: Items[str], text: str, owners: list[int], encoded: "Encoding"
) -> set[int]:
    """Return the words that are blank, become an unknown or another special token, or lose a letter."""
    special = {*special_ids(tokenizer), tokenizer.unk_token_id}
    strange = {
        owners[place]
        for token, (start, end) in zip(encoded.ids, encoded.offsets, strict=True)
        if token in special
        for place in range(start, end)
        if not text[place].isspace()
    }
    if lost := _lost(text, encoded):  # behind a dropped letter, offsets may be too low: so each word is read alone
        strange |= {
            number
            for number, word in enumerate(words)
            if _lost(word, tokenizer.backend_tokenizer.encode(word, add_special_tokens=False))
        } or {owners[place] for place in lost}
    return strange | {number for number, word in enumerate(words) if not word.strip()}


def _lost(text: str, encoded: "Encoding") -> set[int]:
    """Return the places of letters, digits, marks and symbols that are in no token.

    What combines with a letter and what does not print may be dropped.
    """
    read = {place for start, end in encoded.offsets for place in range(start, end)}
    return {
        place
        for place, character in enumerate(text)
        if place not in read and not character.isspace() and category(character)[0] not in "MC"
    }


def _refuse(message: str, words: Items[str], refused: set[int]) -> None:
    if refused:
        named = list(dict.fromkeys(f"`{words[number]}`" for number in sorted(refused)))
        shown = ", ".join(named[:MOST_NAMED]) + (", ..." if len(named) > MOST_NAMED else "")
        raise ExerciseError(_(message, words=shown, text=text_of(words)))
