"""Seeded 95 % bootstrap intervals over a probe's sequences (Efron 1979, with the percentile method; not checked)."""

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

Array = NDArray[np.float64]
Estimate = tuple[Array, Array, Array]
"""A value and the low and high ends of its interval."""

DRAWS = 1000
LOW, HIGH = 2.5, 97.5


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
        return self._estimate(value, drawn, above.shape[1:])

    def difference(self, one: tuple[Array, Array], other: tuple[Array, Array]) -> Estimate:
        """Return the first ratio minus the second one, and its interval; both are over the same resamples.

        Each is an `above` and a `below` as of `ratio`; the second one's `above` has the sequence as only axis.
        """
        (value, drawn), (less, drawn_less) = self._drawn(*one), self._drawn(*other)
        return self._estimate(value - less, drawn - drawn_less, one[0].shape[1:])

    def _drawn(self, above: Array, below: Array) -> tuple[Array, Array]:
        """Return the ratio of the whole, [column], and of every resample, [column, draw]: these lie side by side."""
        flat, under = (np.array(sums.reshape(len(sums), -1).T, order="C") for sums in (above, below))
        drawn_below = _product(under, self.weights.T)
        drawn = _product(flat, self.weights.T) / np.where(drawn_below > 0, drawn_below, np.nan)
        return flat.sum(1) / under.sum(1), drawn

    def _estimate(self, value: Array, drawn: Array, shape: tuple[int, ...]) -> Estimate:
        percentile = np.nanpercentile if np.isnan(drawn).any() else np.percentile
        low, high = percentile(drawn, (LOW, HIGH), axis=1)
        return value.reshape(shape), low.reshape(shape), high.reshape(shape)


def _product(one: Array, other: Array) -> Array:
    """Return the matrix product, computed by torch: numpy would use as many threads as it likes."""
    return torch.mm(torch.from_numpy(one), torch.from_numpy(other)).numpy()
