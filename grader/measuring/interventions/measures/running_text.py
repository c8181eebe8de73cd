"""Running text: passages of the grammar, in which each token follows from those before it."""

from typing import TYPE_CHECKING

from grader.base.language import N_, _
from grader.kinds.causal import AskedToken, Measure, NoTrials, Trial
from grader.measuring.interventions.measures.trial import FEW_WORDS, TOO_SHORT, ahead, mask_of, masked
from grader.measuring.probes import draw
from grader.measuring.probes.annotated import running_text
from grader.measuring.probes.tokens import plain_tokens, surround

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from grader.kinds.sequence import ProbeSequence
    from grader.schema import ProbeSettings

LENGTH = 32
"""The tokens to which passages are cut, without special ones; those of fewer tokens are left out."""
SHORTEST = 12
PASSAGES_EACH = 3
"""The passages made for each one that is needed: half of them have three sentences or more."""
FIRST_ASKED = 2
"""The word, counted from 0, with which the questions begin: before it there is little to go by."""


def build(
    tokenizer: "PreTrainedTokenizerBase", settings: "ProbeSettings", causal: bool, limit: int
) -> tuple[Trial, ...]:
    """Return trials that ask for the tokens from the third word on; the matched sequence is random tokens.

    Raises:
        NoTrials: The vocabulary or the reach of the transformer is too small, or the encoder has no mask.
    """
    random, vocabulary = draw.stream(settings.seed, "matched text"), plain_tokens(tokenizer)
    length, mask = _length(tokenizer, len(vocabulary), limit), None if causal else mask_of(tokenizer)
    trials = []
    for number, passage in enumerate(_passages(tokenizer, settings, length)):
        ids, front, _special = surround(tokenizer, _plain(passage)[:length])
        matched, *_rest = surround(tokenizer, draw.some(random, vocabulary, length))
        places = range(passage.words[FIRST_ASKED].start, front + length)
        if mask is None:
            asked = ahead(ids, places)
            trials.append(Trial(ids, matched, asked, _elsewhere(asked)))
        else:
            trials.append(masked(ids, matched, places[draw.in_turn(settings.seed, number, len(places))], mask))
    return tuple(trials)


def _length(tokenizer: "PreTrainedTokenizerBase", words: int, limit: int) -> int:
    around = len(surround(tokenizer, ())[0])
    if limit < around + SHORTEST:
        raise NoTrials(_(TOO_SHORT, limit=limit, least=around + SHORTEST))
    if words < SHORTEST:
        raise NoTrials(_(FEW_WORDS, count=words, least=SHORTEST))
    return min(LENGTH, limit - around, words)


def _passages(tokenizer: "PreTrainedTokenizerBase", settings: "ProbeSettings", length: int) -> "list[ProbeSequence]":
    wanted = settings.causal_sequences
    made = running_text(tokenizer, settings.model_copy(update={"random_sequences": PASSAGES_EACH * wanted}))
    return [passage for passage in made if len(_plain(passage)) >= length][:wanted]


def _elsewhere(asked: tuple[AskedToken, ...]) -> tuple[AskedToken, ...]:
    """Return the same tokens, each asked at the place of another one, half a passage away: words without an order."""
    half = len(asked) // 2
    places = [ask.position for ask in (*asked[half:], *asked[:half])]
    return tuple(ask._replace(position=place) for ask, place in zip(asked, places, strict=True))


def _plain(passage: "ProbeSequence") -> list[int]:
    return [token for place, token in enumerate(passage.token_ids) if place not in passage.special]


RUNNING_TEXT = Measure("running_text", "nats", N_("loss on running text"), build)
