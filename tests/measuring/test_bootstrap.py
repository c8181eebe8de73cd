"""Intervals are seeded, hold the value, and narrow with more sequences."""

import numpy as np

from grader.measuring.bootstrap import Resamples


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


def test_it_covers_the_truth_about_as_often_as_it_says() -> None:
    random = np.random.RandomState(3)
    covered = 0
    for trial in range(200):
        hits = random.binomial(5, 0.4, size=60).astype(float)
        _, low, high = Resamples(60, seed=trial).ratio(hits, np.full(60, 5.0))
        covered += bool(low <= 0.4 <= high)

    assert 180 <= covered <= 200
