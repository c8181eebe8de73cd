"""The texts of the hints, and the default one of a picture, held against the heads of their transformer.

A text shows a kind if, among all heads, one that is confirmed is among the brightest, and none that is refuted is
brighter. Otherwise students who trust it claim look-alikes.
"""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import torch
from jaxtyping import Bool
from torch import Tensor

from grader.laboratory import Laboratory
from grader.laboratory.overview import Overview, overview
from grader.measuring.questions import question
from grader.schema import AskedKind, HeadIndex, TriedText, head_name
from grader.students import texts
from grader.students.hints import ladder_of

BRIGHTEST = 3
"""The rank among all heads that a confirmed one must have."""


class Bright(NamedTuple):
    """A head, and its mean attention to the targets of a text."""

    place: HeadIndex
    attention: float

    def __str__(self) -> str:
        """The head with its attention, such as `L1H2 .96`."""
        return f"{head_name(*self.place)} {self.attention:.2f}"


class Shown(NamedTuple):
    """The heads of a kind on one text."""

    kind: str
    text: str
    confirmed: Bright
    """The brightest that is confirmed."""
    rank: int
    """Its rank among all heads, from 1."""
    refuted: Bright
    """The brightest that is refuted."""

    @property
    def holds(self) -> bool:
        """True if the text leads to heads that are confirmed."""
        return self.rank <= BRIGHTEST and self.confirmed.attention >= self.refuted.attention

    def __str__(self) -> str:
        """The numbers in words."""
        return (
            f"the brightest confirmed head is {self.confirmed}, number {self.rank} of all, the brightest refuted one "
            f"{self.refuted}"
        )


def shown_heads(laboratory: Laboratory) -> Iterator[Shown]:
    """Yield each text of an exercise's hints and pictures, if it is known which token should look at which."""
    exercise = laboratory.exercise
    plain = TriedText(text=texts.default(exercise), see="-")
    for asked in exercise.kinds:
        ladder = ladder_of(asked)
        own = texts.tried(exercise, asked) or TriedText(text=ladder.text, see=ladder.see)
        for tried in (own, plain) if asked.head_type.from_tokens else (own,):
            if (shown := on(laboratory, asked, tried)) is not None:
                yield shown


def on(laboratory: Laboratory, asked: AskedKind, tried: TriedText) -> Shown | None:
    """Return the kind's heads on a text; None if no target is known, or no head is confirmed, or none is refuted."""
    source, loaded = laboratory.exercise.transformer, laboratory.loaded
    heads = list(product(range(source.layers), range(source.heads)))
    seen = overview(loaded.model, loaded.tokenizer, tried.text, heads)
    mask = _targets(laboratory, asked, tried, seen)
    rows = mask.any(1)
    if not rows.any():
        return None
    bright = [Bright(place, float((pattern * mask).sum(1)[rows].mean())) for place, pattern in seen.patterns.items()]
    bright.sort(key=lambda one: -one.attention)
    of_kind = laboratory.standings.by_kind[asked.name]
    outcomes = [of_kind[one.place].outcome for one in bright]
    if not {"confirmed", "refuted"} <= {*outcomes}:
        return None
    first = outcomes.index("confirmed")
    return Shown(asked.name, tried.text, bright[first], first + 1, bright[outcomes.index("refuted")])


def _targets(laboratory: Laboratory, asked: AskedKind, tried: TriedText, seen: Overview) -> Bool[Tensor, "query key"]:
    """Return the text's own targets, else those that follow from the tokens."""
    mask = torch.zeros(len(seen.read.token_ids), len(seen.read.token_ids), dtype=torch.bool)
    if tried.looks:
        for query, key in texts.targets(tried, seen.read.spans):
            mask[query, key] = True
    elif asked.head_type.from_tokens:
        asking = question(asked.kind, seen.read.sequence()).visible(causal=laboratory.sees_back)
        mask = asking.targets & asking.asked[:, None]
    return mask
