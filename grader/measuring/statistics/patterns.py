"""Share and hit rate, from a target mask and an attention pattern: the same arithmetic for every type of head.

Axes are always in the order sequence, head, query, key.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

ROUNDING = 2**-7
"""The most by which a row may sum to more than 1: the error of bfloat16, the coarsest precision of an exercise."""


def most_in_a_row(pattern: Float[Tensor, "*sequence head query key"]) -> float | None:
    """Return the largest sum of a row if that is more than 1, so that the pattern is no attention; NaN is more.

    A row may sum to less: families such as gpt-oss let a query pay attention to nothing.
    """
    sums = pattern.sum(-1, dtype=torch.float32 if pattern.device.type == "mps" else torch.float64)
    return None if bool((sums <= 1 + ROUNDING).all()) else float(sums.max())


def asked_rows(
    pattern: Float[Tensor, "sequence head query key"], asked: Bool[Tensor, "sequence query"]
) -> Float[Tensor, "asked head key"]:
    """Return the rows of the asked queries, sequence by sequence."""
    return pattern.transpose(1, 2)[asked]


def share(rows: Float[Tensor, "asked head key"], targets: Bool[Tensor, "asked key"]) -> Float[Tensor, "asked head"]:
    """Return the attention that each query pays to its targets, 0 to 1."""
    return torch.bmm(rows, targets.to(rows.dtype).unsqueeze(-1)).squeeze(-1)


def hits(
    rows: Float[Tensor, "asked head key"],
    targets: Bool[Tensor, "asked key"],
    eligible: Bool[Tensor, "asked key"],
) -> Float[Tensor, "asked head"]:
    """Return 1 where a target gets more attention than every other eligible key, else 0: a tie is not a hit."""
    on_targets = rows.masked_fill(~(targets & eligible).unsqueeze(1), 0.0).amax(-1)
    elsewhere = rows.masked_fill((targets | ~eligible).unsqueeze(1), 0.0).amax(-1)
    return (on_targets > elsewhere).to(rows.dtype)


def agreement(
    rows: Float[Tensor, "asked head key"],
    eligible: Bool[Tensor, "asked key"],
    masks: Bool[Tensor, "lookalike asked key"],
) -> Float[Tensor, "asked head lookalike"]:
    """Return 1 where the most attended eligible key is one that the look-alike looks at, else 0."""
    most = rows.masked_fill(~eligible.unsqueeze(1), 0.0).argmax(-1)  # key -> the most attended key
    return torch.stack([mask.gather(1, most) for mask in masks], -1).to(rows.dtype)


def reduced(
    rows: Float[Tensor, "asked head key"],
    targets: Bool[Tensor, "asked key"],
    eligible: Bool[Tensor, "asked key"],
) -> Float[Tensor, "asked head 3"]:
    """Return the share on the targets, the hit (1 or 0), and the share on the eligible keys."""
    both = torch.stack((targets, eligible), -1).to(rows.dtype)
    on_targets, on_eligible = torch.bmm(rows, both).unbind(-1)
    return torch.stack((on_targets, hits(rows, targets, eligible), on_eligible), -1)
