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

import numpy as np
import torch
from numpy.typing import NDArray

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

    def __init__(self, sequences: int, seed: int) -> None:
        self.weights = _weights(sequences, seed)

    def ratio(self, above: Array, below: Array) -> Estimate:
        """Return sum(above) / sum(below) over the first axis, and the low and high ends of its 95 % interval.

        Both have the sequence as first axis; a `below` that has no other is the same for all of `above`. Nowhere may
        the pooled `below` be zero; a resample in which it is counts for nothing.
        """
        value, drawn = self._drawn(above, below)
        return self._estimate(value, drawn, above.shape[1:], below)

    def difference(self, one: tuple[Array, Array], other: tuple[Array, Array]) -> Estimate:
        """Return the first ratio minus the second one, and its interval; both are over the same resamples.

        Each is an `above` and a `below` as of `ratio`; the second one's `above` has the sequence as only axis.
        """
        (value, drawn), (less, drawn_less) = self._drawn(*one), self._drawn(*other)
        return self._estimate(value - less, drawn - drawn_less, one[0].shape[1:], one[1])

    def _drawn(self, above: Array, below: Array) -> tuple[Array, Array]:
        """Return the ratio of the whole, [column], and of every resample, [column, draw]: these lie side by side."""
        flat, under = (np.array(sums.reshape(len(sums), -1).T, order="C") for sums in (above, below))
        drawn_below = _product(under, self.weights.T)
        drawn = _product(flat, self.weights.T) / np.where(drawn_below > 0, drawn_below, np.nan)
        return flat.sum(1) / under.sum(1), drawn

    def _estimate(self, value: Array, drawn: Array, shape: tuple[int, ...], below: Array) -> Estimate:
        percentile = np.nanpercentile if np.isnan(drawn).any() else np.percentile
        tail = 100 * expanded_tail(effective(below))
        low, high = percentile(drawn, (tail, 100 - tail), axis=1)
        return value.reshape(shape), low.reshape(shape), high.reshape(shape)


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


def _product(one: Array, other: Array) -> Array:
    """Return the matrix product, computed by torch: numpy would use as many threads as it likes."""
    return torch.mm(torch.from_numpy(one), torch.from_numpy(other)).numpy()
