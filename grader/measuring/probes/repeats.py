"""Distinct random tokens, repeated: only the earlier copy tells what comes next.

Several lengths, and unrelated tokens before and between the copies, so that a head which looks back a
fixed distance is right on one sequence and wrong on the next.
"""

from transformers import PreTrainedTokenizerBase

from grader.kinds.sequence import ProbeSequence
from grader.measuring.probes import draw
from grader.measuring.probes.long_texts import long_repeats
from grader.measuring.probes.tokens import plain_tokens, surround
from grader.schema import ProbeSettings

LENGTHS = (8, 13, 20, 29, 40, 52)
MOST_IN_FRONT = 4
MOST_BETWEEN = 6


def repeats(tokenizer: PreTrainedTokenizerBase, settings: ProbeSettings) -> tuple[ProbeSequence, ...]:
    """Return sequences in which a run of random tokens comes twice, its length changing in turn; slice `repeats`."""
    if settings.long_context is not None:
        return long_repeats(tokenizer, settings, settings.long_context)
    random = draw.stream(settings.seed, "repeats")
    vocabulary = plain_tokens(tokenizer)
    sequences = []
    for number in range(settings.repeat_sequences):
        length = LENGTHS[number % len(LENGTHS)]
        front = 1 + draw.below(random, MOST_IN_FRONT)
        between = draw.below(random, MOST_BETWEEN + 1)
        tokens = draw.some(random, vocabulary, front + length + between)
        run = tokens[front : front + length]
        ids, _, special = surround(tokenizer, tokens + run)
        sequences.append(ProbeSequence(ids, special, "repeats"))
    return tuple(sequences)
