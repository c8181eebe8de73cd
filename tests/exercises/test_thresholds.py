"""Default thresholds, and an exercise's own in their place."""

from typing import Any

import pytest
from pydantic import ValidationError

from grader.exercises.thresholds import defaults, thresholds_of
from grader.kinds import TYPES
from grader.schema import AskedKind, Threshold


def asked(kind: str, *thresholds: dict[str, Any]) -> AskedKind:
    return AskedKind.model_validate({"type": kind, "heads": 1, "points": 1, "passing": 1, "thresholds": thresholds})


@pytest.mark.parametrize("kind", TYPES)
def test_every_kind_is_decided_by_a_threshold_on_its_own_statistic(kind: str) -> None:
    statistics = [threshold.statistic for threshold in defaults(kind)]

    assert TYPES[kind].decides in statistics
    assert len(set(statistics)) == len(statistics)


def test_without_its_own_an_exercise_has_the_defaults() -> None:
    assert thresholds_of(asked("positional")) == defaults("positional")


def test_its_own_threshold_takes_the_place_of_the_same_statistic() -> None:
    thresholds = thresholds_of(asked("positional", {"statistic": "share", "at_least": 0.9, "source": "here"}))

    assert [(each.statistic, each.at_least, each.source == "here") for each in thresholds] == [
        ("share", 0.9, True),
        ("hit_rate", defaults("positional")[1].at_least, False),
    ]


def test_its_own_threshold_may_ask_for_one_statistic_more() -> None:
    thresholds = thresholds_of(asked("induction", {"statistic": "lift", "at_least": 3.0, "source": "here"}))

    assert thresholds[:-1] == defaults("induction")
    assert (thresholds[-1].statistic, thresholds[-1].at_least) == ("lift", 3)


def test_the_default_of_duplicate_token_is_decided_on_repeats_alone() -> None:
    """GPT-2's L0H1 has 0.13 there, and 0.42 to 0.64 on text: the threshold must say which of them decides."""
    assert [threshold.slices for threshold in defaults("duplicate_token")] == [("repeats",)]


@pytest.mark.parametrize("statistic", ["share", "hit_rate", "lead"])
def test_a_part_that_is_more_than_all_cannot_be_asked_for(statistic: str) -> None:
    with pytest.raises(ValidationError, match="must be at most 1, not 7"):
        Threshold.model_validate({"statistic": statistic, "at_least": 7.0, "source": "a slip"})


def test_a_lift_may_be_more_than_one() -> None:
    assert Threshold(statistic="lift", at_least=7.0, source="measured").at_least == 7
