"""Distinct random tokens in which one token comes several times, once of them behind the same two tokens.

At the end of a sequence come three tokens that were there before. The last of the three was there four times, each
time with another token after it, but only once behind the same two: otherwise behind one token of each other three, or
behind new ones. So a head that compares one of the three tokens alone has four places to look at, or three if it is one
of the first two. The right copy is first, second, third and last of the four in turn.
"""

from random import Random

from transformers import PreTrainedTokenizerBase

from grader.kinds.sequence import ProbeSequence
from grader.measuring.probes import draw
from grader.measuring.probes.tokens import plain_tokens, surround
from grader.schema import ProbeSettings

GROUPS = 3
"""The number of tokens in a sequence that come several times."""
COPIES = 4
BEFORE = 2
MOST_BETWEEN = 3
MOST_DRAWN = GROUPS * (BEFORE + 1 + COPIES * (BEFORE + 1 + MOST_BETWEEN) + 1)
"""The number of different tokens that suffices for any sequence."""


def prefixes(tokenizer: PreTrainedTokenizerBase, settings: ProbeSettings) -> tuple[ProbeSequence, ...]:
    """Return sequences with several copies of some tokens, one of each behind the same tokens; slice `prefixes`."""
    random = draw.stream(settings.seed, "prefixes")
    vocabulary = plain_tokens(tokenizer)
    sequences = []
    for number in range(settings.repeat_sequences):
        ids, _, special = surround(tokenizer, _tokens(random, draw.some(random, vocabulary, MOST_DRAWN), number))
        sequences.append(ProbeSequence(ids, special, "prefixes"))
    return tuple(sequences)


def _tokens(random: Random, fresh: list[int], number: int) -> list[int]:
    """Return the tokens of one sequence, from different ones."""

    def take(count: int) -> list[int]:
        return [fresh.pop() for _ in range(count)]

    def gap() -> list[int]:
        return take(draw.below(random, MOST_BETWEEN + 1))

    asked = [take(BEFORE + 1) for _ in range(GROUPS)]
    tokens = []
    for copy in range(COPIES):
        for group in draw.shuffled(random, range(GROUPS)):
            one, two = asked[(group + 1) % GROUPS], asked[(group + 2) % GROUPS]
            befores = (asked[group][:BEFORE], [one[0], two[1]], [two[0], one[1]], take(BEFORE))
            before = befores[(copy - number - group) % COPIES]
            tokens += [*gap(), *before, asked[group][BEFORE], *take(1)]
    for group in draw.shuffled(random, range(GROUPS)):
        tokens += [*take(1), *asked[group]]
    return tokens
