"""Target masks: which keys each query of a sequence ought to look at, and the masks that types of head start from.

Axes are always in the order query, key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import torch
from jaxtyping import Bool
from torch import Tensor

from grader.kinds.sequence import ProbeSequence

FIRST_ASKED = 2
"""At query 1 the previous token is the first position itself, where attention rests for want of anything better."""
DISTANT = 3
"""Tokens between query and key from which a key is out of a local head's reach."""


@dataclass(frozen=True)
class Question:
    """What a detector asks of one sequence: which keys each query ought to look at."""

    targets: Bool[Tensor, "query key"]
    eligible: Bool[Tensor, "query key"]
    """The keys among which the most attended one is sought."""
    groups: Mapping[str, Bool[Tensor, " query"]] = field(default_factory=dict)
    """Queries that are scored as slices of their own too."""
    rivals: Mapping[int, tuple[tuple[int, ...], ...]] = field(default_factory=dict)
    """For a query, the words (as key positions, in order) that a head blind to the relation might pick."""

    @cached_property
    def asked(self) -> Bool[Tensor, " query"]:
        """Queries that have a target; the first two positions are never asked."""
        asked = self.targets.any(-1)
        asked[:FIRST_ASKED] = False
        return asked

    def visible(self, *, causal: bool) -> "Question":
        """The question as this transformer can answer it: a decoder sees no key behind the query."""
        if not causal:
            return self
        past = torch.ones_like(self.targets).tril()
        return Question(self.targets & past, self.eligible & past, self.groups, self.rivals)


def blank(sequence: ProbeSequence) -> Bool[Tensor, "query key"]:
    """No key for any query."""
    length = len(sequence.token_ids)
    return torch.zeros(length, length, dtype=torch.bool)


def all_but_special(sequence: ProbeSequence) -> Bool[Tensor, "query key"]:
    """Every key for every query, the first position and the special tokens aside."""
    mask = ~blank(sequence)
    aside = sorted({0, *sequence.special})
    mask[:, aside] = False
    mask[sorted(sequence.special), :] = False
    return mask


def same_token(sequence: ProbeSequence) -> Bool[Tensor, "query key"]:
    """Keys that hold an earlier copy of the query's own token."""
    ids = torch.tensor(sequence.token_ids)
    return (ids[:, None] == ids[None, :]).tril(-1) & all_but_special(sequence)
