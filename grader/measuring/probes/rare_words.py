"""Common words with one rare word among them, at a varied place.

Rarity is measured, not listed: the Zipf frequency of `wordfreq` (log10 of uses in a billion words; Speer 2022, README).
"""

from collections.abc import Callable
from collections.abc import Sequence as Items
from functools import lru_cache
from itertools import islice

from transformers import PreTrainedTokenizerBase
from wordfreq import get_frequency_list

from grader.kinds.sequence import ProbeSequence
from grader.measuring.probes import draw
from grader.measuring.probes.tokens import encode
from grader.measuring.probes.vocabulary import COMMON_WORDS
from grader.schema import ProbeSettings

Pieces = Callable[[str], Items[int]]
"""A function that returns the tokens of a word that stands behind a space."""

RAREST, LESS_RARE = 1.5, 2.5
"""Zipf frequencies between which a word is rare and yet not a typing error."""
LESS_RARE_WHOLE, WHOLE_SHORTEST = 3.0, 4
"""The most frequent and the shortest rare word that is a single token: a vocabulary has few of these."""
COMMON, SPLIT_WORDS = 4.0, 200
"""The least Zipf frequency of a common word, and the number of common split words from which lists are made."""
MOST_FREQUENT = 9.0
"""The Zipf frequency of a word that makes up a whole text."""
SHORTEST, LONGEST = 6, 10
"""The number of letters in a rare word."""
WORDS = (16, 20, 24)
LEAST_BEFORE, LEAST_BEHIND = 2, 6


@lru_cache(maxsize=4)
def _between(least: float, most: float) -> tuple[str, ...]:
    """Return the plain English words between two Zipf frequencies, in alphabetical order."""
    bands = enumerate(get_frequency_list("en"))  # by hundredths of a Zipf unit below that of a word that stands alone
    words = (words for band, words in bands if least <= round(MOST_FREQUENT - band / 100, 2) <= most)
    return tuple(sorted(word for band in words for word in band if word.isascii() and word.isalpha()))


@lru_cache(maxsize=1)
def _by_frequency() -> tuple[str, ...]:
    """Return the common plain English words, the most frequent first; words as frequent as one another by letters."""
    bands = enumerate(get_frequency_list("en"))
    common = (sorted(words) for band, words in bands if MOST_FREQUENT - band / 100 >= COMMON)
    return tuple(word for words in common for word in words if word.isascii() and word.isalpha())


@lru_cache(maxsize=1)
def rare_vocabulary() -> tuple[str, ...]:
    """Return English words that are rare by frequency, in alphabetical order."""
    return tuple(word for word in _between(RAREST, LESS_RARE) if SHORTEST <= len(word) <= LONGEST)


def rare_whole_words(pieces: Pieces) -> tuple[str, ...]:
    """Return the rare words that the tokenizer keeps whole, in alphabetical order."""
    return tuple(
        word
        for word in _between(RAREST, LESS_RARE_WHOLE)
        if WHOLE_SHORTEST <= len(word) <= LONGEST and len(pieces(word)) == 1
    )


def common_split_words(pieces: Pieces) -> tuple[str, ...]:
    """Return the most frequent words that the tokenizer splits, in alphabetical order."""
    split = (word for word in _by_frequency() if SHORTEST <= len(word) <= LONGEST and len(pieces(word)) > 1)
    return tuple(sorted(islice(split, SPLIT_WORDS)))


def rare_words(tokenizer: PreTrainedTokenizerBase, settings: ProbeSettings) -> tuple[ProbeSequence, ...]:
    """Return lists of different common words with one rare word; slice `lists`."""
    random = draw.stream(settings.seed, "rare_words")
    sequences = []
    for number in range(settings.rare_sequences):
        words = draw.some(random, COMMON_WORDS, WORDS[number % len(WORDS)])
        place = LEAST_BEFORE + draw.below(random, len(words) - LEAST_BEFORE - LEAST_BEHIND)
        words.insert(place, draw.one(random, rare_vocabulary()))
        ids, spans, special = encode(tokenizer, words)
        sequences.append(ProbeSequence(ids, special, "lists", spans, tuple(words), rare=place))
    return tuple(sequences)
