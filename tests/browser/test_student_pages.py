"""The pages for students in use: pointing, tapping, keys and links, with and without scripts, for everybody."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, expect

from grader.report.text.glossary import DEFINITIONS
from tests.browser.conftest import DESK, PHONE, Opens, Seen
from tests.support import planted_pages

pytestmark = pytest.mark.browser

PAGES = {
    "report": planted_pages.report,
    "verdicts": lambda: planted_pages.report("verdicts"),
    "scan": planted_pages.scan,
    "head": planted_pages.shown_head,
}


UNFOLD = "[...document.querySelectorAll('details')].slice(0, 8).forEach(each => { each.open = true })"
"""A script that opens the first `details`; the others are like them."""


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    for name, text in PAGES.items():
        (folder / f"{name}.html").write_text(text(), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in PAGES}


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_violation_in_the_light_and_the_dark_wide_and_narrow(
    opens: Opens, pages: dict[str, Path], name: str
) -> None:
    seen = opens(DESK, pages[name], color_scheme="light")
    seen.page.evaluate(UNFOLD)
    if name != "verdicts":
        query(seen, 5).focus()
    found = [axe(seen), sideways(seen)]
    seen.page.emulate_media(color_scheme="dark")
    seen.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    found += [axe(seen), sideways(seen)]

    assert found == [[], 0, [], 0]
    assert seen.requests == [pages[name].as_uri()]
    assert seen.complaints == []


def test_pointing_at_a_token_shows_where_it_looks_until_one_points_elsewhere(
    opens: Opens, pages: dict[str, Path]
) -> None:
    seen = opens(path=pages["report"])
    idle = readout(seen).inner_text()
    token(seen, 5).hover()

    expect(readout(seen)).to_have_text("2nd Nora looks at 1st waved 80 %, <|endoftext|> 20 %")
    assert lit(seen) == {"row": ["5"], "query": ["5"], "key": ["0", "2"]}
    seen.page.mouse.move(1, 1)
    expect(readout(seen)).to_have_text(idle)
    assert lit(seen) == {"row": [], "query": [], "key": []}


def test_a_tap_holds_a_token_until_another_or_beside_it(opens: Opens, pages: dict[str, Path]) -> None:
    seen = opens(PHONE, pages["report"], has_touch=True)
    idle = readout(seen).inner_text()
    token(seen, 5).tap()
    first = readout(seen).inner_text()
    token(seen, 3).tap()
    second = readout(seen).inner_text()
    seen.page.locator("#claim-1 h2").tap()

    assert first.startswith("2nd Nora looks at ")
    assert second.startswith(", looks at ")
    expect(readout(seen)).to_have_text(idle)


def test_the_keys_walk_through_the_tokens_and_escape_lets_go(opens: Opens, pages: dict[str, Path]) -> None:
    seen = opens(path=pages["report"])
    query(seen, 0).focus()
    said = []
    for key in ("ArrowDown", "ArrowRight", "End", "ArrowUp", "Home"):
        seen.page.keyboard.press(key)
        said.append(lit(seen)["query"])
    seen.page.keyboard.press("Enter")
    held = readout(seen).get_attribute("class")
    seen.page.keyboard.press("Escape")

    assert said == [["1"], ["2"], ["9"], ["8"], ["0"]]
    assert held == "readout held"
    assert lit(seen)["query"] == []


def test_one_picture_is_one_stop_for_the_tab_key(opens: Opens, pages: dict[str, Path]) -> None:
    seen = opens(path=pages["head"])

    assert seen.page.locator(".query[tabindex='0']").count() == 1
    assert seen.page.locator(".query[tabindex='-1']").count() == len(planted_pages.TOKENS) - 1


def test_the_map_is_one_stop_for_the_tab_key_and_the_arrow_keys_walk_in_it(
    opens: Opens, pages: dict[str, Path]
) -> None:
    seen = opens(path=pages["scan"])
    cell(seen, "L0H0").focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "ArrowLeft", "ArrowLeft"):  # there is nothing left of the last
        seen.page.keyboard.press(key)

    expect(cell(seen, "L2H0")).to_be_focused()
    assert seen.page.locator(".cell[tabindex='0']").count() == 1
    seen.page.keyboard.press("Tab")
    expect(seen.page.locator("nav a").first).to_be_focused()


def test_the_map_leads_from_a_head_to_its_claim_or_to_its_line(opens: Opens, pages: dict[str, Path]) -> None:
    seen = opens(path=pages["report"])
    cell(seen, "L3H3").press("Enter")

    expect(seen.page.locator("#claim-2")).to_be_in_viewport()
    cell(seen, "L4H0").click()
    expect(seen.page.locator("#head-4-0")).to_be_in_viewport()
    expect(seen.page.locator("#head-4-0")).to_contain_text("L4H0: induction, not confirmed; score 0.00")


def test_the_map_of_all_heads_opens_the_head_that_is_chosen(opens: Opens, pages: dict[str, Path]) -> None:
    seen = opens(path=pages["scan"])
    inside = seen.page.locator("#head-0-0")
    expect(inside).to_be_hidden()
    cell(seen, "L0H0").focus()
    seen.page.keyboard.press("Enter")

    expect(inside).to_be_visible()
    assert inside.locator("tbody tr th").all_inner_texts()[-3:] == [
        "induction",
        "syntactic, verb to subject",
        "positional, offset -1",
    ]
    expect(inside.locator(".picture .heat")).to_be_visible()
    seen.page.locator("#kind-1 .ranked a").first.click()
    expect(seen.page.locator("#head-4-0")).to_be_in_viewport()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_word_is_defined_for_the_mouse_the_keys_and_a_screen_reader(
    opens: Opens, pages: dict[str, Path], scripts: bool
) -> None:
    seen = opens(path=pages["report"], java_script_enabled=scripts)
    word = seen.page.locator("#claim-1 .checks .term").first
    definition = DEFINITIONS["share"]
    expect(word).to_have_attribute("title", definition)
    expect(word).to_have_accessible_description(definition)
    seen.page.locator("nav a").first.focus()
    while not word.evaluate("word => word === document.activeElement"):
        seen.page.keyboard.press("Tab")

    assert definition in word.evaluate("word => getComputedStyle(word, '::after').content")
    expect(word).to_have_accessible_name("share")
    expect(seen.page.locator("#term-share")).to_be_hidden()
    seen.page.keyboard.press("Enter")
    expect(seen.page.locator("#term-share")).to_be_in_viewport()
    expect(seen.page.get_by_text(definition)).to_be_visible()


def test_without_scripts_everything_can_be_read_and_reached(opens: Opens, pages: dict[str, Path]) -> None:
    report = opens(path=pages["report"], java_script_enabled=False)
    for said in ("is confirmed as induction", "L0H0 scores 0.93, rank 1.", "positional, offset -1"):
        expect(report.page.locator("main")).to_contain_text(said)
    expect(report.page.locator("#claim-1 .cloud .here")).to_be_visible()
    expect(report.page.locator("#claim-1 .heat").first).to_be_visible()
    report.page.locator("#claim-1 .in-numbers summary").first.click()
    expect(report.page.locator("#claim-1 td").first).to_be_visible()
    expect(readout(report)).to_be_hidden()
    whole = opens(path=pages["scan"], java_script_enabled=False)
    cell(whole, "L4H1").click()
    expect(whole.page.locator("#head-4-1")).to_be_visible()
    whole.page.locator("details:has(> #head-2-2) > summary").click()
    expect(whole.page.locator("#head-2-2")).to_be_visible()


def test_a_map_of_outcomes_tells_of_no_head_that_was_not_claimed(opens: Opens, pages: dict[str, Path]) -> None:
    seen = opens(path=pages["verdicts"])
    labels = seen.page.locator(".head-map .cell").evaluate_all("all => all.map(each => each.title)")

    assert len(labels) == 25
    assert [label for label in labels if ":" in label] == [
        "L0H0; your claim induction: confirmed",
        "L0H4; your claim induction: refuted",
        "L2H1; your claim syntactic, verb to subject: refuted",
        "L3H3; your claim induction: not confirmed yet",
    ]
    assert seen.page.locator(".cloud, .heat").count() == 0


def sideways(seen: Seen) -> int:
    """Return the pixels by which the page is wider than the window."""
    return int(seen.page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def query(seen: Seen, row: int) -> Locator:
    return seen.page.locator(".view").first.locator(".query").nth(row)


def token(seen: Seen, row: int) -> Locator:
    return query(seen, row).locator("text")


def readout(seen: Seen) -> Locator:
    return seen.page.locator(".readout").first


def cell(seen: Seen, name: str) -> Locator:
    return seen.page.locator(f'a.cell[title^="{name}"]')


def lit(seen: Seen) -> dict[str, list[str]]:
    """Return the rows, queries and keys of the first picture that are lit."""
    found = seen.page.locator(".picture").first.evaluate(
        """picture => Object.fromEntries(["row", "query", "key"].map(part => [part, [...new Set(
        [...picture.querySelectorAll(`.${part}.lit`)].map(each => each.dataset.row ?? each.dataset.key))]]))"""
    )
    return dict(found)


def axe(seen: Seen) -> list[str]:
    violations = Axe().run(seen.page).response["violations"]
    return [f"{violation['id']}: {node['html']}" for violation in violations for node in violation["nodes"]]
