"""Seeded 95 % bootstrap intervals over a probe's sequences: expanded percentiles (Hesterberg 2015).

The percentile method (Efron 1979) is too narrow with few sequences: resamples of n sequences vary as if divided by n
and not n - 1, and it has the tails of a normal distribution, not of Student's t. Hesterberg ("What Teachers Should Know
About the Bootstrap", The American Statistician 69, 2015, pages 371-386) takes percentiles further out, which mends
both. Sequences with many queries weigh more, so n is the effective number of sequences (Kish 1965): the square of
their weights' sum over the sum of their squares. With 240 equal sequences it is the percentile method again.
"""

from functools import lru_cache
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float64]
Estimate = tuple[Array, Array, Array]
"""A value and the low and high ends of its interval."""

DRAWS = 1000
TAIL = 0.025
"""The part of cases in which the value is meant to lie beyond each end of its interval."""
_NORMAL = NormalDist()


@lru_cache(maxsize=8)
def _weights(sequences: int, seed: int) -> Array:
    """Return the number of times that each sequence is drawn in each resample, [draw, sequence]."""
    # RandomState, and not the newer Generator, because numpy promises that its stream never changes.
    return np.random.RandomState(seed).multinomial(sequences, np.full(sequences, 1 / sequences), DRAWS).astype(float)


class Resamples:
    """A thousand resamples of the sequences; they follow from the number of sequences and the seed alone."""

    def __init__(self, sequences: int, seed: int, device: str = "cpu") -> None:
        """Draw them; sums and percentiles are computed on the device, which must know float64."""
        self.weights = _weights(sequences, seed)
        self.device, self._drawing = device, torch.from_numpy(self.weights.T).to(device)  # [sequence, draw]

    def ratio(self, above: Array, below: Array) -> Estimate:
        """Return sum(above) / sum(below) over the first axis, and the low and high ends of its 95 % interval.

        Both have the sequence as first axis; a `below` that has no other is the same for all of `above`. Nowhere may
        the pooled `below` be zero; a resample in which it is counts for nothing.
        """
        shape = above.shape[1:]
        flat, flat_below = (np.array(sums.reshape(len(sums), -1).T, order="C") for sums in (above, below))
        totals, under = self.totals(torch.from_numpy(flat)), self.totals(torch.from_numpy(flat_below))
        value, low, high = (totals / under).estimate(expanded_tail(effective(below)))
        return value.reshape(shape), low.reshape(shape), high.reshape(shape)

    def totals(self, columns: Tensor) -> "Drawn":
        """Return the sums of columns, [column, sequence], over all sequences and over those of each resample."""
        columns = columns.to(self.device)
        return Drawn(columns.sum(1), columns @ self._drawing)


class Drawn(NamedTuple):
    """Columns of numbers: each for the whole, [column], and for every resample, [column, draw]."""

    whole: Tensor
    drawn: Tensor

    def __truediv__(self, below: "Drawn") -> "Drawn":
        """Return the ratios; where nothing is below, there is none."""
        return Drawn(self.whole / below.whole, self.drawn / below.drawn.where(below.drawn > 0, torch.nan))

    def __sub__(self, other: "Drawn") -> "Drawn":
        """Return the differences, each of the same resample."""
        return Drawn(self.whole - other.whole, self.drawn - other.drawn)

    def at_least(self, least: float) -> "Drawn":
        """Return the same without smaller numbers."""
        return Drawn(self.whole.clamp(min=least), self.drawn.clamp(min=least))

    def estimate(self, tail: float) -> Array:
        """Return each column's value and the low and high ends of its interval, with this tail at each end.

        Their order is the first axis, [3, column].
        """
        drawn = self.drawn
        if bool(drawn.sum().isnan()):
            drawn = drawn[:, ~drawn[0].isnan()]
        if bool(drawn.sum().isnan()):  # in each column other resamples are missing
            low, high = np.nanpercentile(self.drawn.cpu().numpy(), (100 * tail, 100 - 100 * tail), axis=1)
        else:
            low, high = _percentiles(drawn, tail)
        return np.stack((self.whole.cpu().numpy(), low, high))


def _percentiles(drawn: Tensor, tail: float) -> tuple[Array, Array]:
    """Return the percentiles at both ends of each row; on the CPU, only the numbers around them are put in order."""
    last = drawn.shape[1] - 1
    wanted = [tail * last, (1 - tail) * last]
    beside = [min(int(rank) + after, last) for rank in wanted for after in (0, 1)]
    if drawn.device.type == "cpu":
        around = np.partition(drawn.numpy(), beside, axis=1)[:, beside]
    else:
        around = drawn.sort(dim=1).values[:, beside].cpu().numpy()
    parts = [rank - int(rank) for rank in wanted]
    low, high = (around[:, 2 * end] * (1 - part) + around[:, 2 * end + 1] * part for end, part in enumerate(parts))
    return low, high


def effective(below: Array) -> float:
    """Return the effective number of sequences: as many of equal weight would tell as much."""
    weights = below.reshape(len(below), -1).sum(1)
    return float(weights.sum() ** 2 / (weights**2).sum())


def expanded_tail(sequences: float) -> float:
    """Return the tail of the resamples to cut off at each end, 0 to 0.025."""
    if sequences <= 1:
        return 0.0  # all resamples are alike
    return _NORMAL.cdf(-sqrt(sequences / (sequences - 1)) * _student(sequences - 1))


def _student(freedom: float) -> float:
    """Return Student's t for `TAIL`, by its expansion around the normal (Abramowitz and Stegun 1964, 26.7.5)."""
    z = -_NORMAL.inv_cdf(TAIL)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + sum(term / freedom**power for power, term in enumerate(terms, 1))
