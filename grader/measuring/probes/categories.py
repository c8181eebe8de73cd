"""Words of three categories: a head that only looks nearby finds the wrong category.

In `near` lists they are shuffled. In `far` lists, every word that is asked has the words of its category eight or more
words before it: first come the words of the three categories, shuffled, then words of other categories, one of each,
and then one more word of each of the three. No word comes twice, so that looking for its earlier copy finds nothing.
"""

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


def categories(tokenizer: PreTrainedTokenizerBase, settings: ProbeSettings) -> tuple[ProbeSequence, ...]:
    """Return lists of words of three categories, in turn near and far; the slices' names are these."""
    random = draw.stream(settings.seed, "categories")
    sequences = []
    for number in range(settings.category_sequences):
        turn, slice_name = number // len(SLICES), SLICES[number % len(SLICES)]
        words, asked = (_near if slice_name == "near" else _far)(random, turn)
        spelled, names = zip(*words, strict=True)
        ids, spans, special = encode(tokenizer, spelled)
        sequences.append(
            ProbeSequence(ids, special, slice_name, spans, spelled, categories=names, asked=range(asked, len(words)))
        )
    return tuple(sequences)


def _near(random: Random, turn: int) -> tuple[list[Named], int]:
    """Return words with their categories, and the number of the first one that is asked."""
    names = draw.some(random, tuple(CATEGORIES), CATEGORIES_EACH)
    words = [word for name in names for word in some_of(random, name, WORDS_OF_EACH[turn % len(WORDS_OF_EACH)])]
    return draw.shuffled(random, words), 0


def _far(random: Random, turn: int) -> tuple[list[Named], int]:
    names = draw.some(random, tuple(CATEGORIES), CATEGORIES_EACH + BETWEEN)
    many, others = names[:CATEGORIES_EACH], names[CATEGORIES_EACH:]
    words = [some_of(random, name, 1 + FAR_WORDS_OF_EACH[turn % len(FAR_WORDS_OF_EACH)]) for name in many]
    first = draw.shuffled(random, [word for of_category in words for word in of_category[1:]])
    between = [word for name in others for word in some_of(random, name, 1)]
    last = draw.shuffled(random, [of_category[0] for of_category in words])
    return [*first, *between, *last], len(first) + len(between)


def some_of(random: Random, category: str, count: int) -> list[Named]:
    """Return different words of a category."""
    return [(word, category) for word in draw.some(random, CATEGORIES[category], count)]
