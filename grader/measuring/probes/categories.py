"""Words of three categories: a head that only looks nearby finds the wrong category.

In `near` lists they are shuffled. In `far` lists, every word that is asked has the words of its category eight or more
words before it: first come the words of the three categories, shuffled, then words of other categories, one of each,
and then one more word of each of the three. No word comes twice, so that looking for its earlier copy finds nothing.

Words are single tokens: the last piece of `japan` in a vocabulary that has only `Japan` tells a head nothing of a
country. Written with a capital, it would tell a head that looks at capitals too much.
"""

from collections.abc import Mapping
from functools import lru_cache
from random import Random

from transformers import PreTrainedTokenizerBase

from grader.kinds.sequence import ProbeSequence
from grader.measuring.probes import draw
from grader.measuring.probes.tokens import encode
from grader.measuring.probes.vocabulary import CATEGORIES
from grader.schema import ProbeSettings

Named = tuple[str, str]
"""A word and its category."""

CATEGORIES_EACH = 3
WORDS_OF_EACH = (6, 7, 8)
FAR_WORDS_OF_EACH = (4, 5, 6)
BETWEEN = 7
"""The number of words of other categories in a far list: with the word next to them, a distance of eight."""
SLICES = ("near", "far")
FEWEST = max(*WORDS_OF_EACH, 1 + max(FAR_WORDS_OF_EACH))
"""The fewest words of a category from which every list can be made."""

Lists = Mapping[str, tuple[str, ...]]
"""The words of each category."""


def categories(tokenizer: PreTrainedTokenizerBase, settings: ProbeSettings) -> tuple[ProbeSequence, ...]:
    """Return lists of words of three categories, in turn near and far; the slices' names are these."""
    random, lists = draw.stream(settings.seed, "categories"), known_lists(tokenizer)
    sequences = []
    for number in range(settings.category_sequences):
        turn, slice_name = number // len(SLICES), SLICES[number % len(SLICES)]
        words, asked = (_near if slice_name == "near" else _far)(random, lists, turn)
        spelled, names = zip(*words, strict=True)
        ids, spans, special = encode(tokenizer, spelled)
        sequences.append(
            ProbeSequence(ids, special, slice_name, spans, spelled, categories=names, asked=range(asked, len(words)))
        )
    return tuple(sequences)


@lru_cache(maxsize=4)
def known_lists(tokenizer: PreTrainedTokenizerBase) -> Lists:
    """Return the words that are single tokens behind a space, of the categories that have enough of them.

    If too few categories have, which is so only where most words are split, these are all words of all categories.
    """
    backend = tokenizer.backend_tokenizer
    whole = {
        name: tuple(word for word in words if len(backend.encode(f"a {word}", add_special_tokens=False).ids) == 2)
        for name, words in CATEGORIES.items()
    }
    enough = {name: words for name, words in whole.items() if len(words) >= FEWEST}
    return enough if len(enough) >= CATEGORIES_EACH + BETWEEN else CATEGORIES


def _near(random: Random, lists: Lists, turn: int) -> tuple[list[Named], int]:
    """Return words with their categories, and the number of the first one that is asked."""
    names = draw.some(random, tuple(lists), CATEGORIES_EACH)
    words = [word for name in names for word in some_of(random, lists, name, WORDS_OF_EACH[turn % len(WORDS_OF_EACH)])]
    return draw.shuffled(random, words), 0


def _far(random: Random, lists: Lists, turn: int) -> tuple[list[Named], int]:
    names = draw.some(random, tuple(lists), CATEGORIES_EACH + BETWEEN)
    many, others = names[:CATEGORIES_EACH], names[CATEGORIES_EACH:]
    count = 1 + FAR_WORDS_OF_EACH[turn % len(FAR_WORDS_OF_EACH)]
    words = [some_of(random, lists, name, count) for name in many]
    first = draw.shuffled(random, [word for of_category in words for word in of_category[1:]])
    between = [word for name in others for word in some_of(random, lists, name, 1)]
    last = draw.shuffled(random, [of_category[0] for of_category in words])
    return [*first, *between, *last], len(first) + len(between)


def some_of(random: Random, lists: Lists, category: str, count: int) -> list[Named]:
    """Return different words of a category."""
    return [(word, category) for word in draw.some(random, lists[category], count)]
