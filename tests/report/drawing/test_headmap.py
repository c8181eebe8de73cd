"""The map of all heads, from planted scores."""

import pytest

from grader.report.drawing import headmap
from grader.report.drawing.cloud import cloud
from grader.schema import Kind
from tests.support.planted_calibration import RULE
from tests.support.planted_pages import standings

INDUCTION = Kind(type="induction")


@pytest.fixture(scope="module")
def whole() -> headmap.HeadMap:
    return headmap.head_map(RULE, standings(), lambda place: f"#head-{place[0]}-{place[1]}")


def test_each_head_is_what_it_has_most_of_what_is_needed_for(whole: headmap.HeadMap) -> None:
    codes = [[cell.code for cell in row] for row in whole.rows]

    assert codes[0][0] == "AB"
    assert codes[2][1] == codes[4][0] == "\N{MINUS SIGN}1"
    assert codes[4][1] == "vs"
    assert [len(row) for row in whole.rows] == [5] * 5


def test_the_shade_says_confirmed_or_not_and_how_far(whole: headmap.HeadMap) -> None:
    shades = {(cell.layer, cell.head): cell.shade for row in whole.rows for cell in row}

    assert shades[0, 0] == "over-3"  # 0.93 of 0.6
    assert shades[2, 2] == "over-1"  # 0.71
    assert shades[4, 4] == "under-3"  # 0.52
    assert shades[0, 4] == "under-2"  # 0.31
    assert shades[4, 3] == "under-0"  # nothing
    assert standings().by_kind["induction"][2, 2].confirmed


def test_a_cell_says_in_words_what_it_shows_and_leads_on(whole: headmap.HeadMap) -> None:
    cell = whole.rows[4][0]

    assert cell.label == (
        "L4H0: positional, offset -1, confirmed; score 0.99 (141.4 % of the threshold), rank 1 of 25; "
        "also confirmed as syntactic, verb to subject"
    )
    assert (cell.href, cell.mark) == ("#head-4-0", "+1")
    assert whole.rows[0][0].times == pytest.approx(0.93 / 0.6)


def test_the_legend_counts_the_confirmed_heads_of_each_kind(whole: headmap.HeadMap) -> None:
    passing = {name: standings().passing(name) for name in standings().by_kind}

    assert {entry.kind.name: entry.heads for entry in whole.legend} == passing
    assert all(passing.values())


def test_a_cloud_has_every_head_and_marks_one(whole: headmap.HeadMap) -> None:
    seen = cloud(INDUCTION, standings(), (3, 3))

    assert len(seen.dots) == 24
    assert seen.marked is not None
    assert (seen.marked.place, seen.marked.x) == ("L3H3", "63.0%")
    assert (seen.needed, seen.needed_at) == ("0.60", "60.0%")
    assert seen.description.startswith("L3H3 scores 0.63, rank 4. ")
    assert "The best is L0H0 with 0.93; half of all heads score 0.00 or less." in seen.description
    assert max(dot.y for dot in seen.dots) < seen.foot


def test_all_scores_stay_in_the_strip_and_layers_apart() -> None:
    seen = cloud(INDUCTION, standings())

    assert seen.marked is None
    assert all(0 <= float(dot.x.rstrip("%")) <= 100 for dot in seen.dots)
    assert [layer for _, layer in seen.layers] == ["L0", "L4"]
