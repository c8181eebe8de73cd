"""Pronouns: what stands at a pronoun's place, or behind it, follows from the person that it stands for.

A decoder's head that looks from a pronoun back at a person is too late for the pronoun itself: it can only change what
comes next. So a decoder is asked for the deed, which belongs to one of two persons; an encoder for the pronoun.
"""

from collections.abc import Mapping
from itertools import product
from random import Random
from typing import TYPE_CHECKING

from grader.base.language import N_, _
from grader.kinds.causal import Measure, NoTrials, Trial
from grader.measuring.interventions.measures.trial import FEW_NOUNS, Sentences
from grader.measuring.probes import draw
from grader.measuring.probes.vocabulary import ROLES

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from grader.schema import ProbeSettings

Nouns = Mapping[str, list[str]]
"""The persons of each gender."""

FRAMES = (
    "The {} met the {} because",
    "After the {} met the {} ,",
    "With the {} came the {} , and",
    "The {} liked the {} , but",
)
"""The sentences up to the pronoun."""
BEHIND = "waited ."
PRONOUNS = {"m": "he", "f": "she"}
OTHER = {"m": "f", "f": "m"}
TURNS = tuple(product(PRONOUNS, (False, True)))
"""The gender that is meant; and, for deeds, its person comes second, for pronouns, the persons are plural."""
LEAST_NOUNS = 4
"""The fewest persons of each gender."""


def build(
    tokenizer: "PreTrainedTokenizerBase", settings: "ProbeSettings", causal: bool, limit: int
) -> tuple[Trial, ...]:
    """Return minimal pairs: in the matched sentence, persons of the other gender (or number) take the same places.

    Raises:
        NoTrials: The tokenizer splits too many words, the sentences are too long, or the encoder has no mask.
    """
    sentences, random = Sentences(tokenizer, causal, limit), draw.stream(settings.seed, "pronouns")
    nouns = {gender: _nouns(gender, sentences, causal) for gender in PRONOUNS}
    if (count := min(map(len, nouns.values()))) < LEAST_NOUNS:
        raise NoTrials(_(FEW_NOUNS, count=count, least=LEAST_NOUNS))
    of = _deed if causal else _pronoun
    return tuple(of(sentences, random, nouns, number) for number in range(settings.causal_sequences))


def _nouns(gender: str, sentences: Sentences, causal: bool) -> list[str]:
    """Return the persons of the gender that are whole words, and so is the deed, or the plural, that is needed."""
    return [
        noun
        for noun, role in ROLES.items()
        if role.gender == gender and {noun, role.past if causal else role.plural} <= sentences.known.keys()
    ]


def _deed(sentences: Sentences, random: Random, nouns: Nouns, number: int) -> Trial:
    round_, turn = divmod(number, len(TURNS))
    meant, second = TURNS[turn]
    (right, fits), (wrong, instead) = (draw.some(random, nouns[gender], 2) for gender in (meant, OTHER[meant]))
    order = -1 if second else 1
    frame = f"{FRAMES[round_ % len(FRAMES)]} {PRONOUNS[meant]}"
    people, others = (right, wrong)[::order], (instead, fits)[::order]
    pair = (ROLES[right].past, ROLES[wrong].past)
    return sentences.trial(frame.format(*people), frame.format(*others), BEHIND, [pair])


def _pronoun(sentences: Sentences, random: Random, nouns: Nouns, number: int) -> Trial:
    round_, turn = divmod(number, len(TURNS))
    gender, plural = TURNS[turn]
    frame, people = FRAMES[round_ % len(FRAMES)], draw.some(random, nouns[gender], 2)
    others = people if plural else draw.some(random, nouns[OTHER[gender]], 2)
    shown = [ROLES[noun].plural for noun in people] if plural else people
    pair = ("they", PRONOUNS[gender]) if plural else (PRONOUNS[gender], PRONOUNS[OTHER[gender]])
    return sentences.trial(frame.format(*shown), frame.format(*others), BEHIND, [pair])


SAYS = N_("logit difference of the word that fits the person a pronoun stands for, and of one that fits another person")
PRONOUN_DEEDS = Measure("pronouns", "logits", SAYS, build)
