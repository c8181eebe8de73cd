"""Masks that several detectors start from."""

import torch
from jaxtyping import Bool
from torch import Tensor

from grader.probes.sequence import Sequence

DISTANT = 3
"""Tokens between query and key from which a key is out of a local head's reach."""


def blank(sequence: Sequence) -> Bool[Tensor, "query key"]:
    """No key for any query."""
    length = len(sequence.token_ids)
    return torch.zeros(length, length, dtype=torch.bool)


def all_but_special(sequence: Sequence) -> Bool[Tensor, "query key"]:
    """Every key for every query, the first position and the special tokens aside."""
    mask = ~blank(sequence)
    aside = sorted({0, *sequence.special})
    mask[:, aside] = False
    mask[sorted(sequence.special), :] = False
    return mask


def same_token(sequence: Sequence) -> Bool[Tensor, "query key"]:
    """Keys that hold an earlier copy of the query's own token."""
    ids = torch.tensor(sequence.token_ids)
    return (ids[:, None] == ids[None, :]).tril(-1) & all_but_special(sequence)
