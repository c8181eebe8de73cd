"""Calibrations of planted tables: the best threshold, the gaps and the noise."""

import random
from collections.abc import Mapping
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.exercises.changes import changed
from grader.grading.calibration.calibrate import STEPS, calibrate
from grader.grading.calibration.records import Calibration, KindCalibration
from grader.grading.standings import Standings
from grader.measuring.tables.score_table import ScoreTable
from grader.schema import Borderline, Exercise
from tests.support.planted_calibration import RULE, calibration, known, planted
from tests.support.planted_tables import INDUCTION, PREVIOUS, SUBJECT, HeadIndex, exercise, table, with_reading

GRID = 1 / STEPS
ROUNDING = 1e-9
DUPLICATES = {"type": "duplicate_token", "heads": 1, "points": 10, "passing": 1}
ANTECEDENT = {**SUBJECT, "relation": "pronoun_antecedent"}
NAMES = ("induction", "positional:-1", "syntactic:verb_subject")


def induction(
    scores: Mapping[HeadIndex, float],
    labels: dict[HeadIndex, str] | None = None,
    half_width: float = 0.0,
    **more: object,
) -> KindCalibration:
    """Calibrate an exercise that asks only for induction, with these scores."""
    asked = exercise({**INDUCTION, **more})
    whole = table(asked, {"induction": scores}, half_width)
    return calibrate(asked, whole, known({"induction": labels or {}})).kinds[0]


def codes(calibration: Calibration, kind: str | None = None) -> list[str]:
    return [caution.code for caution in calibration.cautions if kind is None or kind in caution.kinds]


@pytest.mark.parametrize(("lowest_confirmed", "highest_refuted"), [(0.75, 0.41), (0.9, 0.1), (0.52, 0.49)])
def test_a_planted_best_threshold_is_recovered_to_one_step(lowest_confirmed: float, highest_refuted: float) -> None:
    scores = {(0, 0): 0.97, (1, 1): lowest_confirmed, (2, 2): highest_refuted, (3, 3): 0.05}
    labels = {(0, 0): "confirmed", (1, 1): "confirmed", (2, 2): "refuted", (3, 3): "refuted"}
    proposed = induction(scores, labels).labels

    assert proposed is not None
    assert proposed.best_margin is not None
    assert proposed.best_f1 is not None
    best = (lowest_confirmed + highest_refuted) / 2
    assert abs(proposed.best_margin.at_least - best) <= GRID
    assert abs(proposed.best_f1.at_least - best) <= GRID
    assert (proposed.best_f1.f1, proposed.best_f1.precision, proposed.best_f1.recall) == (1, 1, 1)
    assert proposed.best_margin.margin == pytest.approx((lowest_confirmed - highest_refuted) / 2, abs=GRID)


