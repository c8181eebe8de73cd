"""Rare-token head: queries attend to the rare word of the sequence, wherever it stands.

Probe: common words with one rare word, its place varied; rarity from measured word frequencies.
Source: the lesson's fifth kind (unusual or important tokens).
Confound: the rarest words of a natural text are also the repeated ones, so an induction head passes for a
rare-token head: here the rare word comes once. Nearer than three positions, a local head would be right.
"""

import torch

from grader.masks import DISTANT, all_but_special, blank
from grader.patterns import Question
from grader.probes.sequence import Sequence
from grader.schema import Kind


def ask(sequence: Sequence, kind: Kind) -> Question:
    """The query is a common word's last token, three or more from the rare word; its tokens are the targets."""
    targets = blank(sequence)
    if sequence.rare is not None:
        rare = sequence.words[sequence.rare]
        for number, word in enumerate(sequence.words):
            keys = torch.arange(rare.start, rare.stop)
            if number != sequence.rare and bool((abs(keys - word.last) >= DISTANT).all()):
                targets[word.last, rare.start : rare.stop] = True
    return Question(targets, all_but_special(sequence))
