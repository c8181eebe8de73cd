"""The baseline: the hit rate of the best head that is blind to the kind, on the same probe.

Blind heads look at a fixed offset, at a fixed position, at the nearest, first, second or last word of the
target's class, or at all eligible keys alike. The best of them, over the whole probe, is the baseline:
a relation counts only beyond it (after Voita et al. 2019, section 5.2.1, who compare with the best fixed offset).
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from grader.kinds.masks import Question
from grader.measuring.statistics.bootstrap import Array


def best_blind_head(questions: Sequence[Question], *, offsets_known: bool) -> tuple[str, Array]:
    """Return the best blind head's name, and for each sequence the number of asked queries that it gets right.

    Args that are not obvious: `offsets_known` leaves fixed offsets and positions out, where a fixed
    offset is the kind itself.
    """
    right: dict[str, Array] = defaultdict(lambda: np.zeros(len(questions)))
    for number, question in enumerate(questions):
        for name, count in _right(question, offsets_known=offsets_known).items():
            right[name][number] += count
    if not right:
        return "none", np.zeros(len(questions))
    best = max(sorted(right), key=lambda name: float(right[name].sum()))
    return best, right[best]


def _right(question: Question, *, offsets_known: bool) -> dict[str, float]:
    """Return the number of asked queries that each blind head gets right, a fraction where it spreads."""
    right: dict[str, float] = defaultdict(float)
    eligible, rows = question.eligible.sum(1).tolist(), question.targets.numpy()
    for query in question.asked.nonzero().flatten().tolist():
        targets = set(rows[query].nonzero()[0].tolist())
        right["all keys alike"] += len(targets) / max(1, eligible[query])
        if not offsets_known:
            for key in targets:
                right[f"offset {key - query:+d}"] += 1
                right[f"position {key}"] += 1
        for name, word in _blind_words(query, question.rivals.get(query, ())).items():
            right[name] += bool(targets & set(word))
    return right


def _blind_words(query: int, words: tuple[tuple[int, ...], ...]) -> dict[str, tuple[int, ...]]:
    if not words:
        return {}
    return {
        "nearest word of the class": min(words, key=lambda word: min(abs(key - query) for key in word)),
        "first word of the class": words[0],
        "last word of the class": words[-1],
        **({"second word of the class": words[1]} if len(words) > 1 else {}),
    }
