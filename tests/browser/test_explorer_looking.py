"""Looking at heads on the page: the grid, one head in full, both sentences, heads switched off, and links."""

import re
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from grader import exercises
from grader.explorer import site
from grader.explorer.content import contents
from grader.explorer.page import page
from grader.measuring.transformer import load
from tests.browser.conftest import DESK, PHONE, Opens

pytestmark = pytest.mark.browser

TEXT = "The baker near the old bridge waved, and the baker near the old bridge smiled."
OTHER = "The king near the old house waved, and the king near the old house smiled."
PAINTED = "heads => heads.filter(head => head.querySelector('canvas').width !== 300).map(head => head.id)"
"""The heads that are drawn: a canvas that nobody drew on is 300 pixels wide."""


@pytest.fixture(scope="module")
def explorer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of mini-heads, with the embedded transformer in the browser."""
    folder = tmp_path_factory.mktemp("explorer") / "site"
    exercise = exercises.load("mini-heads")
    site.build(exercise, load(exercise.transformer), folder)
    return folder / site.INDEX


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of 30 layers of 9 heads."""
    words = [f" w{place}" for place in range(12)]
    pattern = np.tril(np.ones((30, 9, 12, 12), dtype="<f4"))
    pattern /= pattern.sum(-1, keepdims=True)
    about = {
        "id": "many",
        "layers": 30,
        "heads": 9,
        "causal": True,
        "longest": None,
        "predicts": False,
        "switches": False,
    }
    tokens = [
        {"text": word, "id": at, "special": False, "start": 4 * at, "end": 4 * at + 3} for at, word in enumerate(words)
    ]
    source = {"kind": "given", "about": about, "text": "".join(words), "tokens": tokens}
    source["patterns"] = b64encode((65535 * pattern).round().astype("<u2").tobytes()).decode()
    path = tmp_path_factory.mktemp("many") / "index.html"
    path.write_text(page(contents(exercises.load("mini-heads")), source), encoding="utf-8")
    return path


def drawn(page: Page, name: str) -> None:
    """Wait until a head's picture is there."""
    expect(page.locator(f"#cell-{name}")).to_have_attribute("aria-label", re.compile("looks at"), timeout=20_000)


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds; the page's own rules forbid to wait by a script in it."""
    end = monotonic() + 20
    while not holds():
        assert monotonic() < end
        sleep(0.02)


def test_the_arrow_keys_move_between_heads_and_enter_pins_one(opens: Opens, explorer: Path) -> None:
    seen = opens(DESK, explorer)
    drawn(seen.page, "L0H0")
    seen.page.locator("#cell-L0H0").focus()
    for key, head in {
        "ArrowRight": "L0H1", "ArrowDown": "L1H1", "End": "L1H7", "PageUp": "L0H7", "ArrowUp": "L0H7", "Home": "L0H0",
    }.items():  # fmt: skip
        seen.page.keyboard.press(key)
        expect(seen.page.locator(f"#cell-{head}")).to_be_focused()
    assert seen.page.locator('.grid [tabindex="0"]').count() == 1
    seen.page.keyboard.press("Enter")

    expect(seen.page.get_by_role("heading", name="Head L0H0")).to_be_visible()
    expect(seen.page.locator("#cell-L0H0")).to_have_attribute("aria-pressed", "true")
    assert seen.complaints == []


def test_a_head_is_read_both_ways_by_mouse_and_by_keyboard(opens: Opens, explorer: Path) -> None:
    seen = opens(DESK, explorer)
    drawn(seen.page, "L1H2")
    seen.page.locator("#cell-L1H2").click()
    map_ = seen.page.get_by_role("application")
    expect(seen.page.locator(".summary")).to_contain_text("looks at")
    canvas = map_.locator("canvas").first.bounding_box()
    assert canvas
    seen.page.mouse.move(canvas["x"] + canvas["width"] * 0.5, canvas["y"] + canvas["height"] * 0.9)
    expect(seen.page.locator(".weights .list-title")).to_have_text(["Looks at", "Looked at by"])
    seen.page.mouse.move(1, 1)
    expect(seen.page.locator("#map-keys")).to_be_visible()

    map_.focus()
    for _ in range(3):
        seen.page.keyboard.press("ArrowDown")
    expect(seen.page.locator(".pair-weight")).to_contain_text("“baker” (token 3) looks at")
    expect(seen.page.locator(".weights .list-title")).to_have_text(["Looks at"])
    seen.page.keyboard.press("ArrowRight")
    seen.page.keyboard.press("ArrowRight")
    expect(seen.page.locator(".pair-weight")).to_contain_text("“baker” looks at “The”")
    expect(seen.page.locator(".pair-weight")).to_contain_text("(the token before, 1 to the left)")
    seen.page.keyboard.press("Escape")
    expect(seen.page.locator("#map-keys")).to_be_visible()


