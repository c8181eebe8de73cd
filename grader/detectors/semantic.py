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
    if not sequence.categories:
        return Question(targets, eligible)
    word_at = torch.full((len(targets),), -1)
    for number, span in enumerate(sequence.words):
        word_at[span.start : span.stop] = number
    asking = torch.tensor([word.last for word in sequence.words])
    codes = {name: code for code, name in enumerate(sequence.categories)}
    category = torch.tensor([codes[name] for name in sequence.categories])
    distant = (torch.arange(len(targets)) - asking[:, None]).abs() >= DISTANT
    others = (word_at >= 0) & (word_at != torch.arange(len(asking))[:, None])
    eligible[asking] = distant & others
    targets[asking] = eligible[asking] & (category[word_at] == category[:, None])
    return Question(targets, eligible)
