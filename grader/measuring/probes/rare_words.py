"""Common words with one rare word among them, at a varied place.

Rarity is measured, not listed: the Zipf frequency of `wordfreq` (log10 of uses in a billion words; Speer 2022, README).
Most rare words are split into pieces and most common words are not, so a head which only sees pieces would pass for one
that knows rarity. Hence every list has common words that are split into as many pieces as the rare one, and half of the
lists have a rare word that is a single token.
"""

from collections.abc import Callable, Iterable
from collections.abc import Sequence as Items
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from random import Random

from transformers import PreTrainedTokenizerBase
from wordfreq import get_frequency_list

from grader.base.errors import ExerciseError
from grader.kinds.sequence import ProbeSequence
from grader.measuring.probes import draw
from grader.measuring.probes.tokens import encode, plain_words
from grader.measuring.probes.vocabulary import COMMON_WORDS, EVERYDAY_WORDS
from grader.schema import ProbeSettings

Pieces = Callable[[str], Items[int]]
"""A function that returns the tokens of a word that stands behind a space."""

RAREST, LESS_RARE = 1.5, 2.5
"""Zipf frequencies between which a word is rare and yet not a typing error."""
LESS_RARE_WHOLE, WHOLE_SHORTEST = 3.0, 4
"""The most frequent and the shortest rare word that is a single token: a vocabulary has few of these."""
VERY_COMMON, SPLIT_WORDS = 5.08, 200
"""The least Zipf frequency of the most frequent words, and the number of common split words that lists are made of."""
COARSE = frozenset({"fucking"})
"""Common words that are in no list: students see lists as examples."""
MOST_FREQUENT = 9.0
"""The Zipf frequency of a word that makes up a whole text."""
SHORTEST, LONGEST = 6, 10
"""The number of letters in a rare word."""
PIECES = (2, 3)
"""The numbers of pieces of a split word."""
SLICES = ("split", "whole")
DECOYS = 2
"""The number of common split words in a list."""
FEWEST = 20
"""The fewest words of a group from which lists can be made."""
LENGTHS = (18, 22, 26)
"""The numbers of common words in a list."""
LEAST_BEFORE, LEAST_BEHIND = 2, 6


@lru_cache(maxsize=4)
def _between(least: float, most: float) -> frozenset[str]:
    """Return the plain English words between two Zipf frequencies."""
    bands = enumerate(get_frequency_list("en"))  # by hundredths of a Zipf unit below that of a word that stands alone
    words = (words for band, words in bands if least <= round(MOST_FREQUENT - band / 100, 2) <= most)
    return frozenset(word for band in words for word in band if word.isascii() and word.isalpha())


@lru_cache(maxsize=1)
def _by_frequency() -> tuple[str, ...]:
    """Return the most frequent plain English words; words as frequent as one another by letters."""
    bands = enumerate(get_frequency_list("en"))
    common = (sorted(words) for band, words in bands if MOST_FREQUENT - band / 100 >= VERY_COMMON)
    return tuple(word for words in common for word in words if word.isascii() and word.isalpha())


@lru_cache(maxsize=1)
def rare_vocabulary() -> tuple[str, ...]:
    """Return English words that are rare by frequency, in alphabetical order."""
    return tuple(sorted(word for word in _between(RAREST, LESS_RARE) if SHORTEST <= len(word) <= LONGEST))


def rare_whole_words(words: Iterable[str]) -> tuple[str, ...]:
    """Return the rare ones of a vocabulary's words, in alphabetical order."""
    rare = _between(RAREST, LESS_RARE_WHOLE)
    return tuple(sorted(word for word in rare.intersection(words) if WHOLE_SHORTEST <= len(word) <= LONGEST))


def common_split_words(pieces: Pieces) -> tuple[str, ...]:
    """Return the most frequent words that the tokenizer splits, in alphabetical order.

    Vocabularies that are too large to split any of the most frequent words of English split some of EVERYDAY_WORDS.
    """
    most_frequent = (word for word in _by_frequency() if SHORTEST <= len(word) <= LONGEST)
    split = (word for word in chain(most_frequent, EVERYDAY_WORDS) if len(pieces(word)) > 1)
    return tuple(sorted(islice(split, SPLIT_WORDS)))


@dataclass(frozen=True)
class _Words:
    """The words of which one tokenizer's lists are made."""

    common: tuple[str, ...]
    common_split: tuple[str, ...]
    rare_whole: tuple[str, ...]

    def refuse_few(self) -> None:
        """Raise ExerciseError if the tokenizer has too few words of a group."""
        for name, words in vars(self).items():
            if len(words) < FEWEST:
                message = f"the tokenizer has {len(words)} words of the group {name.replace('_', ' and ')}"
                raise ExerciseError(f"rare_token: {message}; {FEWEST} are needed; do not ask for this kind")


def pieces_of(tokenizer: PreTrainedTokenizerBase) -> Pieces:
    """Return the function that splits a word which stands behind a space."""

    def pieces(word: str) -> tuple[int, ...]:
        encoded = tokenizer.backend_tokenizer.encode(f"a {word}", add_special_tokens=False)
        return tuple(token for token, (_, end) in zip(encoded.ids, encoded.offsets, strict=True) if end > 1)

    return pieces


@lru_cache(maxsize=4)
def _words(tokenizer: PreTrainedTokenizerBase) -> _Words:
    pieces = pieces_of(tokenizer)
    decoys = common_split_words(pieces)
    words = _Words(
        tuple(word for word in COMMON_WORDS if len(pieces(word)) == 1),
        tuple(word for word in decoys if len(pieces(word)) in PIECES and word not in COARSE),
        tuple(word for word in rare_whole_words(plain_words(tokenizer)) if len(pieces(word)) == 1),
    )
    words.refuse_few()
    return words


def rare_words(tokenizer: PreTrainedTokenizerBase, settings: ProbeSettings) -> tuple[ProbeSequence, ...]:
    """Return lists of different common words with one rare word, in turn split and whole; the slices' names are these.

    The rare word's places take turns as well, so that none of them is favoured by luck.
    """
    random, of, pieces = draw.stream(settings.seed, "rare_words"), _words(tokenizer), pieces_of(tokenizer)
    sequences = []
    for number in range(settings.rare_sequences):
        turn, slice_name = number // len(SLICES), SLICES[number % len(SLICES)]
        words = draw.some(random, of.common, LENGTHS[turn % len(LENGTHS)])
        decoys = draw.some(random, of.common_split, DECOYS)
        for decoy in decoys:
            words.insert(draw.below(random, len(words) + 1), decoy)
        place = LEAST_BEFORE + draw.in_turn(settings.seed, turn, len(words) - LEAST_BEFORE - LEAST_BEHIND)
        rare = draw.one(random, of.rare_whole) if slice_name == "whole" else _split_as(random, pieces, decoys[0])
        words.insert(place, rare)
        ids, spans, special = encode(tokenizer, words)
        sequences.append(ProbeSequence(ids, special, slice_name, spans, tuple(words), rare=place))
    return tuple(sequences)


def _split_as(random: Random, pieces: Pieces, decoy: str) -> str:
    """Return a rare word of as many pieces as the decoy."""
    while len(pieces(word := draw.one(random, rare_vocabulary()))) != len(pieces(decoy)):
        pass
    return word
