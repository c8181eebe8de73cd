"""Agreement: a verb has the number of its subject, whatever number the nouns between the two have."""

from itertools import product
from random import Random
from typing import TYPE_CHECKING

from grader.base.language import N_, _
from grader.kinds.causal import Measure, NoTrials, Trial
from grader.measuring.interventions.measures.trial import FEW_NOUNS, NO_FORMS, Pair, Sentences
from grader.measuring.probes import draw
from grader.measuring.probes.vocabulary import ROLES

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from grader.schema import ProbeSettings

FRAMES = (
    "The {other} met the {another} , and the {subject} near the {attractor}",
    "Near the {other} and the {another} , the {subject} behind the {attractor}",
    "When the {other} waited , the {subject} near the {another} and the {attractor}",
)
"""The sentences up to the verb."""
BEHIND = "the lamp ."
VERBS: tuple[Pair, ...] = (
    ("was", "were"),
    ("has", "have"),
    ("is", "are"),
    ("does", "do"),
    ("likes", "like"),
    ("needs", "need"),
    ("wants", "want"),
    ("makes", "make"),
)
"""Verbs after a singular and after a plural; all that are whole words are asked at the same place."""
TURNS = tuple(product((False, True), repeat=3))
"""The subject is plural, the attractor has another number, the noun in front has another: each comes equally often."""
NOUNS = 4
LEAST_NOUNS = 8


def build(
    tokenizer: "PreTrainedTokenizerBase", settings: "ProbeSettings", causal: bool, limit: int
) -> tuple[Trial, ...]:
    """Return minimal pairs: in the matched sentence, the subject has the other number.

    Raises:
        NoTrials: The tokenizer splits too many words, the sentences are too long, or the encoder has no mask.
    """
    sentences, random = Sentences(tokenizer, causal, limit), draw.stream(settings.seed, "agreement")
    nouns = [(one, role.plural) for one, role in ROLES.items() if {one, role.plural} <= sentences.known.keys()]
    verbs = [forms for forms in VERBS if {*forms} <= sentences.known.keys()]
    if len(nouns) < LEAST_NOUNS:
        raise NoTrials(_(FEW_NOUNS, count=len(nouns), least=LEAST_NOUNS))
    if not verbs:
        raise NoTrials(_(NO_FORMS))
    return tuple(_trial(sentences, random, nouns, verbs, number) for number in range(settings.causal_sequences))


def _trial(sentences: Sentences, random: Random, nouns: list[Pair], verbs: list[Pair], number: int) -> Trial:
    round_, turn = divmod(number, len(TURNS))
    plural, attracts, other = TURNS[turn]
    drawn = draw.some(random, nouns, NOUNS)
    numbers = (plural, plural != attracts, plural != other, plural == other)
    names = ("subject", "attractor", "other", "another")
    filled = {name: noun[many] for name, noun, many in zip(names, drawn, numbers, strict=True)}
    frame = FRAMES[round_ % len(FRAMES)]
    swapped = filled | {"subject": drawn[0][not plural]}
    pairs = [(forms[plural], forms[not plural]) for forms in verbs]
    return sentences.trial(frame.format(**filled), frame.format(**swapped), BEHIND, pairs)


SAYS = N_("logit difference of the right and the wrong number of a verb, with other nouns in between")
AGREEMENT = Measure("agreement", "logits", SAYS, build)
