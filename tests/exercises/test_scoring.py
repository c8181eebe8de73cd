"""The value of claims, compared with brute force."""

from itertools import product
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.exercises.scoring import luck, of_right, points, points_each, tail
from grader.grading.grade import grade
from tests.support.planted_tables import INDUCTION, PREVIOUS, exercise, submission, table

PREV, INDUCE, VERB = "positional", "induction", "syntactic"
ASKED = exercise()
PLANTED = table(
    ASKED,
    {
        "positional:-1": {(0, 0): 0.9, (0, 1): 0.9, (0, 2): 0.9},
        "induction": {(1, 0): 0.9, (1, 1): 0.9},
        "syntactic:verb_subject": {(2, 0): 0.9},
    },
)
CHANCES = st.lists(st.floats(0, 1), max_size=8)


@given(CHANCES, st.integers(0, 8))
def test_luck_is_what_counting_every_case_says(chances: list[float], confirmed: int) -> None:
    counted = sum(
        prod(chance if right else 1 - chance for chance, right in zip(chances, rights, strict=True))
        for rights in product((True, False), repeat=len(chances))
        if sum(rights) >= confirmed
    )

    assert luck(chances, confirmed) == pytest.approx(counted, abs=6e-5)


@given(CHANCES)
def test_nothing_right_is_no_feat_and_more_is_never_likelier(chances: list[float]) -> None:
    tails = [luck(chances, right) for right in range(len(chances) + 2)]

    assert tails[0] == 1
    assert tails[-1] == 0
    assert tails == sorted(tails, reverse=True)


@given(CHANCES, st.integers(0, 8))
def test_all_numbers_of_right_claims_at_once_say_the_same(chances: list[float], confirmed: int) -> None:
    by_number = of_right(chances)

    assert len(by_number) == len(chances) + 1
    assert tail(by_number, confirmed) == luck(chances, confirmed)


def test_luck_of_a_certain_kind_is_certain() -> None:
    assert luck([1.0, 1.0], 2) == 1
    assert luck([0.25, 0.25], 2) == 0.0625


def test_luck_is_told_as_it_decides() -> None:
    """Four decimals, so that no report shows 5 % luck and fails because it was 5.0004 %."""
    assert luck([0.0500004], 1) == 0.05


def test_points_are_shared_by_the_heads_wanted() -> None:
    asked = exercise(PREVIOUS, INDUCTION)

    assert [points_each(kind) for kind in asked.kinds] == [10, 5]


@pytest.mark.parametrize(
    ("earned", "wrong", "expected"), [(0, 0, 0), (40, 0, 40), (20, 0, 20), (20, 2, 8), (20, 4, 0), (0, 9, 0)]
)
def test_wrong_claims_cost_but_never_below_nothing(earned: float, wrong: int, expected: float) -> None:
    assert points(exercise(), earned, wrong) == pytest.approx(expected)


def test_each_kind_earns_for_as_many_heads_as_are_wanted() -> None:
    report = grade(submission((0, 0, PREV), (0, 1, PREV), (0, 2, PREV), (1, 0, INDUCE)), ASKED, PLANTED)

    assert [verdict.points for verdict in report.verdicts] == [10, 10, 0, 5]
    assert (report.points, report.possible, report.score, report.xp) == (25, 40, 0.625, 25)


def test_wrong_claims_cost_points_but_no_xp() -> None:
    report = grade(submission((0, 0, PREV), (0, 1, PREV), (1, 0, INDUCE), (4, 4, INDUCE), (4, 4, PREV)), ASKED, PLANTED)

    assert (report.points, report.score, report.xp) == (13, 0.325, 25)


@pytest.mark.parametrize(
    ("claims", "rule", "passed"),
    [
        ([(0, 0, PREV), (1, 0, INDUCE), (2, 0, VERB)], {"pass_at": 0.625}, True),
        ([(0, 0, PREV), (1, 0, INDUCE), (2, 0, VERB)], {"pass_at": 0.63}, False),
        ([(0, 0, PREV), (0, 1, PREV), (1, 0, INDUCE), (1, 1, INDUCE)], {"pass_at": 0.6}, False),
        ([(0, 0, PREV), (0, 1, PREV), (1, 0, INDUCE), (1, 1, INDUCE)], {"pass_at": 0.6, "kinds_needed": 2}, True),
        ([(4, 0, PREV), (1, 0, INDUCE), (2, 0, VERB)], {"pass_at": 0.2, "kinds_needed": 3}, False),
    ],
)
def test_a_pass_takes_points_and_kinds(
    claims: list[tuple[int, int, str]], rule: dict[str, float], passed: bool
) -> None:
    assert grade(submission(*claims), exercise(**rule), PLANTED).passed is passed


def test_all_points_are_all_points_however_they_add_up() -> None:
    """In floating point, ten times 0.1 is 0.9999999999999999; it must pass at 1."""
    asked = exercise({**PREVIOUS, "heads": 10, "points": 1}, budget=10, kinds_needed=1, pass_at=1.0)
    heads = [(layer, head) for layer in range(2) for head in range(5)]
    report = grade(
        submission(*((*place, PREV) for place in heads)),
        asked,
        table(asked, {"positional:-1": dict.fromkeys(heads, 0.9)}),
    )

    assert (report.score, report.passed) == (1, True)


def test_what_luck_would_do_as_well_earns_no_xp_and_no_pass() -> None:
    """13 of 25 heads attend to the previous token, so two right claims of two are easy."""
    many = [(layer, head) for layer in range(5) for head in range(5)][:13]
    easy = exercise(PREVIOUS, kinds_needed=1, pass_at=0.5)
    report = grade(
        submission((0, 0, PREV), (0, 1, PREV)), easy, table(easy, {"positional:-1": dict.fromkeys(many, 0.9)})
    )

    assert [verdict.outcome for verdict in report.verdicts] == ["confirmed", "confirmed"]
    assert (report.luck, report.score, report.xp, report.passed) == (round((13 / 25) ** 2, 4), 1, 0, False)


def test_luck_counts_the_wrong_claims_too() -> None:
    """The luck of one right claim of one is 2 in 25; of one right claim of two, it is more."""
    one = grade(submission((1, 0, INDUCE)), ASKED, PLANTED)
    two = grade(submission((1, 0, INDUCE), (4, 4, INDUCE)), ASKED, PLANTED)

    assert (one.luck, two.luck) == (0.08, round(1 - (23 / 25) ** 2, 4))


def test_nothing_measurable_is_ungradable_and_neither_zero_nor_full() -> None:
    report = grade(submission((0, 0, "semantic"), (9, 9, PREV)), exercise(pass_at=0.0), PLANTED)

    assert (report.gradable, report.passed, report.xp, report.luck, report.kinds_confirmed) == (False, False, 0, 1, 0)
    assert grade(submission((4, 4, PREV)), ASKED, PLANTED).gradable


def test_several_heads_of_one_kind_are_one_kind() -> None:
    assert grade(submission((0, 0, PREV), (0, 1, PREV), (2, 0, VERB)), ASKED, PLANTED).kinds_confirmed == 2
