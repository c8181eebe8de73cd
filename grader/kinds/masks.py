"""Target masks: the keys that each query of a sequence should look at, and masks to build them from.

The axes are always query, key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch
from jaxtyping import Bool
from torch import Tensor

from grader.kinds.lookalikes import Lookalike
from grader.kinds.sequence import ProbeSequence

FIRST_ASKED = 2
"""The first query that is asked: at query 1, the previous token is the first position, which is an attention sink."""
DISTANT = 3
"""The distance in tokens from which a key is out of reach of a local head."""


@dataclass(frozen=True)
class Question:
    """A detector's question about one sequence: the keys that each query should look at."""

    targets: Bool[Tensor, "query key"]
    eligible: Bool[Tensor, "query key"]
    """The keys from which the most attended one is taken."""
    groups: Mapping[str, Bool[Tensor, " query"]] = field(default_factory=dict)
    """The queries that are also scored as slices of their own, by the slice's name."""
    rivals: Mapping[int, tuple[tuple[int, ...], ...]] = field(default_factory=dict)
    """The words, as key positions in order, that a head blind to the relation might choose, by query."""

    @cached_property
    def asked(self) -> Bool[Tensor, " query"]:
        """The queries that have a target; the first two positions are never asked."""
        asked = self.targets.any(-1)
        asked[:FIRST_ASKED] = False
        return asked

    def visible(self, *, causal: bool) -> "Question":
        """Return the question without keys that no head could be right about.

        These are targets that are not eligible, such as a first word without a special token before it, and with
        `causal` every key after its query.
        """
        seen = torch.ones_like(self.targets).tril() if causal else torch.ones_like(self.targets)
        return Question(self.targets & self.eligible & seen, self.eligible & seen, self.groups, self.rivals)


def blank(sequence: ProbeSequence) -> Bool[Tensor, "query key"]:
    """Return a mask without keys."""
    length = len(sequence.token_ids)
    return torch.zeros(length, length, dtype=torch.bool)


def every_key(sequence: ProbeSequence) -> Bool[Tensor, "query key"]:
    """Return a mask of every key for every query that is no special token: the first position is a key like others."""
    mask = ~blank(sequence)
    mask[sorted(sequence.special), :] = False
    return mask


def all_but_special(sequence: ProbeSequence) -> Bool[Tensor, "query key"]:
    """Return a mask of every key for every query, except the first position and the special tokens."""
    mask = every_key(sequence)
    mask[:, sorted({0, *sequence.special})] = False
    return mask


def same_token(sequence: ProbeSequence) -> Bool[Tensor, "query key"]:
    """Return a mask of the keys that hold an earlier copy of the query's token; an unknown one is a copy of nothing."""
    ids = torch.tensor(sequence.token_ids)
    return ((ids[:, None] == ids[None, :]) & (ids[:, None] >= 0)).tril(-1) & all_but_special(sequence)


def looked_at(
    lookalike: Lookalike, sequence: ProbeSequence, queries: Sequence[int], *, causal: bool
) -> Bool[Tensor, "asked key"]:
    """Return a mask of the keys that it looks at from each of the queries."""
    length = len(sequence.token_ids)
    mask = torch.zeros(len(queries), length, dtype=torch.bool)
    for row, query in enumerate(queries):
        stop = query + 1 if causal else length
        mask[row, [key for key in lookalike.looks(sequence, query) if 0 <= key < stop]] = True
    return mask
