"""All heads of a slice at once: the same numbers as one head after the other, computed as the definitions say."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from grader.kinds.masks import Question
from grader.measuring.statistics.baselines import best_blind_head
from grader.measuring.statistics.bootstrap import Array, Resamples, effective, expanded_tail
from grader.measuring.statistics.pooling import AT_ONCE, ELIGIBLE, HITS, ON_GPU, SHARE, Answers, grid, pooled
from grader.measuring.transformer.device import there
from grader.schema import Kind

LAYERS, HEADS, SEQUENCES, TOKENS = 3, 100, 12, 7
KIND = Kind(type="semantic")
DOUBLE = [name for name in there() if name != "mps"]
"""The devices that torch has here, and that know float64."""


def answers() -> Answers:
    """Return random answers to questions of which some are in a group of few sequences, and some eligible for all."""
    random = np.random.default_rng(0)
    questions = []
    for number in range(SEQUENCES):
        eligible = torch.ones(TOKENS, TOKENS, dtype=torch.bool).tril(-1)
        targets = eligible & torch.from_numpy(random.random((TOKENS, TOKENS)) < 0.4)
        groups = {"rare": targets.any(1) & (torch.arange(TOKENS) > 3)} if number < 3 else {}
        questions.append(Question(targets, eligible, groups))
    count = sum(int(question.asked.sum()) for question in questions)
    values = random.random((count, LAYERS, HEADS, ELIGIBLE + 1)).astype(np.float32)
    values[..., SHARE] *= values[..., ELIGIBLE]
    values[..., HITS] = values[..., HITS] < random.random((LAYERS, HEADS))
    alike = random.integers(count, size=(LAYERS, HEADS, 2))
    return Answers(questions, ["all", "other"] * (SEQUENCES // 2), values, random.random((count, 2)), alike)


def test_there_are_heads_for_more_than_one_turn() -> None:
    assert max(AT_ONCE, ON_GPU) < LAYERS * HEADS


@pytest.mark.parametrize("device", DOUBLE)
@pytest.mark.parametrize("threads", [0, 3])
def test_all_heads_at_once_have_the_numbers_that_each_has_alone(threads: int, device: str) -> None:
    given, seed = answers(), 5
    blind = best_blind_head(given.questions, offsets_known=False)[1]
    pool = ThreadPoolExecutor(threads) if threads else None

    found = pooled(KIND, [given], seed, device=device, pool=pool)

    assert [part.name for part in found.slices] == ["all", "rare", "other"]
    for part in found.slices:
        belongs = given.by_slice()[part.name]
        columns = {each.statistic: each for each in part.statistics}
        assert set(columns) == {"share", "hit_rate", "lead", "lift"}
        for layer, head in product(range(LAYERS), range(0, HEADS, 33)):
            for statistic, estimate in one_by_one(given, belongs, blind, seed, (layer, head)).items():
                column = columns[statistic]
                shown = [one[layer][head] for one in (column.value, column.low, column.high)]
                assert shown == [round(float(number), 4) for number in estimate], (part.name, statistic)


def one_by_one(
    given: Answers, belongs: NDArray[np.bool_], blind: Array, seed: int, place: tuple[int, int]
) -> dict[str, tuple[float, float, float]]:
    """Return the estimates of one head on one slice: each resample by itself, with numpy's own percentiles."""
    weights = Resamples(SEQUENCES, seed).weights
    sums, all_heads = np.zeros((SEQUENCES, ELIGIBLE + 1)), np.zeros(SEQUENCES)
    for number in np.flatnonzero(belongs):
        sums[given.sequence[number]] += given.values[number, *place]
        all_heads[given.sequence[number]] += given.values[number, ..., ELIGIBLE].sum(dtype=float)
    below, asked = (
        np.bincount(s, minlength=SEQUENCES).astype(float) for s in (given.sequence[belongs], given.sequence)
    )
    targets, eligible = given.keys[belongs].sum(0)

    def estimate(statistic: Callable[[Array], float], tail: float) -> tuple[float, float, float]:
        drawn = [value for draw in weights if np.isfinite(value := statistic(draw))]
        return (statistic(np.ones(SEQUENCES)), *np.percentile(drawn, (100 * tail, 100 - 100 * tail)))

    with np.errstate(invalid="ignore", divide="ignore"):
        tail, fair = expanded_tail(effective(below)), eligible / targets
        return {
            "share": estimate(lambda draw: draw @ sums[:, SHARE] / (draw @ below), tail),
            "hit_rate": estimate(lambda draw: draw @ sums[:, HITS] / (draw @ below), tail),
            "lead": estimate(lambda draw: draw @ sums[:, HITS] / (draw @ below) - draw @ blind / (draw @ asked), tail),
            "lift": estimate(
                lambda draw: fair * (draw @ sums[:, SHARE]) / (draw @ np.maximum(sums[:, ELIGIBLE], 1e-12)),
                expanded_tail(effective(all_heads)),
            ),
        }


def test_numbers_are_rounded_as_python_rounds_them() -> None:
    """Also those that lie between two steps of the last decimal, where a product may round the other way."""
    numbers = np.arange(-400, 400).reshape(20, 40) / 20000 + np.arange(40) % 2 * 0.3

    assert grid(numbers) == tuple(tuple(round(value, 4) + 0.0 for value in row) for row in numbers.tolist())
