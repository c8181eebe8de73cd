"""Target masks: the keys that each query of a sequence should look at, and masks to build them from.

The axes are always query, key. There is a row for each query that may be asked: for every position, unless the
sequence names some. So a mask of a long text does not grow with the square of its length.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import torch
from jaxtyping import Bool, Int
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
    queries: tuple[int, ...] | None = None
    """The position of the query of each row; None if there is a row for every position."""

    @cached_property
    def places(self) -> Int[Tensor, " query"]:
        """The position of the query of each row."""
        return torch.arange(len(self.targets)) if self.queries is None else torch.tensor(self.queries)

    @cached_property
    def asked(self) -> Bool[Tensor, " query"]:
        """The rows whose query has a target; the first two positions are never asked."""
        return self.targets.any(-1) & (self.places >= FIRST_ASKED)

    def visible(self, *, causal: bool) -> "Question":
        """Return the question without keys that no head could be right about.

        These are targets that are not eligible, such as a first word without a special token before it, and with
        `causal` every key after its query.
        """
        seen = self.places[:, None] >= torch.arange(self.targets.shape[1]) if causal else torch.ones_like(self.targets)
        return replace(self, targets=self.targets & self.eligible & seen, eligible=self.eligible & seen)


def queries(sequence: ProbeSequence) -> Int[Tensor, " query"]:
    """Return the positions of the queries, one for each row of a mask."""
    return torch.arange(len(sequence.token_ids)) if sequence.queries is None else torch.tensor(sequence.queries)


def distance(sequence: ProbeSequence) -> Int[Tensor, "query key"]:
    """Return the number of tokens from each key to the query; below 0 for keys after it."""
    return queries(sequence)[:, None] - torch.arange(len(sequence.token_ids))


def blank(sequence: ProbeSequence) -> Bool[Tensor, "query key"]:
    """Return a mask without keys."""
    return torch.zeros(len(queries(sequence)), len(sequence.token_ids), dtype=torch.bool)


def every_key(sequence: ProbeSequence) -> Bool[Tensor, "query key"]:
    """Return a mask of every key for every query that is no special token: the first position is a key like others."""
    mask, special = ~blank(sequence), torch.tensor(sorted(sequence.special), dtype=torch.long)
    mask[torch.isin(queries(sequence), special), :] = False
    return mask


def all_but_special(sequence: ProbeSequence) -> Bool[Tensor, "query key"]:
    """Return a mask of every key for every query, except the first position and the special tokens."""
    mask = every_key(sequence)
    mask[:, sorted({0, *sequence.special})] = False
    return mask


def same_token(sequence: ProbeSequence) -> Bool[Tensor, "query key"]:
    """Return a mask of the keys that hold an earlier copy of the query's token; an unknown one is a copy of nothing."""
    ids = torch.tensor(sequence.token_ids)
    own = ids[queries(sequence)][:, None]
    return (own == ids) & (own >= 0) & (distance(sequence) > 0) & all_but_special(sequence)


def looked_at(
    lookalike: Lookalike, sequence: ProbeSequence, queries: Sequence[int], *, causal: bool
) -> Bool[Tensor, "asked key"]:
    """Return a mask of the keys that it looks at from each of the queries."""
    length = len(sequence.token_ids)
    mask = torch.zeros(len(queries), length, dtype=torch.bool)
    pairs = [(row, key) for row, query in enumerate(queries) for key in lookalike.looks(sequence, query)]
    rows, keys = torch.tensor(pairs, dtype=torch.long).reshape(-1, 2).T
    last = torch.tensor(queries)[rows] if causal else length - 1
    there = (keys >= 0) & (keys <= last)
    mask[rows[there], keys[there]] = True  # one step for all, since each takes as long
    return mask
