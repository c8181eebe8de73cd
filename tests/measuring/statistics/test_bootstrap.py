"""Intervals are seeded, hold the value, and narrow with more sequences."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from grader.measuring.statistics.bootstrap import Resamples, effective, expanded_tail


def test_a_constant_has_no_width() -> None:
    value, low, high = Resamples(20, seed=1).ratio(np.full((20, 1), 3.0), np.full((20, 1), 4.0))

    assert (value[0], low[0], high[0]) == (0.75, 0.75, 0.75)


def test_the_same_seed_draws_the_same() -> None:
    assert (Resamples(30, seed=7).weights == Resamples(30, seed=7).weights).all()
    assert (Resamples(30, seed=7).weights != Resamples(30, seed=8).weights).any()


def test_the_draws_are_known_on_every_machine() -> None:
    """Frozen by numpy's promise for RandomState; were it broken, every interval would move."""
    assert Resamples(5, seed=0).weights[:4].tolist() == [
        [1, 1, 1, 1, 1],
        [1, 1, 1, 2, 0],
        [3, 0, 1, 1, 0],
        [1, 2, 0, 0, 2],
    ]


def test_queries_are_pooled_not_averaged_over_sequences() -> None:
    """Ten hits of ten and none of one are ten of eleven."""
    value, low, high = Resamples(2, seed=0).ratio(np.array([10.0, 0.0]), np.array([10.0, 1.0]))

    assert value == 10 / 11
    assert low <= value <= high


def test_few_sequences_make_wider_intervals_and_many_the_plain_percentiles() -> None:
    """Student's t for 95 % with 15 degrees of freedom is 2.131; the normal has 1.960."""
    few = expanded_tail(16)

    assert NormalDist().inv_cdf(few) == pytest.approx(-2.131 * math.sqrt(16 / 15), abs=1e-3)
    assert few < expanded_tail(60) < expanded_tail(240) < 0.025
    assert expanded_tail(1e9) == pytest.approx(0.025)
    assert expanded_tail(1) == 0


def test_sequences_without_a_query_of_the_slice_do_not_count_and_long_ones_count_more() -> None:
    assert effective(np.array([5.0, 5.0, 0.0, 5.0])) == 3
    assert effective(np.array([30.0, 1.0, 1.0])) == pytest.approx(1024 / 902)


SHAPES = {
    "positional": [15, 21, 22, 25, 28, 29, 31, 33, 34, 36, 38, 41, 43, 47, 54, 63],
    "duplicates in text": [2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 18, 29, 0],
    "repeats": [*range(8, 44)],
    "lists": [*range(10, 20)] * 6,
    "sentences": [1] * 240,
    "a third of the sentences": [1, 0, 0] * 80,
}
"""The queries of each sequence, as many sequences and about as many queries as the shipped exercises have."""
TRIALS, SEEDS = 500, 6
LIKENESS = (0.02, 0.1, 0.3)
"""The correlation between the queries of one sequence."""


def coverage(queries: list[int], rate: float, likeness: float) -> float:
    """Return the part of intervals that hold the true rate; each sequence's own rate is beta-distributed around it."""
    random, asked = np.random.RandomState(3), np.array(queries)
    spread = (1 - likeness) / likeness
    covered = []
    for seed in range(SEEDS):
        own = random.beta(rate * spread, (1 - rate) * spread, size=(len(asked), TRIALS))
        hits = random.binomial(asked[:, None], own).astype(float)
        _, low, high = Resamples(len(asked), seed).ratio(hits, asked.astype(float))
        covered.append(((low <= rate) & (rate <= high)).mean())
    return float(np.mean(covered))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_intervals_hold_the_truth_in_94_to_96_of_100_cases(shape: str) -> None:
    """At the rates around which thresholds lie; 9,000 intervals at each rate, so chance moves a mean by 0.25 points."""
    for rate in (0.4, 0.6):
        held = [coverage(SHAPES[shape], rate, likeness) for likeness in LIKENESS]

        assert 0.94 <= np.mean(held) <= 0.96, (rate, held)
        assert min(held) >= 0.93, (rate, held)
