import pytest

from grader.report.text.labels import cells, shorten, token_label, visible


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines\tand  spaces", "two lines and spaces"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\u202egnp", r"\u202egnp"),
        ("\U000e0041tag", r"\U000e0041tag"),
        ("고양이 \U0001f431", "고양이 \U0001f431"),
        ("\U0001f469\u200d\U0001f52c", "\U0001f469\u200d\U0001f52c"),
    ],
)
def test_text_is_one_line_without_anything_invisible(written: str, shown: str) -> None:
    assert visible(written) == shown


@pytest.mark.parametrize(
    ("token", "label"),
    [(" fox", "fox"), ("fox", "fox"), (" ", "␣"), ("\n\n", "↵↵"), ("\t", "⇥"), ("", ""), ("\x00", r"\x00")],
)
def test_a_token_loses_its_leading_space_and_white_space_becomes_visible(token: str, label: str) -> None:
    assert token_label(token) == label


def test_long_tokens_are_cut_to_their_cells_and_say_so() -> None:
    assert token_label("x" * 80, 6) == "xxxxx…"
    assert cells(token_label("고" * 80, 6)) <= 6
    assert shorten("short", 5) == "short"


def test_cells_count_wide_letters_twice_and_accents_not_at_all() -> None:
    assert cells("고양이") == 6
    assert cells("e\u0301") == 1
