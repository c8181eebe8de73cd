"""Common words with one rare word among them, at a varied place.

Rarity is measured, not listed: the Zipf frequency of `wordfreq` (log10 of uses in a billion words; Speer 2022).
"""

from functools import lru_cache

from transformers import PreTrainedTokenizerBase
from wordfreq import get_frequency_list

from grader.kinds.sequence import ProbeSequence
from grader.measuring.probes import draw
from grader.measuring.probes.tokens import encode
from grader.measuring.probes.vocabulary import COMMON_WORDS
from grader.schema import ProbeSettings

RAREST, LESS_RARE = 1.5, 2.5
"""Zipf frequencies between which a word is rare and yet not a typing error."""
MOST_FREQUENT = 9.0
"""The Zipf frequency of a word that makes up a whole text."""
SHORTEST, LONGEST = 6, 10
"""The number of letters in a rare word."""
WORDS = (16, 20, 24)
LEAST_BEFORE, LEAST_BEHIND = 2, 6


@lru_cache(maxsize=1)
def rare_vocabulary() -> tuple[str, ...]:
    """Return English words that are rare by frequency, in alphabetical order."""
    bands = enumerate(get_frequency_list("en"))  # by hundredths of a Zipf unit below that of a word that stands alone
    rare = (words for band, words in bands if RAREST <= round(MOST_FREQUENT - band / 100, 2) <= LESS_RARE)
    return tuple(
        sorted(
            word
            for words in rare
            for word in words
            if SHORTEST <= len(word) <= LONGEST and word.isascii() and word.isalpha()
        )
    )


def rare_words(tokenizer: PreTrainedTokenizerBase, settings: ProbeSettings) -> tuple[ProbeSequence, ...]:
    """Return lists of different common words with one rare word; slice `lists`."""
    random = draw.stream(settings.seed, "rare_words")
    sequences = []
    for number in range(settings.rare_sequences):
        words = draw.some(random, COMMON_WORDS, WORDS[number % len(WORDS)])
        place = LEAST_BEFORE + draw.below(random, len(words) - LEAST_BEFORE - LEAST_BEHIND)
        words.insert(place, draw.one(random, rare_vocabulary()))
        ids, spans, special = encode(tokenizer, words)
        sequences.append(ProbeSequence(ids, special, "lists", spans, rare=place))
    return tuple(sequences)
