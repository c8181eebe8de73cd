import pytest

from grader.report.text import words
from grader.schema import Exercise, Kind, Report, title


@pytest.mark.parametrize(
    ("number", "word"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (112, "112th"), (121, "121st")]
)
def test_ordinals(number: int, word: str) -> None:
    assert words.ordinal(number) == word


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Kind(type="positional"), "positional, offset -1"),
        (Kind(type="next_token"), "positional, offset +1"),
        (Kind(type="syntactic", relation="verb_subject"), "syntactic, verb to subject"),
        (
            Kind(type="syntactic", relation="object_verb", direction="forward"),
            "syntactic, verb ahead to object",
        ),
        (Kind(type="rare_token"), "rare token"),
    ],
)
def test_kinds_in_words(kind: Kind, said: str) -> None:
    assert title(kind) == said


def test_what_is_missing_is_named(report: Report, exercise: Exercise) -> None:
    lacking = words.still_needed(report, exercise)

    assert "a score of 60 %" in lacking
    assert "1 more kind" in lacking
    assert "luck" not in lacking
    assert "luck" in words.still_needed(report.model_copy(update={"luck": 0.4}), exercise)


def test_nothing_is_missing_once_passed(report: Report, exercise: Exercise) -> None:
    assert words.still_needed(report.model_copy(update={"passed": True}), exercise) == ""


def test_without_a_grade_no_attempt_is_used_and_luck_is_not_spoken_of(ungradable: Report) -> None:
    assert "no attempt is used up" in words.still_needed(ungradable, None)
    assert words.luck(ungradable) == ""
    assert words.total_sign(ungradable).word == "not graded"
