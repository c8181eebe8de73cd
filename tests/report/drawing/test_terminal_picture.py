"""A head's picture in text, for every type of terminal."""

import re

import pytest

from grader.report.drawing.terminal_picture import (
    ALL,
    FEW,
    HEAT,
    MANY,
    MARK,
    NONE,
    RESET,
    ColourCount,
    colours_of,
    terminal,
)
from grader.report.text.labels import cells
from grader.schema import Picture

ESCAPE = re.compile(r"\x1b\[[\d;]*m")


def test_there_is_a_row_for_each_query(picture: Picture) -> None:
    lines = terminal(picture).splitlines()
    row = next(line for line in lines if line.strip().startswith("fox "))

    assert lines[0] == picture.caption
    assert row.split("fox ", 1)[1] == " ░       [█] ░"
    assert "█ from 0.70" in lines[-1]
    assert "[ ] target" in lines[-1]


@pytest.mark.parametrize("colours", [NONE, MANY])
@pytest.mark.parametrize("width", [24, 40, 60, 80, 200])
def test_rows_fit_the_window_and_say_what_does_not(
    picture: Picture, long_picture: Picture, hostile_picture: Picture, width: int, colours: ColourCount
) -> None:
    for shown in (picture, long_picture, hostile_picture):
        lines = [ESCAPE.sub("", line) for line in terminal(shown, width=width, colours=colours).splitlines()]
        rows = lines[1 : lines.index("each row is a query, each column a key")]
        assert max(map(cells, rows)) <= width
    assert ("more keys do not fit" in terminal(long_picture, width=width)) == (width < 48)


def test_plain_text_is_ascii_and_few_colours_only_add_colour(picture: Picture) -> None:
    plain = terminal(picture, unicode=False)
    coloured = terminal(picture, colours=FEW)

    assert plain.isascii()
    assert "[#]" in plain
    assert "\x1b" not in terminal(picture)
    for escape in (HEAT, MARK, RESET):
        coloured = coloured.replace(escape, "")
    assert coloured == terminal(picture)


@pytest.mark.parametrize(("colours", "strongest"), [(MANY, "48;5;39"), (ALL, "48;2;104;149;201")])
def test_with_many_colours_each_weight_has_its_own_ground(
    picture: Picture, colours: ColourCount, strongest: str
) -> None:
    text = terminal(picture, colours=colours)
    row = next(line for line in text.splitlines() if ESCAPE.sub("", line).strip().startswith("fox "))

    assert len(set(re.findall(r"\x1b\[48[\d;]*m", row))) == 4  # 0, 0.10, 0.15, 0.75
    assert f"\x1b[{strongest}m\x1b[1;38;5;16m[ ]{RESET}" in row


def test_the_environment_says_how_many_colours_there_are() -> None:
    for environment, colours in (
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, ALL),
        ({"TERM": "xterm-256color"}, MANY),
        ({"TERM": "xterm"}, FEW),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"}, NONE),
        ({"TERM": "dumb"}, NONE),
    ):
        assert colours_of(environment) == colours


@pytest.mark.parametrize("colours", [NONE, ALL])
def test_nothing_in_a_token_steers_the_terminal(hostile_picture: Picture, colours: ColourCount) -> None:
    text = ESCAPE.sub("", terminal(hostile_picture, colours=colours))

    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\x00" not in text
