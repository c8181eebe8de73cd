"""Random tokens, none of them twice: only places tell them apart."""

from transformers import PreTrainedTokenizerBase

from grader.kinds.sequence import ProbeSequence
from grader.measuring.probes import draw
from grader.measuring.probes.long_texts import long_random
from grader.measuring.probes.tokens import plain_tokens, surround
from grader.schema import ProbeSettings

LENGTHS = (16, 24, 40, 64)


def random_tokens(tokenizer: PreTrainedTokenizerBase, settings: ProbeSettings) -> tuple[ProbeSequence, ...]:
    """Return sequences of distinct random tokens, of several lengths in turn or long ones; slice `random`."""
    if settings.long_context is not None:
        return long_random(tokenizer, settings, settings.long_context)
    random = draw.stream(settings.seed, "random_tokens")
    vocabulary = plain_tokens(tokenizer)
    sequences = []
    for number in range(settings.random_sequences):
        ids, _, special = surround(tokenizer, draw.some(random, vocabulary, LENGTHS[number % len(LENGTHS)]))
        sequences.append(ProbeSequence(ids, special, "random"))
    return tuple(sequences)
