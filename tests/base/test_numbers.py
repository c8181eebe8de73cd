import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.base.language import speaking
from grader.base.numbers import measured_and_needed, number, percent

fractions = st.floats(0, 1).map(lambda number: round(number, 4))


def test_numbers_that_differ_are_written_so_that_they_differ() -> None:
    assert measured_and_needed(0.98, 0.4) == ("0.98", "0.40")
    assert measured_and_needed(0.599, 0.6) == ("0.599", "0.600")
    assert measured_and_needed(0.5996, 0.6) == ("0.5996", "0.6000")
    assert measured_and_needed(0.6, 0.6) == ("0.60", "0.60")
    assert number(0.0004, 0, 3) == "0.0004"


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [
        (0, "0 %"),
        (1, "100 %"),
        (0.67, "67 %"),
        (0.6667, "66.7 %"),
        (0.6698, "66.98 %"),
        (0.008, "0.8 %"),
        (0.43333, "43.3 %"),
        (0.00001, "less than 0.1 %"),
        (0.9999, "more than 99.9 %"),
        (1.234, "123.4 %"),
    ],
)
def test_a_percentage_is_never_rounded_to_a_whole_one(fraction: float, shown: str) -> None:
    assert percent(fraction) == shown


@pytest.mark.parametrize(
    ("score", "needed", "shown"),
    [
        (0.6667, 0.67, ("66.7 %", "67 %")),
        (0.6667, 0.667, ("66.67 %", "66.70 %")),
        (0.9991, 0.9995, ("99.9 %", "99.95 %")),
        (0.0001, 0.0002, ("0.01 %", "0.02 %")),
        (0.9999, 1, ("more than 99.9 %", "100 %")),
    ],
)
def test_a_score_does_not_look_like_the_one_that_it_misses(score: float, needed: float, shown: tuple[str, str]) -> None:
    assert (percent(score, needed), percent(needed, score)) == shown


@settings(max_examples=300, deadline=None, derandomize=True)
@given(fractions, fractions)
def test_no_figure_is_shown_as_another_one(one: float, other: float) -> None:
    for language in ("en", "ko"):
        with speaking(language):
            assert (percent(one, other) == percent(other, one)) == (one == other)
            assert (percent(one) in ("0 %", "100 %")) == (one in (0, 1))
    assert (number(one, other) == number(other, one)) == (one == other)