def test_the_lines_are_walked_by_keyboard(opens: Opens, explorer: Path) -> None:
    seen = opens(DESK, explorer)
    seen.page.goto(f"{explorer.as_uri()}#head=L1H2&view=lines")
    first = seen.page.locator(".queries button").first
    expect(first).to_have_accessible_name("“<|endoftext|>” looks at: <|endoftext|> 1.00")
    first.focus()
    seen.page.keyboard.press("ArrowDown")
    expect(seen.page.locator(".queries button").nth(1)).to_be_focused()
    seen.page.keyboard.press("ArrowRight")
    expect(seen.page.locator(".keys button").nth(1)).to_be_focused()
    expect(seen.page.locator(".pair-weight")).to_contain_text("“The” (token 2) is looked at by")


def test_a_link_opens_what_was_shown_and_a_broken_part_is_left_out(opens: Opens, explorer: Path) -> None:
    seen = opens(DESK, explorer)
    drawn(seen.page, "L2H3")
    seen.page.locator("#sentence-text").fill(OTHER)
    seen.page.locator("#cell-L2H3").click()
    seen.page.get_by_role("button", name="Lines").click()
    expect(seen.page).to_have_url(re.compile("king.*head=L2H3.*view=lines"))
    address = seen.page.url

    other = opens(DESK, explorer)
    other.page.goto(address)
    expect(other.page.get_by_role("heading", name="Head L2H3")).to_be_visible()
    expect(other.page.locator("#sentence-text")).to_have_value(OTHER)
    expect(other.page.locator(".lines")).to_be_visible()
    other.page.goto(f"{explorer.as_uri()}#head=L99H1&query=x&off=L0H1,zz&language=fr&view=cube")
    expect(other.page.get_by_role("heading", name="One head in full")).to_be_visible()
    expect(other.page.locator(".off-heads .chip")).to_have_text([re.compile("L0H1")])
    expect(other.page.locator("#sentence-text")).to_have_value(TEXT)


def test_a_second_sentence_stands_beside_the_first(opens: Opens, explorer: Path) -> None:
    seen = opens(DESK, explorer)
    drawn(seen.page, "L0H1")
    seen.page.get_by_role("button", name="Compare with a second sentence").click()
    seen.page.locator("#sentence-contrast").fill(OTHER)
    seen.page.locator("#cell-L0H1").click()

    expect(seen.page.locator(".pinned figure")).to_have_count(2)
    expect(seen.page.locator("#cell-L0H1 canvas:visible")).to_have_count(2)
    seen.page.get_by_role("button", name="Remove the second sentence").click()
    expect(seen.page.locator(".pinned figure")).to_have_count(1)
    expect(seen.page.locator("#cell-L0H1 canvas:visible")).to_have_count(1)


def test_a_head_switched_off_changes_later_layers_and_the_prediction(opens: Opens, explorer: Path) -> None:
    seen = opens((1280, 2000), explorer)
    drawn(seen.page, "L3H0")
    picture = "name => document.querySelector(`#cell-${name} canvas`).toDataURL()"
    before = seen.page.evaluate(picture, "L3H0")
    seen.page.locator("#cell-L1H2").click()
    expect(seen.page.locator(".predictions thead th")).to_have_text(["Token", "All heads"])
    seen.page.get_by_role("button", name="Switch off").click()

    expect(seen.page.locator(".predictions thead th")).to_have_count(3)
    expect(seen.page.locator("#cell-L1H2")).to_have_class("off")
    until(lambda: seen.page.evaluate(picture, "L3H0") != before)
    seen.page.get_by_role("button", name="Switch all on").click()
    until(lambda: seen.page.evaluate(picture, "L3H0") == before)


def test_an_empty_text_and_one_that_is_too_long_are_explained(opens: Opens, explorer: Path) -> None:
    seen = opens(DESK, explorer)
    drawn(seen.page, "L0H0")
    field = seen.page.locator("#sentence-text")
    field.fill("")
    expect(seen.page.locator("#text-trouble")).to_contain_text("type a sentence")
    field.fill("the baker " * 200)
    expect(seen.page.locator("#text-trouble")).to_contain_text("256 at most: shorten it")
    field.fill(OTHER)
    expect(seen.page.locator("#text-trouble")).to_be_empty()
    expect(seen.page.locator(".sentence.text .tokens")).to_contain_text("king")


def test_of_270_heads_only_those_in_sight_are_drawn(opens: Opens, many: Path) -> None:
    seen = opens(DESK, many)
    drawn(seen.page, "L0H0")
    before = seen.page.locator(".cell button").evaluate_all(PAINTED)
    assert 9 <= len(before) < 200
    assert "L29H8" not in "".join(before)
    seen.page.locator("#cell-L29H8").scroll_into_view_if_needed()
    drawn(seen.page, "L29H8")
    assert seen.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_and_a_phone_scrolls_in_one_direction(
    opens: Opens, explorer: Path, many: Path, scheme: str
) -> None:
    for size, path, state in (
        (PHONE, explorer, "head=L1H2&query=3&key=2&contrast=The+cat&off=L0H1"),
        (DESK, explorer, "head=L1H2&view=lines"),
        (PHONE, many, "head=L3H4"),
    ):
        seen = opens(size, path, color_scheme=scheme)
        seen.page.goto(f"{path.as_uri()}#{state}")
        expect(seen.page.locator(".summary")).to_contain_text("looks at", timeout=20_000)
        found = Axe().run(seen.page).response["violations"]
        assert [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]] == []
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= size[0]
