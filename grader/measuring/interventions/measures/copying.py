"""Copying: random tokens come twice, and only the first copy tells the second."""

from typing import TYPE_CHECKING

from grader.base.language import N_, _
from grader.kinds.causal import Measure, NoTrials, Trial
from grader.measuring.interventions.measures.trial import FEW_WORDS, TOO_SHORT, ahead, mask_of, masked
from grader.measuring.probes import draw
from grader.measuring.probes.tokens import plain_tokens, surround

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from grader.schema import ProbeSettings

LENGTH = 30
"""The tokens of a run, where the transformer can read it twice."""
SHORTEST = 4
COPIES = 2
DRAWN = 1 + COPIES
"""The tokens drawn for each one of a run: itself, and another one in place of each of its copies."""


def build(
    tokenizer: "PreTrainedTokenizerBase", settings: "ProbeSettings", causal: bool, limit: int
) -> tuple[Trial, ...]:
    """Return trials that ask for tokens of the second copy; the matched sequence has no token twice.

    Raises:
        NoTrials: The vocabulary or the reach of the transformer is too small, or the encoder has no mask.
    """
    random, vocabulary = draw.stream(settings.seed, "copying"), plain_tokens(tokenizer)
    length, mask = _length(tokenizer, len(vocabulary), limit), None if causal else mask_of(tokenizer)
    trials = []
    for number in range(settings.causal_sequences):
        drawn = draw.some(random, vocabulary, DRAWN * length)
        ids, front, _special = surround(tokenizer, drawn[:length] * COPIES)
        matched, *_rest = surround(tokenizer, drawn[length:])
        first, second = (range(start + 1, start + length) for start in (front, front + length))
        if mask is None:
            trials.append(Trial(ids, matched, ahead(ids, second), ahead(ids, first)))
        else:
            trials.append(masked(ids, matched, second[draw.in_turn(settings.seed, number, len(second))], mask))
    return tuple(trials)


def _length(tokenizer: "PreTrainedTokenizerBase", words: int, limit: int) -> int:
    around = len(surround(tokenizer, ())[0])
    if limit < around + COPIES * SHORTEST:
        raise NoTrials(_(TOO_SHORT, limit=limit, least=around + COPIES * SHORTEST))
    if words < DRAWN * SHORTEST:
        raise NoTrials(_(FEW_WORDS, count=words, least=DRAWN * SHORTEST))
    return min(LENGTH, (limit - around) // COPIES, words // DRAWN)


COPYING = Measure("copying", "nats", N_("loss on the second copy of repeated random tokens"), build)
