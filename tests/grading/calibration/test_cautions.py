"""Every caution, with a table that raises it and one that does not."""

import pytest

from grader.grading.calibration.calibrate import calibrate
from grader.grading.calibration.records import Calibration
from tests.support.planted_calibration import RULE, known
from tests.support.planted_tables import HeadIndex, exercise, table, with_reading

DUPLICATES = {"type": "duplicate_token", "heads": 1, "points": 10, "passing": 1}
BEST = {"positional:-1": {(0, 0): 0.95, (0, 1): 0.9, (0, 2): 0.85}, "induction": {(1, 0): 0.95, (1, 1): 0.9}}
QUIET = {**BEST, "syntactic:verb_subject": {(2, 0): 0.9}}
"""Scores that raise no caution."""


def codes(calibration: Calibration, kind: str | None = None) -> list[str]:
    return [caution.code for caution in calibration.cautions if kind is None or kind in caution.kinds]


def test_a_table_with_nothing_wrong_raises_nothing() -> None:
    assert codes(calibrate(RULE, table(RULE, QUIET, 0.01))) == []


@pytest.mark.parametrize(
    ("code", "scores", "message"),
    [
        (
            "no_head_passes",
            {"induction": {(1, 0): 0.55}},
            "no head passes; the closest is L1H0, with share 0.55 on repeats (needed 0.6)",
        ),
        (
            "fewer_than_wanted",
            {"induction": {(1, 0): 0.95}},
            "1 head passes, but 2 are wanted: 5 of the 10 points cannot be earned",
        ),
        (
            "passing_differs",
            {"induction": {(1, 0): 0.95}},
            "the exercise states `passing: 2`, but 1 head passes; the guess rule uses the stated number",
        ),
        (
            "too_close_differs",
            {"induction": {(1, 0): 0.95, (1, 1): 0.605}},
            "the exercise states `too_close: 0`, but measured: 1; the guess rule uses the stated number",
        ),
        (
            "more_than_budget",
            {"induction": {(layer, head): 0.9 for layer in (1, 2) for head in range(5)}},
            "10 heads pass, but a submission can make 6 claims at most: no student can name them all",
        ),
        (
            "in_noise",
            {"induction": {(1, 0): 0.95, (1, 1): 0.605}},
            "share 0.6 is inside the interval of L1H1; "
            "the nearest outside all intervals: 0.59 (2 heads pass) and 0.62 (1 head passes)",
        ),
        (
            "lookalike",
            {"syntactic:verb_subject": {(0, 0): 0.65}},
            "L0H0 leads with 0.65, which is 1.08 times what is needed, but it has 1.36 times what positional, "
            "offset -1 needs; of the 1 head confirmed here, 1 is also of that kind",
        ),
        (
            "same_winner",
            {"induction": {(0, 0): 0.95, (1, 0): 0.9}},
            "L0H0 leads 2 kinds (positional, offset -1; induction), so one discovery answers all of them",
        ),
    ],
)
def test_a_caution_is_raised_where_it_should_be(
    code: str, scores: dict[str, dict[HeadIndex, float]], message: str
) -> None:
    raised = calibrate(RULE, table(RULE, {**QUIET, **scores}, 0.01)).cautions

    assert [caution.message for caution in raised if caution.code == code] == [message]


def test_noise_around_another_threshold_is_a_caution_too() -> None:
    whole, asked = table(RULE, QUIET, 0.01), RULE.model_copy(update={"borderline": "in_favour"})
    noisy = with_reading(whole, "positional:-1", (0, 2), ("hit_rate", "text"), (0.65, 0.72, 0.8))
    (caution,) = calibrate(asked, noisy).cautions

    assert (caution.code, caution.heads) == ("in_noise", ("L0H2",))
    assert caution.message == "hit rate 0.7 is inside the interval of L0H2"


def test_a_head_that_something_else_rules_out_is_no_noise() -> None:
    whole = table(RULE, {**QUIET, "positional:-1": {**BEST["positional:-1"], (3, 3): 0.4}}, 0.01)

    assert codes(calibrate(RULE, whole)) == []


def test_a_look_alike_must_stand_out_beyond_the_noise() -> None:
    scores = {**QUIET, "syntactic:verb_subject": {(0, 0): 0.8}}
    wide = table(RULE, {**QUIET, "syntactic:verb_subject": {(0, 0): 0.8}}, 0.05)
    sharp = table(RULE, scores, 0.01)

    assert "lookalike" in codes(calibrate(RULE, sharp))
    assert "lookalike" not in codes(calibrate(RULE, wide))


def test_the_best_head_of_a_kind_that_nobody_passes_may_be_a_look_alike() -> None:
    scores = {**QUIET, "syntactic:verb_subject": {(0, 0): 0.4}}
    calibration = calibrate(RULE, table(RULE, scores, 0.01))

    assert codes(calibration, "syntactic:verb_subject") == ["no_head_passes", "passing_differs", "lookalike"]


def test_a_leader_that_fails_on_a_slice_that_does_not_decide_is_one_sided() -> None:
    asked = exercise(DUPLICATES)
    both = table(asked, {"duplicate_token": {(0, 0): 0.7}})
    one_side = with_reading(both, "duplicate_token", (0, 0), ("share", "text"), (0.2, 0.25, 0.3))
    noisy = with_reading(both, "duplicate_token", (0, 0), ("share", "text"), (0.3, 0.38, 0.45))

    assert codes(calibrate(asked, both), "duplicate_token") == []
    assert codes(calibrate(asked, noisy), "duplicate_token") == []
    (caution,) = [caution for caution in calibrate(asked, one_side).cautions if caution.kinds]
    assert caution.code == "one_sided"
    assert "its share is 0.25 on text" in caution.message


def test_labels_that_disagree_with_what_is_measured_are_named() -> None:
    labels = {"induction": {(1, 0): "confirmed", (1, 1): "refuted", (4, 4): "confirmed", (3, 3): "refuted"}}
    (caution,) = calibrate(RULE, table(RULE, QUIET, 0.01), known(labels)).cautions

    assert (caution.code, caution.heads) == ("labels_disagree", ("L1H1", "L4H4"))


def test_that_guessing_pays_with_as_many_heads_as_are_measured_is_a_caution() -> None:
    asked = exercise(wrong_costs=1.0)
    many = {(layer, head): 0.9 for layer in range(1, 4) for head in range(5)}
    calibration = calibrate(asked, table(asked, {**QUIET, "induction": many}, 0.01))
    (caution,) = [caution for caution in calibration.cautions if caution.code == "guessing_pays"]

    assert caution.kinds == ()
    assert "guessing pays" in caution.message


def test_that_random_weights_pass_is_a_caution() -> None:
    trained = table(RULE, QUIET, 0.01)
    below, above = (table(RULE, {"induction": {(3, 1): score}}, 0.01) for score in (0.3, 0.7))
    calibration = calibrate(RULE, trained, untrained=above)

    assert codes(calibrate(RULE, trained, untrained=below)) == []
    (caution,) = calibration.cautions
    assert (caution.code, caution.kinds) == ("untrained_passes", ("induction",))
    assert caution.message == "with random weights, 1 head passes; the best is L3H1 with 0.70"
