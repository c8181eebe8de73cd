"""Target mask and attention pattern to share and hit rate: the one piece of arithmetic under every detector.

Axes are always in the order sequence, head, query, key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import torch
from jaxtyping import Bool, Float
from torch import Tensor

FIRST_ASKED = 2
"""At query 1 the previous token is the first position itself, where attention rests for want of anything better."""


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


def asked_rows(
    pattern: Float[Tensor, "sequence head query key"], asked: Bool[Tensor, "sequence query"]
) -> Float[Tensor, "asked head key"]:
    """The rows of the asked queries, sequence by sequence."""
    return pattern.transpose(1, 2)[asked]


def share(rows: Float[Tensor, "asked head key"], targets: Bool[Tensor, "asked key"]) -> Float[Tensor, "asked head"]:
    """The attention that each query pays to its targets, 0 to 1."""
    return torch.bmm(rows, targets.to(rows.dtype).unsqueeze(-1)).squeeze(-1)


def hits(
    rows: Float[Tensor, "asked head key"],
    targets: Bool[Tensor, "asked key"],
    eligible: Bool[Tensor, "asked key"],
) -> Float[Tensor, "asked head"]:
    """1 where the most attended eligible key is a target, else 0; where none gets any attention, 0."""
    attention, most = rows.masked_fill(~eligible.unsqueeze(1), 0.0).max(-1)  # key -> the most attended key
    return (targets.gather(1, most) & (attention > 0)).to(rows.dtype)


def reduced(
    rows: Float[Tensor, "asked head key"],
    targets: Bool[Tensor, "asked key"],
    eligible: Bool[Tensor, "asked key"],
) -> Float[Tensor, "asked head 3"]:
    """Share on the targets, hit, and share on the eligible keys."""
    both = torch.stack((targets, eligible), -1).to(rows.dtype)
    on_targets, on_eligible = torch.bmm(rows, both).unbind(-1)
    return torch.stack((on_targets, hits(rows, targets, eligible), on_eligible), -1)
