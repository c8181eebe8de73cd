"""Semantic head: each word attends to words of its own category, whatever the distance.

Probe: words of three categories, shuffled, none twice. The share of all attention on words of the same
category at distance 3 or more decides, with its lift: their part of the attention on all such distant words,
over their part of those words.
Source: the lesson's fourth kind; GPT-2 small's L1H5 pays 0.55 at a base rate of 0.12 to 0.26.
Confound: in an unshuffled list a head that looks nearby is right; a repeated word is found by its copy.
"""

import torch

from grader.masks import DISTANT, blank
from grader.patterns import Question
from grader.probes.sequence import Sequence
from grader.schema import Kind


def ask(sequence: Sequence, kind: Kind) -> Question:
    """The query is a word's last token; targets are distant tokens of other words of its category."""
    targets, eligible = blank(sequence), blank(sequence)
    places = torch.arange(len(targets))
    for asker, word in enumerate(sequence.words):
        distant = (places - word.last).abs() >= DISTANT
        for other, span in enumerate(sequence.words):
            if other == asker or not sequence.categories:
                continue
            keys = distant & (places >= span.start) & (places < span.stop)
            eligible[word.last] |= keys
            if sequence.categories[other] == sequence.categories[asker]:
                targets[word.last] |= keys
    return Question(targets, eligible)
