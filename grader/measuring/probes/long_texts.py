"""Long texts of random tokens, in which few queries are asked: places far into the text, and repeats far apart.

No token comes twice by chance if the vocabulary has enough plain ones. From a smaller one all are taken in turn, again
and again, but a token of what is repeated never comes in between.
"""

from collections.abc import Sequence as Items
from itertools import chain, pairwise, repeat
from random import Random

from transformers import PreTrainedTokenizerBase

from grader.kinds.sequence import ProbeSequence
from grader.measuring.probes import draw
from grader.measuring.probes.tokens import plain_tokens, surround
from grader.schema import ProbeSettings

SEQUENCES = 8
"""The most sequences of a draw: each costs as much as dozens of short ones, and has as many queries as they."""
QUERIES = 64
"""The queries that are asked in each sequence, and the tokens of what is repeated."""


def long_random(tokenizer: PreTrainedTokenizerBase, settings: ProbeSettings, length: int) -> tuple[ProbeSequence, ...]:
    """Return long sequences of random tokens, each with a query in every 64th part of it; slice `random`."""
    random, vocabulary = draw.stream(settings.seed, "long_random"), plain_tokens(tokenizer)
    sequences = []
    for _number in range(min(SEQUENCES, settings.random_sequences)):
        ids, _, special = surround(tokenizer, _filler(random, vocabulary, length - _around(tokenizer)))
        parts = [len(ids) * part // QUERIES for part in range(QUERIES + 1)]
        queries = (start + draw.below(random, stop - start) for start, stop in pairwise(parts))
        sequences.append(ProbeSequence(ids, special, "random", queries=tuple(queries)))
    return tuple(sequences)


def long_repeats(tokenizer: PreTrainedTokenizerBase, settings: ProbeSettings, length: int) -> tuple[ProbeSequence, ...]:
    """Return long sequences that end with a run of tokens from earlier in them, nearer or farther; slice `repeats`.

    From one sequence to the next the distance grows, from about an eighth of the text to nearly all of it. Only the
    second copy is asked.
    """
    random, vocabulary = draw.stream(settings.seed, "long_repeats"), plain_tokens(tokenizer)
    count, room = min(SEQUENCES, settings.repeat_sequences), length - _around(tokenizer) - 2 * QUERIES
    sequences = []
    for number in range(count):
        run = draw.some(random, vocabulary, QUERIES + 1)[:-1]  # and one more, so that there is another
        filler = _filler(random, sorted({*vocabulary} - {*run}), room)
        front = room - room * (number + 1) // count + draw.below(random, room // count)
        ids, _, special = surround(tokenizer, [*filler[:front], *run, *filler[front:], *run])
        last = max(place for place in range(len(ids)) if place not in special)
        queries = tuple(range(last - QUERIES + 1, last + 1))
        sequences.append(ProbeSequence(ids, special, "repeats", queries=queries))
    return tuple(sequences)


def _around(tokenizer: PreTrainedTokenizerBase) -> int:
    """Return the number of special tokens around a text."""
    return len(surround(tokenizer, [])[0])


def _filler(random: Random, vocabulary: Items[int], length: int) -> list[int]:
    """Return random tokens, none of them twice if there are enough."""
    rounds = repeat(vocabulary, 1 + length // len(vocabulary))
    return list(chain.from_iterable(draw.shuffled(random, each) for each in rounds))[:length]
