"""Paragraphs of styled text become lines."""

import pytest

from grader.report.text.labels import cells
from grader.report.text.styled import Text


def lines(text: Text, columns: int, *, colour: bool = False) -> list[str]:
    return list(text.lines(columns, colour=colour))


def test_lines_break_at_spaces_and_keep_their_indent() -> None:
    assert lines(Text("one two  three four", indent=2), 12) == ["  one two", "  three four"]
    assert lines(Text(), 12) == [""]


@pytest.mark.parametrize("text", ["abcdefghijkl mn", "가나다라마바 사", "see abcdefghijklmno"])
def test_a_word_that_is_too_wide_is_cut_and_nothing_is_lost(text: str) -> None:
    found = lines(Text(text), 5)

    assert "".join(found).replace(" ", "") == text.replace(" ", "")
    assert max(map(cells, found)) <= 5


def test_a_style_goes_on_in_the_next_line_and_ends_with_each() -> None:
    text = Text(("red words", "bold red"), " and plain")

    assert lines(text, 6, colour=True) == ["\x1b[1;31mred\x1b[0m", "\x1b[1;31mwords\x1b[0m", "and", "plain"]
    assert lines(text, 100) == ["red words and plain"]