@given(
    scores=st.lists(st.integers(0, 100), min_size=2, max_size=25, unique=True).map(sorted),
    share=st.integers(1, 24),
)
def test_the_best_threshold_stands_between_the_labels_wherever_they_can_be_told_apart(
    scores: list[int], share: int
) -> None:
    cut = min(share, len(scores) - 1)
    placed = {(number // 5, number % 5): score / 100 for number, score in enumerate(scores)}
    labels = {place: "refuted" if number < cut else "confirmed" for number, place in enumerate(placed)}
    proposed = induction(placed, labels).labels

    assert proposed is not None
    for best in (proposed.best_margin, proposed.best_f1):
        assert best is not None
        assert scores[cut - 1] / 100 - ROUNDING <= best.at_least <= scores[cut] / 100 + ROUNDING
        assert abs(best.at_least - (scores[cut - 1] + scores[cut]) / 200) <= GRID
        assert best.f1 == 1


def test_labels_that_no_threshold_tells_apart_are_shown_as_such() -> None:
    scores = {(0, 0): 0.9, (1, 1): 0.55, (2, 2): 0.65, (3, 3): 0.2}
    labels = {(0, 0): "confirmed", (1, 1): "confirmed", (2, 2): "refuted", (3, 3): "refuted"}
    asked = exercise(INDUCTION, borderline="in_favour")
    calibration = calibrate(asked, table(asked, {"induction": scores}, 0.06), known({"induction": labels}))
    proposed = calibration.kinds[0].labels

    assert proposed is not None
    assert proposed.best_margin is not None
    assert proposed.best_f1 is not None
    assert proposed.best_margin.margin == -0.05
    assert proposed.best_f1.f1 == 0.8
    assert {"in_noise", "labels_disagree"} <= set(codes(calibration))


def test_a_label_does_not_disagree_with_a_head_that_is_too_close_to_call() -> None:
    asked = exercise(INDUCTION)
    whole = table(asked, {"induction": {(0, 0): 0.9, (1, 1): 0.65, (2, 2): 0.58}}, 0.06)
    labels = known({"induction": {(0, 0): "confirmed", (1, 1): "refuted", (2, 2): "confirmed"}})
    calibration = calibrate(asked, whole, labels)
    (kind,) = calibration.kinds

    assert (kind.confirmed, kind.too_close, [head.too_close for head in kind.heads[:4]]) == (
        *(1, 2),
        [False, True, True, False],
    )
    assert "labels_disagree" not in codes(calibration)
    assert "too_close_differs" in codes(calibration)


def test_precision_and_recall_are_counted_over_labelled_heads_alone() -> None:
    scores = {(0, 0): 0.9, (0, 1): 0.85, (1, 1): 0.7, (2, 2): 0.65, (3, 3): 0.4}
    labels = {(0, 0): "confirmed", (1, 1): "refuted", (2, 2): "confirmed", (3, 3): "confirmed"}
    steps = {step.at_least: step for step in induction(scores, labels).sweep}

    at = steps[0.6]
    assert (at.confirmed, at.right, at.wrong, at.missed) == (4, 2, 1, 1)
    assert (at.precision, at.recall, at.f1) == (0.6667, 0.6667, 0.6667)
    assert (steps[0.95].precision, steps[0.95].recall, steps[0.95].f1) == (None, 0, 0)
    assert (steps[0.0].confirmed, steps[0.0].precision, steps[0.0].recall) == (25, 0.75, 1)


def test_without_labels_of_both_sorts_no_threshold_is_proposed() -> None:
    only = induction({(0, 0): 0.9}, {(0, 0): "confirmed"})

    assert only.labels is not None
    assert (only.labels.best_margin, only.labels.best_f1) == (None, None)
    assert only.labels.present.recall == 1
    assert induction({(0, 0): 0.9}).labels is None


def test_a_labelled_head_that_all_else_rules_out_leaves_the_margin_to_the_others_if_there_are_any() -> None:
    asked = exercise(PREVIOUS)
    scores = {(0, 0): 0.9, (1, 1): 0.85, (2, 2): 0.2}
    whole = table(asked, {"positional:-1": scores})
    out = with_reading(whole, "positional:-1", (1, 1), ("hit_rate", "text"), (0.1, 0.1, 0.1))
    kept = with_reading(out, "positional:-1", (2, 2), ("hit_rate", "text"), (0.9, 0.9, 0.9))
    kept = with_reading(kept, "positional:-1", (2, 2), ("hit_rate", "random"), (0.9, 0.9, 0.9))
    labels = known({"positional:-1": {(0, 0): "confirmed", (1, 1): "refuted", (2, 2): "refuted"}})

    for scores_table, middle in ((kept, 0.55), (out, 0.87)):
        proposed = calibrate(asked, scores_table, labels).kinds[0].labels
        assert proposed is not None
        assert proposed.best_margin is not None
        assert proposed.best_margin.at_least == middle


def test_a_head_labelled_confirmed_that_no_threshold_reaches_is_named() -> None:
    asked = exercise(PREVIOUS)
    whole = table(asked, {"positional:-1": {(0, 0): 0.9, (1, 1): 0.8}})
    whole = with_reading(whole, "positional:-1", (1, 1), ("hit_rate", "text"), (0.1, 0.1, 0.1))
    proposed = calibrate(asked, whole, known({"positional:-1": {(1, 1): "confirmed"}})).kinds[0].labels

    assert proposed is not None
    assert proposed.out_of_reach == ("L1H1",)


@pytest.mark.parametrize("rule", get_args(Borderline))
def test_wherever_the_threshold_is_moved_the_page_says_what_grading_would(rule: Borderline) -> None:
    asked = exercise(borderline=rule)
    whole = _scattered(asked)
    kinds = {kind.name: kind for kind in calibrate(asked, whole).kinds}

    for name in NAMES:
        kind = kinds[name]
        for at_least in (0.0, 0.25, 0.4, 0.5, 0.6, 0.75, 1.0):
            setting = f"{name}.{kind.statistic}.at_least={at_least}"
            standings = Standings(changed(asked, [setting]), whole).by_kind[name]
            step = next(step for step in kind.sweep if step.at_least == at_least)
            for head in kind.heads:
                standing = standings[head.layer, head.head]
                assert head.confirmed_at(at_least, rule) == standing.confirmed, (setting, head)
                assert (head.state_at(at_least) == "borderline") == standing.borderline, (setting, head)
            assert step.confirmed == sum(standing.confirmed for standing in standings.values())


def test_the_heads_are_those_of_the_standings_in_order_of_rank() -> None:
    whole = _scattered(RULE)
    standings = Standings(RULE, whole)

    for kind in calibrate(RULE, whole).kinds:
        assert [head.rank for head in kind.heads] == list(range(1, 26))
        for head in kind.heads:
            standing = standings.by_kind[kind.name][head.layer, head.head]
            assert standings.ranks[kind.name][head.layer, head.head] == head.rank
            assert (head.score, head.confirmed) == (standing.measured.score, standing.confirmed)
        assert kind.confirmed == standings.passing(kind.name)


def test_gaps_are_told_with_the_stretch_that_no_interval_reaches() -> None:
    kind = induction({(0, 0): 0.9, (1, 1): 0.8, (2, 2): 0.3}, half_width=0.05)
    widest, second, third = kind.gaps

    assert (widest.below, widest.above, widest.width, widest.middle) == ("L2H2", "L1H1", 0.5, 0.55)
    assert widest.clear == (0.35, 0.75)
    assert (second.width, second.clear) == (0.3, (0.05, 0.25))
    assert (third.width, third.clear) == (0.1, None)
    assert kind.stands_in == widest


def test_a_threshold_beyond_all_heads_stands_in_no_gap() -> None:
    assert induction({(0, 0): 0.5}).stands_in is None


def test_the_noise_is_what_the_intervals_around_the_threshold_cover() -> None:
    kind = induction({(0, 0): 0.62, (1, 1): 0.56, (2, 2): 0.4}, half_width=0.05)

    assert (kind.in_noise, kind.noise) == (2, (0.51, 0.67))
    assert [head.state for head in kind.heads[:3]] == ["borderline", "borderline", "below"]
    assert induction({(0, 0): 0.9}).noise is None


def test_a_lead_is_told_as_the_hit_rate_that_it_comes_to() -> None:
    (kind,) = calibrate(exercise(SUBJECT), table(exercise(SUBJECT), {})).kinds

    assert [(ask.statistic, ask.on_axis) for ask in kind.also_asked] == [("lead", 0.3)]


def test_a_head_of_two_kinds_is_told_with_the_kind_it_clears_by_most_first() -> None:
    (shared,) = calibration().shared

    assert shared.place == "L4H0"
    assert [claim.name for claim in shared.kinds] == ["positional:-1", "syntactic:verb_subject"]
    assert shared.kinds[0].factor == pytest.approx(0.99 / 0.7, abs=1e-4)


def test_labels_of_kinds_that_are_not_asked_for_are_told() -> None:
    calibration = calibrate(RULE, planted(), known({"semantic": {(1, 2): "confirmed"}}))

    assert calibration.unused_labels == ("L1H2 semantic",)


def _scattered(asked: Exercise) -> ScoreTable:
    """Return a table in which every head has its own value and interval on every slice."""
    rng = random.Random(11)  # noqa: S311 - no secret
    whole = table(asked, {})
    for scores in whole.kinds:
        slices = [(part.name, statistic) for part in scores.slices for statistic in ("share", "hit_rate")]
        for place in [(layer, head) for layer in range(whole.layers) for head in range(whole.heads)]:
            middle = rng.random()
            for on, statistic in slices:
                value = min(max(middle + rng.uniform(-0.1, 0.1), 0.02), 0.98)
                ends = (
                    round(value - rng.uniform(0.001, 0.15), 4),
                    round(value, 4),
                    round(value + rng.uniform(0.001, 0.15), 4),
                )
                whole = with_reading(whole, scores.kind.name, place, (statistic, on), ends)
                if statistic == "hit_rate":
                    lead = tuple(round(each - 0.2, 4) for each in ends)
                    whole = with_reading(whole, scores.kind.name, place, ("lead", on), lead)
    return whole
