"""What a notebook shows of a result, in a page that stands for a notebook: kept apart from it, and in use."""

from pathlib import Path

import pytest
from playwright.sync_api import Frame, expect

from grader.doors.python.notebook import framed
from tests.browser.conftest import Opens, Seen
from tests.support import planted_pages

pytestmark = pytest.mark.browser

AROUND = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>a notebook</title>
<style>body {{ background: rgb(1, 2, 3) }} h1 {{ color: rgb(4, 5, 6); font-size: 40px }}</style></head>
<body><h1 id="claim-1">A notebook of somebody's</h1><section>text</section>{fragment}</body></html>"""
LOOK = """() => ["body", "h1", "section"].map(name => {
  const style = getComputedStyle(document.querySelector(name));
  return [style.backgroundColor, style.color, style.fontSize, style.margin, style.padding, style.maxWidth];
})"""


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    path = tmp_path / "notebook.html"
    path.write_text(AROUND.format(fragment=framed(planted_pages.report())), encoding="utf-8")
    return path


def frame_of(seen: Seen) -> Frame:
    _, inner = seen.page.frames
    return inner


def test_the_notebook_around_it_looks_as_it_did(opens: Opens, notebook: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone.html"
    alone.write_text(AROUND.format(fragment=""), encoding="utf-8")
    seen = opens(path=notebook)

    assert seen.page.evaluate(LOOK) == opens(path=alone).page.evaluate(LOOK)
    assert seen.requests[0] == notebook.as_uri()
    assert [each for each in seen.requests[1:] if each != "about:srcdoc"] == []
    assert seen.complaints == []


def test_a_link_goes_to_its_place_within_the_frame(opens: Opens, notebook: Path) -> None:
    seen = opens(path=notebook)
    inner = frame_of(seen)
    before = inner.evaluate("scrollY")
    inner.locator("a.chip").nth(2).click()

    expect(inner.locator("#claim-3")).to_be_in_viewport()
    assert inner.evaluate("scrollY") > before
    assert inner.url == "about:srcdoc#claim-3"
    assert seen.page.url == notebook.as_uri()


def test_a_token_is_pointed_at_as_on_the_page(opens: Opens, notebook: Path) -> None:
    inner = frame_of(opens(path=notebook))
    inner.locator("#claim-1 .view .query").nth(5).locator("text").hover()

    expect(inner.locator("#claim-1 .readout").first).to_have_text(
        "2nd Nora looks at 1st waved 80 %, <|endoftext|> 20 %"
    )


def test_it_is_light_or_dark_as_the_system_is(opens: Opens, notebook: Path) -> None:
    seen = opens(path=notebook, color_scheme="light")
    background = "getComputedStyle(document.body).backgroundColor"
    light = frame_of(seen).evaluate(background)
    seen.page.emulate_media(color_scheme="dark")
    dark = frame_of(seen).evaluate(background)

    assert [light, dark] == ["rgb(245, 246, 250)", "rgb(16, 19, 27)"]


def test_it_reaches_nothing_of_the_notebook(opens: Opens, notebook: Path) -> None:
    inner = frame_of(opens(path=notebook))

    assert inner.evaluate("(() => { try { return parent.document.title } catch (error) { return error.name } })()") == (
        "SecurityError"
    )
