"""The calibration page for everybody: axe, phones, dark colours, no scripts, no network."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import DESK, NARROWEST, PHONE, Opens, Seen
from tests.support.planted_calibration import calibration

pytestmark = pytest.mark.browser

KINDS = {kind.name: kind for kind in calibration().kinds}
INDUCTION = "induction"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE])
def test_axe_finds_no_violation(opens: Opens, scheme: str, size: tuple[int, int]) -> None:
    seen = opens(size, color_scheme=scheme)
    for summary in seen.page.locator("summary").all():
        if summary.is_visible():
            summary.click()
    found = [_axe(seen)]
    seen.slider(INDUCTION).press("PageDown")
    seen.page.keyboard.press("Tab")  # a head has the focus, and is named
    found.append(_axe(seen))

    assert found == [[], []]


@pytest.mark.parametrize("size", [DESK, PHONE, NARROWEST])
def test_no_page_scrolls_sideways(opens: Opens, size: tuple[int, int]) -> None:
    seen = opens(size)

    assert seen.page.evaluate("document.documentElement.scrollWidth") == size[0]


def test_nothing_is_asked_from_anywhere(opens: Opens, file: Path) -> None:
    seen = opens()
    seen.slider(INDUCTION).press("PageUp")
    seen.kind(INDUCTION).locator("summary").last.click()

    assert seen.requests == [file.as_uri()]
    assert seen.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_without_scripts_everything_is_there_for_the_present_threshold(opens: Opens, scheme: str) -> None:
    seen = opens(java_script_enabled=False, color_scheme=scheme)

    for name, kind in KINDS.items():
        shown = seen.kind(name)
        places = shown.locator(".heads .place").all_text_contents()
        assert places == [head.place for head in sorted(kind.heads, key=lambda head: not head.confirmed)]
        assert seen.number(name, "noise") == str(kind.in_noise)
        expect(shown.locator(".grip")).to_be_visible()
        expect(shown.locator("[data-yaml]")).to_contain_text(f"at_least: {kind.at_least:.2f}")
        assert shown.locator(".head title").count() == len(kind.heads)
    assert seen.page.get_by_role("slider").count() == 0
    assert seen.page.get_by_role("button").count() == 0
    assert seen.page.get_by_text("drag it").is_visible() is False


def _axe(seen: Seen) -> list[str]:
    found = Axe().run(seen.page)
    return [
        f"{violation['id']}: {node['html']}"
        for violation in found.response["violations"]
        for node in violation["nodes"]
    ]
