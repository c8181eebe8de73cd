"""Planted heads: patterns made by hand that a detector must score exactly."""

from collections.abc import Callable

import torch
from torch import Tensor

from grader.kinds.sequence import Link, ProbeSequence, Span
from grader.measuring.questions import question
from grader.measuring.statistics.patterns import asked_rows, hits, share
from grader.schema import Kind


def words(count: int, **annotations: object) -> ProbeSequence:
    """A sequence of one-token words behind a begin-of-text token."""
    return ProbeSequence(
        tuple(range(100, 100 + count + 1)),
        frozenset({0}),
        "all",
        tuple(Span(place + 1, place + 2) for place in range(count)),
        **annotations,  # type: ignore[arg-type]
    )


def tokens(*ids: int) -> ProbeSequence:
    return ProbeSequence((0, *ids), frozenset({0}), "repeats")


def looking(sequence: ProbeSequence, where: Callable[[int], int | None]) -> Tensor:
    """A head whose every query puts all its attention on one key; outside the sequence, on the first position."""
    length = len(sequence.token_ids)
    pattern = torch.zeros(length, length, dtype=torch.float64)
    for query in range(length):
        key = where(query)
        pattern[query, key if key is not None and 0 <= key < length else 0] = 1
    return pattern


def measured(kind: Kind, sequence: ProbeSequence, pattern: Tensor, *, causal: bool = True) -> tuple[float, float]:
    """Share and hit rate."""
    asking = question(kind, sequence).visible(causal=causal)
    asked = asking.asked
    assert asked.any()
    rows = asked_rows(pattern[None, None], asked[None])
    before = pattern.clone()
    found = (
        float(share(rows, asking.targets[asked]).mean()),
        float(hits(rows, asking.targets[asked], asking.eligible[asked]).mean()),
    )

    assert torch.equal(before, pattern)  # scoring leaves the evidence as it was
    return found


def sentence() -> ProbeSequence:
    """`the keys near the old door are red`: subject, attractor, adjective, verb, adjective."""
    return words(
        8,
        classes=("DET", "NOUN", "ADP", "DET", "ADJ", "NOUN", "VERB", "ADJ"),
        links=(
            Link("verb_subject", 6, 1, "other_number"),
            Link("noun_adjective", 5, 4, "attributive"),
            Link("noun_adjective", 7, 1, "predicative"),
        ),
    )
