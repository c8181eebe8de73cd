"""Words of three topics, some of which come several times: a head that follows the topic also looks at the copies.

In `mixed` lists every word comes twice, and its second copy is asked. In `itself` lists an asked word has as many other
words of its topic before it as there are copies of it and itself, and words of other topics stand in between: of what
the topic gets there, half would go to the others by chance.
"""

from random import Random

from transformers import PreTrainedTokenizerBase

from grader.kinds.sequence import ProbeSequence
from grader.measuring.probes import draw
from grader.measuring.probes.categories import BETWEEN, CATEGORIES_EACH, Lists, Named, known_lists, some_of
from grader.measuring.probes.tokens import encode
from grader.schema import ProbeSettings

MIXED, ITSELF = "mixed", "itself"
WORDS_OF_EACH = (4, 5)
OTHERS = 4
COPIES = OTHERS - 1
"""The number of copies before the asked word: with itself as many as there are others."""


def others(tokenizer: PreTrainedTokenizerBase, settings: ProbeSettings) -> tuple[ProbeSequence, ...]:
    """Return lists of words of three topics with copies, in turn of the slices `mixed` and `itself`."""
    random, lists = draw.stream(settings.seed, "others"), known_lists(tokenizer)
    sequences = []
    for number in range(settings.category_sequences):
        turn, is_itself = divmod(number, 2)
        words, asked = _itself(random, lists) if is_itself else _mixed(random, lists, turn)
        spelled, names = zip(*words, strict=True)
        ids, spans, special = encode(tokenizer, spelled)
        slice_name = ITSELF if is_itself else MIXED
        sequences.append(ProbeSequence(ids, special, slice_name, spans, spelled, categories=names, asked=asked))
    return tuple(sequences)


def _mixed(random: Random, lists: Lists, turn: int) -> tuple[list[Named], range]:
    """Return words with their topics, and the numbers of those that may be asked."""
    names = draw.some(random, tuple(lists), CATEGORIES_EACH)
    words = [word for name in names for word in some_of(random, lists, name, WORDS_OF_EACH[turn % len(WORDS_OF_EACH)])]
    return [*draw.shuffled(random, words), *draw.shuffled(random, words)], range(len(words), 2 * len(words))


def _itself(random: Random, lists: Lists) -> tuple[list[Named], range]:
    names = draw.some(random, tuple(lists), CATEGORIES_EACH + BETWEEN)
    many, between = names[:CATEGORIES_EACH], names[CATEGORIES_EACH:]
    words = [some_of(random, lists, name, 1 + OTHERS) for name in many]
    first = draw.shuffled(random, [word for asked, *rest in words for word in (*[asked] * COPIES, *rest)])
    apart = [word for name in between for word in some_of(random, lists, name, 1)]
    last = draw.shuffled(random, [asked for asked, *_ in words])
    return [*first, *apart, *last], range(len(first) + len(apart), len(first) + len(apart) + len(last))
