"""Many heads at once: small pictures in a terminal, on a page and in a file."""

import re
from itertools import product
from xml.etree import ElementTree

import pytest

from grader.report.drawing import grid
from grader.report.drawing.terminal_grid import terminal
from grader.report.drawing.terminal_picture import ALL, FEW, MANY, NONE, ColourCount
from grader.report.pages import grid as pages
from grader.report.text.labels import cells
from grader.schema import HeadIndex, Picture, head_name

ESCAPE = re.compile(r"\x1b\[[\d;]*m")
TOKENS = ("<|endoftext|>", " the", " cow", " saw", " the", " cow")


def looking(back: int, tokens: tuple[str, ...] = TOKENS, **more: object) -> Picture:
    """A head that looks this many tokens back."""
    pattern = tuple(
        tuple(float(key == max(query - back, 0)) for key in range(len(tokens))) for query in range(len(tokens))
    )
    return Picture(caption="-", tokens=tokens, pattern=pattern, **more)


def heads(layers: int, of_layer: int, picture: Picture) -> dict[HeadIndex, Picture]:
    return dict.fromkeys(product(range(layers), range(of_layer)), picture)


def drawn(text: str) -> list[str]:
    """The lines of the first row of pictures, with their names."""
    return text.splitlines()[2 : text.splitlines().index("", 2)]


def test_a_dot_is_one_look_so_that_one_to_the_left_is_no_diagonal() -> None:
    text = terminal("-", {(0, 0): looking(0), (0, 1): looking(1)})

    assert drawn(text) == ["L0H0 L0H1", "⠑⢄⠀  ⠣⡀⠀", "⠀⠀⠑  ⠀⠈⠂"]


def test_without_unicode_a_sign_is_one_look() -> None:
    text = terminal("“-”", {(0, 0): looking(0), (0, 1): looking(1)}, unicode=False)

    assert text.isascii()
    assert drawn(text)[:4] == ["L0H0   L0H1", "#      #", " #     #", "  #     #"]


@pytest.mark.parametrize(("least", "seen"), [(0.09, "⠀"), (0.11, "⠂")])
def test_little_attention_has_no_dot(least: float, seen: str) -> None:
    picture = Picture(caption="-", tokens=("a", "b"), pattern=((0.0, 0.0), (least, 0.0)))

    assert drawn(terminal("-", {(0, 0): picture}))[1].rstrip() == seen


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("colours", [NONE, FEW, MANY, ALL])
@pytest.mark.parametrize("width", [24, 40, 80, 200])
def test_rows_fit_the_window_and_every_head_has_its_name(width: int, colours: ColourCount, unicode: bool) -> None:
    pictures = heads(2, 9, looking(1, TOKENS * 12))
    text = terminal("-", pictures, width=width, colours=colours, unicode=unicode)
    lines = [ESCAPE.sub("", line) for line in text.splitlines()]
    rows = lines[: lines.index("each row is a query, each column a key")]

    assert max(map(cells, rows)) <= width
    assert re.findall(r"L\d+H\d+", text) == [head_name(*place) for place in pictures]
    assert ("more keys do not fit" in text) == (width * (2 if unicode else 1) < 72)
    assert ("\x1b" in text) == bool(colours)


def test_a_layer_begins_a_line_and_its_lines_are_equal() -> None:
    names = [line.split() for line in terminal("-", heads(2, 8, looking(1)), width=36).splitlines() if "H" in line]

    assert [len(each) for each in names] == [4, 4, 4, 4]


def test_the_colour_of_a_sign_is_that_of_its_strongest_look() -> None:
    faint = looking(1).model_copy(update={"pattern": tuple((0.2,) * 6 for _ in TOKENS)})
    strong, weak = (terminal("-", {(0, 0): each}, colours=MANY).splitlines()[3] for each in (looking(1), faint))

    assert "38;5;51m" in strong
    assert "38;5;18m" in weak


def test_a_page_and_a_file_have_every_head_with_its_strongest_looks_in_words(hostile_picture: Picture) -> None:
    pictures = heads(2, 3, looking(1)) | {(2, 0): hostile_picture}
    page, svg = pages.page("Heads <on> “-”", pictures), grid.svg("Heads <on> “-”", pictures)

    for text in (page, svg):
        assert re.findall(r">(L\d+H\d+)<", text) == [head_name(*place) for place in pictures]
        assert "L1H2; strongest looks: " in text
        assert "2nd the → saw 100 %" in text
        assert "<script>alert(1)" not in text
        assert " style=" not in text
    ElementTree.fromstring(svg)  # noqa: S314  # our own, just drawn
    assert pages.png("Heads", pictures).startswith(b"\x89PNG")


def test_targets_are_outlined_and_said() -> None:
    plain, outlined = (pages.page("-", {(0, 0): looking(1, targets=targets)}) for targets in ((), ((3, 2),)))

    assert 'class="target" x="2.1" y="3.1"' in outlined
    assert 'class="key-target"' in outlined
    assert 'class="target"' not in plain
    assert 'class="key-target"' not in plain
