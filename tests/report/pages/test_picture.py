import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from grader.base.errors import InvalidInput
from grader.report.drawing.pattern import draw, looks, svg
from grader.report.pages import picture as pictures
from grader.schema import Picture


def save(picture: Picture, path: Path) -> None:
    path.write_bytes(pictures.FORMATS[pictures.format_of(path)](picture))


PNG = b"\x89PNG\r\n\x1a\n"


def size(png: bytes) -> tuple[int, int]:
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])


def test_a_png_has_the_same_bytes_every_time_and_no_date(picture: Picture, tmp_path: Path) -> None:
    for name in ("one.png", "two.png"):
        save(picture, tmp_path / name)
    content = (tmp_path / "one.png").read_bytes()

    assert content.startswith(PNG)
    assert content == (tmp_path / "two.png").read_bytes()
    assert b"Software" not in content


def test_a_notebooks_backend_does_not_matter(picture: Picture, tmp_path: Path) -> None:
    """In a process of its own, because matplotlib looks for it once."""
    file = tmp_path / "picture.json"
    file.write_text(picture.model_dump_json())
    draw_it = (
        "import sys, pathlib; from grader.schema import Picture; from grader.report.pages import picture\n"
        "shown = Picture.model_validate_json(pathlib.Path(sys.argv[1]).read_bytes())\n"
        "pathlib.Path(sys.argv[2]).write_bytes(picture.png(shown))"
    )
    for backend in ("module://nobody_has.this_backend", "nonsense"):
        out = tmp_path / "out.png"
        subprocess.run(
            [sys.executable, "-c", draw_it, str(file), str(out)],
            check=True,
            env={**os.environ, "MPLBACKEND": backend},
            cwd=Path(__file__).parents[3],
        )
        assert out.read_bytes().startswith(PNG)


def test_forty_tokens_get_room(long_picture: Picture, tmp_path: Path) -> None:
    save(long_picture, tmp_path / "long.png")
    width, height = size((tmp_path / "long.png").read_bytes())

    assert min(width, height) > 40 * pictures.CELL_INCHES * pictures.DPI * 0.8


def test_glyphs_that_no_font_has_are_squares_not_warnings(hostile_picture: Picture, tmp_path: Path) -> None:
    save(hostile_picture, tmp_path / "odd.png")

    assert (tmp_path / "odd.png").read_bytes().startswith(PNG)


def test_dollars_are_no_formulas(picture: Picture, tmp_path: Path) -> None:
    dollars = picture.model_copy(update={"tokens": (r"$\frac{", "$x_1$", *picture.tokens[2:]), "caption": "$$"})

    save(dollars, tmp_path / "dollars.png")

    assert (tmp_path / "dollars.png").exists()


def test_drawing_needs_no_window_and_no_pyplot(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from grader.report.pages import picture;"
        "from grader.schema import Picture;"
        "assert 'matplotlib' not in sys.modules;"
        "Path(sys.argv[1]).write_bytes(picture.png(Picture(caption='c', tokens=('a',), pattern=((1.0,),))));"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "small.png")], check=True)


def test_an_svg_is_well_formed_whatever_the_tokens(hostile_picture: Picture, tmp_path: Path) -> None:
    save(hostile_picture, tmp_path / "head.svg")
    text = (tmp_path / "head.svg").read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)  # noqa: S314 - our own output

    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert not list(root.iter("{http://www.w3.org/2000/svg}script"))
    assert "고양이" in text
    assert svg(hostile_picture) == text


def test_another_suffix_is_refused_by_name(picture: Picture, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"must end in \.png, \.svg or \.html, not in '\.gif'"):
        save(picture, tmp_path / "head.gif")
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


def test_a_page_of_its_own_has_both_views_and_asks_for_nothing(hostile_picture: Picture, tmp_path: Path) -> None:
    save(hostile_picture, tmp_path / "head.html")
    text = (tmp_path / "head.html").read_text(encoding="utf-8")

    assert text.count('class="query"') == len(hostile_picture.tokens)
    assert 'class="heat small"' in text
    assert text.count("<script>") == text.count("<style>") == 1
    assert "default-src 'none'" in text
    assert set(re.findall(r"https?://[^\"\s]+", text)) <= {"http://www.w3.org/2000/svg"}
