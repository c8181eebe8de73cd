import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from grader.errors import InvalidInput
from grader.report import picture as pictures
from grader.report.drawing import draw, looks, svg
from grader.report.labels import cells
from grader.schema import Picture

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def long_picture() -> Picture:
    tokens = tuple(f" token{number}" for number in range(40))
    pattern = tuple(tuple(1 / (q + 1) if k <= q else 0.0 for k in range(40)) for q in range(40))
    return Picture(caption="forty tokens", tokens=tokens, pattern=pattern, targets=((5, 4),))


def size(png: bytes) -> tuple[int, int]:
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])


def test_a_png_has_the_same_bytes_every_time_and_no_date(picture: Picture, tmp_path: Path) -> None:
    for name in ("one.png", "two.png"):
        pictures.save(picture, tmp_path / name)
    content = (tmp_path / "one.png").read_bytes()

    assert content.startswith(PNG)
    assert content == (tmp_path / "two.png").read_bytes()
    assert b"Software" not in content


def test_forty_tokens_get_room(long_picture: Picture, tmp_path: Path) -> None:
    pictures.save(long_picture, tmp_path / "long.png")
    width, height = size((tmp_path / "long.png").read_bytes())

    assert min(width, height) > 40 * pictures.CELL_INCHES * pictures.DPI * 0.8


def test_glyphs_that_no_font_has_are_squares_not_warnings(hostile_picture: Picture, tmp_path: Path) -> None:
    pictures.save(hostile_picture, tmp_path / "odd.png")

    assert (tmp_path / "odd.png").read_bytes().startswith(PNG)


def test_dollars_are_no_formulas(picture: Picture, tmp_path: Path) -> None:
    dollars = picture.model_copy(update={"tokens": (r"$\frac{", "$x_1$", *picture.tokens[2:]), "caption": "$$"})

    pictures.save(dollars, tmp_path / "dollars.png")

    assert (tmp_path / "dollars.png").exists()


def test_drawing_needs_no_window_and_no_pyplot(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from grader.report import picture; from grader.schema import Picture;"
        "assert 'matplotlib' not in sys.modules;"
        "picture.save(Picture(caption='c', tokens=('a',), pattern=((1.0,),)), Path(sys.argv[1]));"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "small.png")], check=True)


def test_an_svg_is_well_formed_whatever_the_tokens(hostile_picture: Picture, tmp_path: Path) -> None:
    pictures.save(hostile_picture, tmp_path / "head.svg")
    text = (tmp_path / "head.svg").read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)  # noqa: S314 - our own output

    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert not list(root.iter("{http://www.w3.org/2000/svg}script"))
    assert "고양이" in text
    assert svg(hostile_picture) == text


def test_another_suffix_is_refused_by_name(picture: Picture, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"ends in \.png or \.svg, not in '\.gif'"):
        pictures.save(picture, tmp_path / "head.gif")
    assert list(tmp_path.iterdir()) == []


def test_the_heat_map_puts_queries_down_and_keys_across(picture: Picture) -> None:
    drawing = draw(picture)
    strong = next(cell for cell in drawing.queries[4].cells if cell.weight == "0.75")

    assert strong.y == drawing.queries[4].y
    assert strong.x == drawing.left + 3 * 20
    assert strong.title == "fox → brown: 0.75"
    assert (strong.x, strong.y) in drawing.targets


def test_where_a_query_looks_is_said_strongest_first(picture: Picture) -> None:
    assert looks(picture, 4) == "brown 75 %, <|endoftext|> 15 %, fox 10 %"


def test_of_tokens_alike_it_is_said_which_one_is_meant() -> None:
    twice = Picture(caption="", tokens=("a", " b", "b"), pattern=((1.0, 0.0, 0.0), (0.5, 0.5, 0.0), (0.1, 0.2, 0.7)))

    assert looks(twice, 2) == "2nd b 70 %, 1st b 20 %, a 10 %"


def test_the_terminal_shows_a_row_for_each_query(picture: Picture) -> None:
    lines = pictures.terminal(picture).splitlines()
    row = next(line for line in lines if line.strip().startswith("fox "))

    assert lines[0] == picture.caption
    assert row.split("fox ", 1)[1] == " ░       [█] ░"
    assert "█ from 0.70" in lines[-1]
    assert "[ ] target" in lines[-1]


@pytest.mark.parametrize("width", [24, 40, 60, 80, 200])
def test_rows_fit_the_window_and_say_what_does_not(
    picture: Picture, long_picture: Picture, hostile_picture: Picture, width: int
) -> None:
    for shown in (picture, long_picture, hostile_picture):
        lines = pictures.terminal(shown, width=width).splitlines()
        rows = lines[1 : lines.index("query down, key across")]
        assert max(map(cells, rows)) <= width
    assert ("more keys do not fit" in pictures.terminal(long_picture, width=width)) == (width < 48)


def test_plain_text_is_ascii_and_colour_only_adds_colour(picture: Picture) -> None:
    plain = pictures.terminal(picture, unicode=False)
    coloured = pictures.terminal(picture, colour=True)

    assert plain.isascii()
    assert "[#]" in plain
    assert "\x1b" not in pictures.terminal(picture)
    for escape in (pictures.HEAT, pictures.MARK, pictures.RESET):
        coloured = coloured.replace(escape, "")
    assert coloured == pictures.terminal(picture)


def test_nothing_in_a_token_steers_the_terminal(hostile_picture: Picture) -> None:
    text = pictures.terminal(hostile_picture)

    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\x00" not in text
