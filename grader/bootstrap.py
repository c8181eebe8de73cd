"""Seeded 95 % bootstrap intervals over a probe's sequences (Efron 1979, the percentile method)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

DRAWS = 1000
LOW, HIGH = 2.5, 97.5


class Resamples:
    """How often each sequence is drawn in each of a thousand resamples; pure in (count, seed)."""

    def __init__(self, sequences: int, seed: int) -> None:
        # RandomState, and not the newer Generator, because numpy promises that its stream never changes.
        self.weights = np.random.RandomState(seed).multinomial(sequences, np.full(sequences, 1 / sequences), DRAWS)

    def ratio(self, above: Array, below: Array) -> tuple[Array, Array, Array]:
        """Pooled value of sum(above) / sum(below) over the first axis, and the low and high end of its interval.

        Both have the sequence as first axis; nowhere may the pooled `below` be zero.
        """
        drawn_above = self.weights @ above.reshape(len(above), -1)
        drawn_below = self.weights @ below.reshape(len(below), -1)
        drawn = drawn_above / np.where(drawn_below > 0, drawn_below, np.nan)
        low, high = np.nanpercentile(drawn, (LOW, HIGH), axis=0)
        value = above.sum(0) / below.sum(0)
        return value, low.reshape(value.shape), high.reshape(value.shape)
