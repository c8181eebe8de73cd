"""The operating curve: as often as measured heads with that true rate are confirmed, refuted or neither."""

from collections import Counter
from typing import get_args

import numpy as np
import pytest

from grader.grading.calibration.operating import operating_curve
from grader.grading.standings import KindStandings
from grader.measuring.statistics.bootstrap import Resamples
from grader.measuring.tables.score_table import Grid, KindScores, Slice, Statistics
from grader.schema import Borderline, Exercise
from tests.support.planted_tables import INDUCTION, SUBJECT, exercise, table

LAYERS = HEADS = 20
TRIALS = LAYERS * HEADS
SEQUENCES = 240
LISTS, IN_EACH = 60, 10


def grid(values: np.ndarray) -> Grid:
    return tuple(tuple(float(value) for value in row) for row in np.round(values.reshape(LAYERS, HEADS), 4))


def part(name: str, hits: np.ndarray, asked: np.ndarray, less: float) -> Slice:
    """Return a slice on which all heads have these hits in each sequence, [sequence, head]."""
    estimate = Resamples(len(asked), seed=1).ratio(hits, asked)
    columns = [
        Statistics(statistic=statistic, value=grid(value), low=grid(low), high=grid(high))
        for statistic, (value, low, high) in (
            ("share", estimate),
            ("hit_rate", estimate),
            ("lead", tuple(end - less for end in estimate)),
        )
    ]
    return Slice(name=name, queries=int(asked.sum()), statistics=tuple(columns))


def sentences(rate: float) -> tuple[Slice, ...]:
    """Return three disjoint slices of 80 sentences, one query each, of heads that all have this true rate."""
    random = np.random.RandomState(5)
    parts = []
    for number, name in enumerate(("first", "second", "third")):
        asked = np.array([float(place % 3 == number) for place in range(SEQUENCES)])
        hits = random.binomial(1, rate, size=(SEQUENCES, TRIALS)) * asked[:, None]
        parts.append(part(name, hits, asked, less=0.2))
    return tuple(parts)


def lists(rate: float) -> tuple[Slice, ...]:
    """Return one slice of lists whose queries resemble each other."""
    random = np.random.RandomState(5)
    own = random.beta(4 * rate, 4 * (1 - rate), size=(LISTS, TRIALS))
    return (part("repeats", random.binomial(IN_EACH, own).astype(float), np.full(LISTS, float(IN_EACH)), less=0.2),)


def scores(asked: Exercise, slices: tuple[Slice, ...]) -> KindScores:
    return table(asked, {}).kinds[0].model_copy(update={"slices": slices})


@pytest.mark.parametrize("rule", get_args(Borderline))
@pytest.mark.parametrize(("kind", "measured"), [(SUBJECT, sentences), (INDUCTION, lists)])
def test_heads_are_confirmed_as_often_as_the_curve_says(rule: Borderline, kind: dict, measured) -> None:  # noqa: ANN001
    """400 heads of each true rate, each measured once, with the bootstrap and the decision of the grader."""
    asked = exercise(kind, borderline=rule)
    for rate in (0.5, 0.55, 0.6, 0.65, 0.7, 0.75):
        of_kind = scores(asked, measured(rate))
        found = Counter(of.outcome for of in KindStandings(asked, asked.kinds[0], of_kind).values())
        curve = operating_curve(asked.kinds[0], of_kind, rule)
        (point,) = [point for point in curve.points if point.rate == rate]

        for chance, outcome in (
            (point.confirmed, "confirmed"),
            (point.refuted, "refuted"),
            (point.not_yet, "not_graded"),
        ):
            assert found[outcome] / TRIALS == pytest.approx(chance, abs=0.09), (rate, outcome)


def test_it_tells_how_much_the_queries_of_one_list_resemble_each_other() -> None:
    """With the spread of a beta of 4 and 10 queries a list, the variance is 1 + 9 / 5 that of independent ones."""
    asked = exercise(INDUCTION)
    (told,) = operating_curve(asked.kinds[0], scores(asked, lists(0.6)), "not_yet").slices
    alone = operating_curve(asked.kinds[0], scores(asked, sentences(0.6)), "not_yet").slices

    assert told.queries == LISTS * IN_EACH
    assert told.independent == pytest.approx(LISTS * IN_EACH / (1 + 9 / 5), rel=0.12)
    assert [each.independent for each in alone] == pytest.approx([80, 80, 80], rel=0.12)


def test_two_probes_hardly_ever_contradict_one_another_unless_the_rule_decides_what_is_too_close() -> None:
    asked = exercise(INDUCTION)
    contradictions = {
        rule: max(
            2 * point.confirmed * point.refuted for point in operating_curve(asked.kinds[0], of_kind, rule).points
        )
        for of_kind in [scores(asked, lists(0.6))]
        for rule in get_args(Borderline)
    }

    assert contradictions.pop("not_yet") < 0.01
    assert all(chance > 0.4 for chance in contradictions.values())


def test_the_rates_that_are_named_are_those_of_the_curve() -> None:
    asked = exercise(SUBJECT)
    curve = operating_curve(asked.kinds[0], scores(asked, sentences(0.6)), "not_yet")
    chances = {point.rate: point for point in curve.points}

    for chance, rate in zip((0.05, 0.5, 0.95), curve.confirmed_at, strict=True):
        assert rate is not None
        below, above = np.floor(rate * 100) / 100, np.ceil(rate * 100) / 100
        assert chances[round(below, 2)].confirmed <= chance <= chances[round(above, 2)].confirmed
    assert all(point.confirmed + point.not_yet + point.refuted == pytest.approx(1, abs=2e-4) for point in curve.points)
    assert (chances[0.0].refuted, chances[1.0].confirmed) == (1, 1)


def test_a_table_that_tells_nothing_of_the_spread_counts_its_queries_as_independent() -> None:
    asked = exercise(INDUCTION)
    (told,) = operating_curve(asked.kinds[0], table(asked, {"induction": {(0, 0): 1.0}}).kinds[0], "not_yet").slices

    assert told.independent == told.queries
