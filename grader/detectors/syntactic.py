"""Syntactic head: each query attends to the word that it stands in a grammatical relation with.

Probe: sentences with gold arcs, in which distances and slots are spread so that no blind head gets half of
them right, and half of a verb's attractors share the subject's number.
Source: Voita et al. 2019 (syntactic heads; 10 points over the best offset); Clark et al. 2019, "What Does
BERT Look At?".
Confound: the adjective before its noun is always the previous token; a head that matches number finds the
subject when the attractors differ in it; a head that always takes the second noun is right half of the time.
So the score is the hit rate on the worst slice, and it must lead the best blind head.
"""

import torch

from grader.masks import all_but_special, blank
from grader.patterns import Question
from grader.probes.sequence import Link, Sequence, Span
from grader.schema import Kind


def ask(sequence: Sequence, kind: Kind) -> Question:
    """The query is the last token of one word of each arc; any token of the other word is a target."""
    targets = blank(sequence)
    groups: dict[str, torch.Tensor] = {}
    rivals: dict[int, tuple[tuple[int, ...], ...]] = {}
    for link in sequence.links:
        if link.relation != kind.relation:
            continue
        asker, answer = _ends(link, kind)
        query, word = sequence.words[asker].last, sequence.words[answer]
        targets[query, word.start : word.stop] = True
        rivals[query] = _same_class(sequence, asker, answer, kind)
        if link.group:
            groups.setdefault(link.group, torch.zeros(len(targets), dtype=torch.bool))[query] = True
    return Question(targets, all_but_special(sequence), groups, rivals)


def _ends(link: Link, kind: Kind) -> tuple[int, int]:
    return (link.earlier, link.later) if kind.direction == "forward" else (link.later, link.earlier)


def _same_class(sequence: Sequence, asker: int, answer: int, kind: Kind) -> tuple[tuple[int, ...], ...]:
    """Words of the answer's class on the answer's side of the asking word, in order."""
    side = range(asker + 1, len(sequence.words)) if kind.direction == "forward" else range(asker)
    return tuple(_keys(sequence.words[word]) for word in side if sequence.classes[word] == sequence.classes[answer])


def _keys(span: Span) -> tuple[int, ...]:
    return tuple(range(span.start, span.stop))
