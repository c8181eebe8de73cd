"""Changes that an instructor tries out on the command line, and their descriptions."""

import pytest

from grader.base.errors import InvalidInput
from grader.exercises.changes import changed, differences
from grader.exercises.thresholds import thresholds_of
from tests.support.planted_tables import exercise

RULE = exercise()


@pytest.mark.parametrize(
    ("setting", "difference"),
    [
        ("induction.at_least=0.5", "induction share 0.6 -> 0.5"),
        ("positional:-1.hit_rate.at_least=0.9", "positional:-1 hit_rate 0.7 -> 0.9"),
        ("syntactic:verb_subject.lead.at_least=0.2", "syntactic:verb_subject lead 0.1 -> 0.2"),
        ("syntactic.at_least=0.7", "syntactic:verb_subject hit_rate 0.6 -> 0.7"),
        ("induction.points=15", "induction points 10 -> 15"),
        ("wrong_costs=8", "wrong_costs 6 -> 8"),
        ("borderline=against", "borderline not_yet -> against"),
        ("induction.too_close=3", "induction too_close 0 -> 3"),
    ],
)
def test_a_setting_changes_that_and_nothing_else(setting: str, difference: str) -> None:
    after = changed(RULE, [setting])

    assert differences(RULE, after) == [difference]
    assert after.version == RULE.version + 1


def test_a_threshold_may_be_changed_twice_and_others_stay() -> None:
    after = changed(changed(RULE, ["positional.at_least=0.5"]), ["positional.at_least=0.6"])

    assert [(t.statistic, t.at_least) for t in thresholds_of(after.kinds[0])] == [("share", 0.6), ("hit_rate", 0.7)]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("inductoin.at_least=0.5", "did you mean `induction`"),
        ("induction.lift.at_least=2", "`lift.at_least` cannot be changed; allowed: "),
        ("induction.seed=2", "`seed` cannot be changed"),
        ("probes=2", "`probes` cannot be changed; allowed: "),
        ("induction.at_least=high", "`at_least` must be a number, not `high`"),
        ("induction.at_least", "a value is missing; write it like induction.at_least=0.5"),
        ("pass_at=NaN", "`pass_at` cannot be `nan`"),
    ],
)
def test_a_setting_that_makes_no_sense_is_told(setting: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        changed(RULE, [setting])
