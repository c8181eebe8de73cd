"""The gallery in use, opened from files: filters, the Tab key, links and the way back, for everybody."""

import json
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from grader.gallery import feeds
from grader.gallery.folder import replaced
from grader.gallery.site import Site
from tests.browser.conftest import DESK, Opens, Seen
from tests.gallery.planted import Class, right

pytestmark = pytest.mark.browser

PHONE = (390, 844)
STUDENTS = 10
INDUCTION = STUDENTS
"""The number of induction heads, since each student finds one head of each kind."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    room = Class(tmp_path_factory.mktemp("room"))
    room.keep_pictures()
    for number in range(STUDENTS):
        sentence = "the keys near the old door are red and heavy and not at all new but very well kept"
        claims = right(number % 4, f"a note, the {number}th of them", sentence)
        for claim in claims:
            room.keep_sentence(claim)
        room.hand_in(f"student{number}", *claims, gallery_name=f"Finder {number}" if number % 2 else None)
    out = tmp_path_factory.mktemp("built") / "site"
    with replaced(out) as folder:
        Site(room.gallery(), folder).write()
    return out


def entry(site: Path) -> Path:
    """Return the page of the newest entry."""
    return site / json.loads((site / feeds.JSON_NAME).read_text())["items"][0]["url"]


def axe(seen: Seen) -> list[str]:
    found = Axe().run(seen.page)
    return [
        f"{violation['id']}: {node['html']}"
        for violation in found.response["violations"]
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize(("scheme", "size"), [("light", DESK), ("dark", PHONE)])
def test_axe_finds_no_violation_nothing_scrolls_sideways_or_comes_from_elsewhere(
    opens: Opens, site: Path, scheme: str, size: tuple[int, int]
) -> None:
    for path in (site / "index.html", site / "found" / "all_page-2.html", entry(site)):
        seen = opens(size, path=path, color_scheme=scheme)
        assert seen.page.evaluate("document.documentElement.scrollWidth") == size[0], path
        assert seen.complaints == [], path
        assert [request for request in seen.requests if not request.startswith(site.as_uri())] == []
        assert axe(seen) == [], path  # which asks for what the page forbids


def test_choices_narrow_down_and_come_back(opens: Opens, site: Path) -> None:
    seen = opens(path=site / "index.html")
    page = seen.page
    page.get_by_role("link", name=re.compile("See all 50")).click()
    page.get_by_role("link", name=re.compile("^induction 10")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("induction")
    expect(page.locator(".card")).to_have_count(INDUCTION)
    page.get_by_role("list", name="Layer").get_by_role("link", name=re.compile("^3 ")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("induction, layer 3")
    expect(page.locator(".card")).to_have_count(3)
    expect(page.locator("[aria-current]").first).to_contain_text("induction")
    page.locator(".card a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("L3H3 induction")
    page.go_back()
    expect(page.locator(".card")).to_have_count(3)
    assert seen.complaints == []


def test_the_map_leads_to_who_found_a_head(opens: Opens, site: Path) -> None:
    seen = opens(path=site / "index.html")
    seen.page.get_by_role("link", name=re.compile("^L0H2: induction")).click()

    expect(seen.page.get_by_role("heading", level=1)).to_have_text("L0H2")
    expect(seen.page.locator(".card")).to_have_count(3)


def test_a_phone_shows_the_links_that_lead_on(opens: Opens, site: Path) -> None:
    seen = opens(PHONE, path=site / "index.html")
    expect(seen.page.get_by_role("link", name=re.compile("^See all")).first).to_be_visible()


def test_cards_and_tokens_are_reached_with_the_keys(opens: Opens, site: Path) -> None:
    seen = opens(path=site / "found" / "semantic.html")
    page = seen.page
    page.get_by_role("list", name="Layer").get_by_role("link").last.focus()
    page.keyboard.press("Tab")
    expect(page.locator(".card a").first).to_be_focused()
    page.keyboard.press("Enter")
    framed = page.frame_locator("iframe").first
    framed.locator(".query").nth(3).focus()
    expect(framed.locator(".readout")).to_contain_text("looks at")
    expect(framed.locator(".row.lit")).to_have_count(1)


def test_framed_pictures_are_as_high_as_they_need(opens: Opens, site: Path) -> None:
    seen = opens(PHONE, path=entry(site))
    frame = seen.page.locator("iframe").first
    inside = seen.page.frames[1]
    inside.locator("body").wait_for()
    before = str(frame.get_attribute("height"))
    inside.locator("summary").first.click()
    expect(frame).not_to_have_attribute("height", before)

    assert int(frame.get_attribute("height") or 0) > int(before)
    assert inside.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_pages_of_a_list_follow_each_other(opens: Opens, site: Path) -> None:
    seen = opens(path=site / "found" / "all.html")
    first = seen.page.locator(".card a").first.get_attribute("href")
    seen.page.get_by_role("link", name="next →").click()
    expect(seen.page.locator(".card")).to_have_count(50 - 36)
    assert seen.page.locator(".card a").first.get_attribute("href") != first
    seen.page.get_by_role("link", name="← previous").click()
    expect(seen.page.locator(".card a").first).to_have_attribute("href", str(first))


def test_without_scripts_everything_is_there(opens: Opens, site: Path) -> None:
    seen = opens(PHONE, path=site / "index.html", java_script_enabled=False)
    page = seen.page
    expect(page.locator(".card")).to_have_count(5)
    page.locator(".card a").first.click()
    expect(page.locator("blockquote")).to_contain_text("a note")
    framed = page.frame_locator("iframe").first
    expect(framed.locator(".cell").first).to_be_visible()
    framed.locator("summary").click()
    expect(framed.locator("tbody tr").first).to_be_visible()
    page.get_by_role("link", name=re.compile("^all 10 of")).click()
    expect(page.locator(".card")).to_have_count(10)
