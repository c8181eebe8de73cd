"""The heads that were seen to matter, from planted effects."""

import pytest

from grader.report import needs
from grader.schema import HeadIndex, Importance
from tests.report.conftest import CONFIRMED
from tests.support import planted_effects as planted
from tests.support.planted_calibration import RULE

SEEN = needs.of_table(planted.TABLE, RULE)


@pytest.mark.parametrize(
    ("kind", "place", "importance"),
    [
        ("positional:-1", planted.LONE, "needed alone"),
        ("induction", planted.FOUR[0], "needed together"),
        ("induction", (4, 4), "no effect seen"),
    ],
)
def test_a_head_is_needed_alone_or_with_a_set(kind: str, place: HeadIndex, importance: Importance) -> None:
    assert SEEN[kind, place].importance == importance


def test_companions_are_the_others_of_the_set() -> None:
    assert SEEN["induction", (1, 1)].companions == ((0, 0), (2, 2), (3, 3))


def test_a_head_that_adds_nothing_to_a_set_is_not_needed_with_it() -> None:
    idle = planted.effect(planted.FOUR, planted.LOST, idle=[(3, 3)])

    assert needs.of_head(planted.single((3, 3)), [idle], 0.1).importance == "no effect seen"
    assert needs.of_head(planted.single((0, 0)), [idle], 0.1).importance == "needed together"
    assert needs.of_set(idle, 0.1) == needs.Need(planted.INDUCTION, "no effect seen", idle=((3, 3),))


def test_the_smallest_set_names_the_companions() -> None:
    pair = planted.effect(planted.FOUR[:2], planted.LOST)

    assert needs.of_head(planted.single((0, 0)), [planted.TOGETHER, pair], 0.1).companions == ((1, 1),)


def test_a_set_that_loses_no_more_than_its_controls_is_not_needed() -> None:
    small = planted.effect(planted.FOUR, {"resample": 0.1, "mean": 0.1})

    assert needs.of_set(small, 0.1) == needs.Need(planted.INDUCTION, "no effect seen")


def test_the_strongest_need_of_a_head_is_shown() -> None:
    both = {**SEEN, ("induction", planted.LONE): SEEN["induction", (0, 0)]}

    assert needs.by_head(both)[planted.LONE].importance == "needed alone"
    assert (4, 4) not in needs.by_head(both)


@pytest.mark.parametrize("result", ["refuted", "not_graded"])
def test_a_report_shows_only_what_it_confirms(result: str) -> None:
    confirmed = CONFIRMED.model_copy(update={"matters": planted.MATTERS})
    other = CONFIRMED.model_copy(update={"matters": planted.MATTERS.model_copy(update={"result": result})})

    assert needs.of_verdict(confirmed) == needs.Need(CONFIRMED.claim.kind, "needed together", ((1, 1), (2, 2), (3, 3)))
    assert needs.of_verdict(other) is None
    assert needs.of_verdict(CONFIRMED) is None
