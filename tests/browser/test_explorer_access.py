"""The page on which heads are looked at, for everybody: axe, touch, small windows, few colours, paper."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from grader import exercises
from grader.explorer import site
from grader.measuring.transformer import load
from tests.browser.conftest import NARROWEST, PHONE

pytestmark = pytest.mark.browser

WIDE = (1280, 900)
OTHER = "The king near the old house waved."
STATES = {
    "as it opens": {},
    "a head, two sentences and heads off": {"head": "L1H2", "query": "9", "contrast": OTHER, "off": "L0H1,L1H3"},
    "lines": {"head": "L1H2", "view": "lines", "aside": "yes", "language": "ko"},
    "a kind": {"head": "L1H2", "kind": "induction", "key": "4"},
    "a kind without targets": {"head": "L1H2", "kind": "semantic", "language": "ko"},
    "no sentence": {"text": "", "head": "L1H2"},
}
SMALL_TARGETS = """() => [...document.querySelectorAll("button, summary, select, textarea, label:has(input)")]
  .map(each => [each.textContent, each.getBoundingClientRect()])
  .filter(([, {width, height}]) => width && height && Math.min(width, height) < 24).map(([text]) => text)"""
"""The controls that are too small for a finger: under 24 pixels on one side."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = tmp_path_factory.mktemp("explorer") / "site"
    exercise = exercises.load("mini-heads")
    site.build(exercise, load(exercise.transformer), folder)
    return (folder / site.INDEX).as_uri()


@pytest.fixture(scope="module")
def opened(browser: Browser, address: str) -> Iterator[Page]:
    """One page for all tests, as a finger touches it; its transformer is loaded once."""
    context = browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]}, has_touch=True)
    page = context.new_page()
    page.goto(address)
    yield page
    context.close()


@pytest.fixture
def page(opened: Page) -> Iterator[Page]:
    yield opened
    opened.emulate_media(color_scheme="light", media="screen", forced_colors="none", reduced_motion="no-preference")
    size(opened, WIDE)


def size(page: Page, wanted: tuple[int, int]) -> None:
    page.set_viewport_size({"width": wanted[0], "height": wanted[1]})


def show(page: Page, address: str, state: dict[str, str]) -> None:
    """Follow a link to a state, and wait until it is there."""
    page.goto(f"{address}#{urlencode(state)}")
    title = page.locator("#pinned-title")
    if "language" not in state:
        expect(title).to_have_text("Head L1H2" if "head" in state else "One head in full")
    if state.get("text") == "":
        expect(page.locator("#text-trouble")).not_to_be_empty()
    elif "head" in state:
        expect(page.locator(".summary")).not_to_be_empty(timeout=20_000)
    expect(page.locator(".row.waiting")).to_have_count(0, timeout=20_000)


def violations(page: Page, *rules: str) -> list[str]:
    found = Axe().run(page, options={"runOnly": list(rules)} if rules else None).response["violations"]
    return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("name", STATES)
def test_axe_finds_no_violation(page: Page, address: str, name: str) -> None:
    show(page, address, STATES[name])
    if name == "a kind":
        page.get_by_role("button", name="Next hint").click()
        expect(page.locator(".hints li")).to_be_focused()
    light = violations(page)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    dark = violations(page, "color-contrast")

    assert light + dark == []


@pytest.mark.parametrize("wanted", [PHONE, NARROWEST])
@pytest.mark.parametrize("larger", ["100%", "200%"])
def test_nothing_scrolls_sideways_and_a_finger_finds_everything(
    page: Page, address: str, wanted: tuple[int, int], larger: str
) -> None:
    size(page, wanted)
    for name in ("a head, two sentences and heads off", "a kind"):
        show(page, address, STATES[name])
        page.evaluate(f"document.documentElement.style.fontSize = '{larger}'")
        width = page.evaluate("document.documentElement.scrollWidth")
        small = page.evaluate(SMALL_TARGETS)
        page.evaluate("document.documentElement.style.fontSize = ''")

        assert width == wanted[0]
        assert small == []


def test_a_tap_on_a_cell_shows_its_look(page: Page, address: str) -> None:
    size(page, PHONE)
    show(page, address, {"head": "L1H2"})
    canvas = page.locator(".heatmap canvas").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + box["width"] - 5, box["y"] + box["height"] - 5)

    expect(page.locator(".pair-weight")).to_contain_text("“.” looks at “.”")
    expect(page.locator(".pair-weight")).to_contain_text("(the token itself)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_with_few_colours_the_pinned_head_and_the_numbers_are_still_marked(
    page: Page, address: str, scheme: Literal["light", "dark"]
) -> None:
    show(page, address, {"head": "L1H2"})
    page.emulate_media(forced_colors="active", color_scheme=scheme)
    colour = "each => getComputedStyle(each).backgroundColor"
    pressed, other = (page.locator(f"#cell-{name} .name").evaluate(colour) for name in ("L1H2", "L1H3"))
    fill, track = (page.locator(f".averages .{name}").last.evaluate(colour) for name in ("bar-fill", "bar-track"))

    assert pressed != other
    assert fill != track


def test_on_paper_there_is_everything_to_read_and_nothing_to_press(page: Page, address: str) -> None:
    show(page, address, STATES["a kind"])
    page.emulate_media(media="print")

    expect(page.get_by_role("button", name="Copy link")).to_be_hidden()
    expect(page.get_by_role("button", name="Back to all heads")).to_be_hidden()
    expect(page.locator(".tables")).to_be_visible()
    for part in (".tokens", ".lines, .heatmap", ".beside"):
        shown = page.locator(part).first
        assert shown.evaluate("each => each.scrollHeight <= each.clientHeight + 1")


def test_the_focus_stays_when_the_button_that_has_it_goes_away(page: Page, address: str) -> None:
    show(page, address, {"head": "L1H2", "off": "L0H1,L0H2"})
    page.get_by_role("button", name="Switched off: L0H1, L0H2").press("Enter")
    title = page.locator("#switched-title")
    expect(title).to_be_focused()
    expect(title).to_be_in_viewport()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(title).to_be_focused()
    page.get_by_role("button", name="Back to all heads").press("Enter")
    expect(page.locator("#cell-L1H2")).to_be_focused()
    kind = page.locator("#kind-induction")
    kind.press("Enter")
    expect(kind).to_have_attribute("aria-expanded", "true")
    tried = page.get_by_role("button", name="Try this sentence")
    tried.press("Enter")
    expect(tried).to_be_disabled()
    expect(tried).to_be_focused()
    page.keyboard.press("Escape")
    expect(kind).to_be_focused()
    page.locator("#language-ko").press("Enter")
    expect(page.locator("#language-ko")).to_be_focused()
