"""The training vocabulary: the probes' lexicon, the words of the frames, and verbs for any subject."""

from grader.measuring.probes.vocabulary import (
    ADVERBS,
    ALL_WORDS,
    CATEGORIES,
    COMMON_WORDS,
    DETERMINERS,
    NAMES_F,
    NAMES_M,
    POSSESSIVES,
    PREPOSITIONS,
    ROLES,
)
from training import frames

GENERIC_VERBS: dict[str, str] = {
    "likes": "like",
    "needs": "need",
    "wants": "want",
    "finds": "find",
    "buys": "buy",
    "brings": "bring",
    "loves": "love",
    "hides": "hide",
    "counts": "count",
    "has": "have",
    "gets": "get",
    "makes": "make",
    "uses": "use",
    "moves": "move",
    "shows": "show",
    "drops": "drop",
}
"""Verbs of any subject, so that only the subject determines what follows them."""

MARKS = (".", ",", ":", "!", "?", ";")
PERSONS = tuple(ROLES)
FRAME_WORDS = tuple(sorted({word for frame in frames.ALL for word in frame.split() if word.isalpha()}))
CATEGORY_WORDS = tuple(word for words in CATEGORIES.values() for word in words)


def words() -> tuple[str, ...]:
    """Return every word that a training row or a probe sentence may have, in alphabetical order.

    Words that may begin a sentence are also there with a capital; names are there only with a capital.
    """
    names = {name.capitalize() for name in (*NAMES_M, *NAMES_F)}
    lower = {
        *ALL_WORDS,
        *FRAME_WORDS,
        *["he", "she", "it", "waved", "waited", "left"],
        *GENERIC_VERBS,
        *GENERIC_VERBS.values(),
        *CATEGORY_WORDS,
        *COMMON_WORDS,
    }
    beginnings = {
        *FRAME_WORDS,
        "he",
        "she",
        "it",
        *DETERMINERS,
        *PREPOSITIONS,
        *ADVERBS,
        *POSSESSIVES,
        "according",
        "two",
    }
    return tuple(sorted((lower - {*NAMES_M, *NAMES_F}) | names | {word.capitalize() for word in beginnings}))
