"""Words of three categories, shuffled: a head that only looks nearby finds the wrong category.

No word comes twice, so that looking for its earlier copy finds nothing.
"""

from transformers import PreTrainedTokenizerBase

from grader.kinds.sequence import ProbeSequence
from grader.measuring.probes import draw
from grader.measuring.probes.tokens import encode
from grader.measuring.probes.vocabulary import CATEGORIES
from grader.schema import ProbeSettings

CATEGORIES_EACH = 3
WORDS_OF_EACH = (6, 7, 8)


def categories(tokenizer: PreTrainedTokenizerBase, settings: ProbeSettings) -> tuple[ProbeSequence, ...]:
    """Return lists of 18 to 24 words of three categories, in a random order; slice `lists`."""
    random = draw.stream(settings.seed, "categories")
    sequences = []
    for number in range(settings.category_sequences):
        words = [
            (word, name)
            for name in draw.some(random, tuple(CATEGORIES), CATEGORIES_EACH)
            for word in draw.some(random, CATEGORIES[name], WORDS_OF_EACH[number % len(WORDS_OF_EACH)])
        ]
        order = draw.shuffled(random, words)
        spelled, names = zip(*order, strict=True)
        ids, spans, special = encode(tokenizer, spelled)
        sequences.append(ProbeSequence(ids, special, "lists", spans, spelled, categories=names))
    return tuple(sequences)
