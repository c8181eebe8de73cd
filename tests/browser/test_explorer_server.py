"""`grade explore` in a real browser, by keyboard alone: from the printed address to a verdict in its place."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from grader.ledger import Ledger
from tests.browser.conftest import DESK
from tests.cli.conftest import ID, Bench, bench, cold, home
from tests.explorer.conftest import running

__all__ = ["bench", "cold", "home"]

pytestmark = pytest.mark.browser

TEXT = "the king near the old bridge waits and the king near the old bridge waits"

LOST = "document.activeElement === null || document.activeElement === document.body"


def press(page: Page, *keys: str) -> None:
    """Press keys; none of them may lose the focus."""
    for key in keys:
        page.keyboard.press(key)
        assert not page.evaluate(LOST), key


def tab_to(place: Locator) -> None:
    """Press the tab key until a place has the focus."""
    expect(place).to_be_visible()
    for _ in range(60):
        press(place.page, "Tab")
        if place.evaluate("each => each === document.activeElement"):
            return
    raise AssertionError(place)


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]


def refused(browser: Browser, address: str) -> bool:
    """Return whether a browser without the token sees nothing of the page."""
    page = browser.new_page()
    answer = page.goto(address)
    shown = page.content()
    page.close()
    return answer is not None and answer.status == 403 and "explorer" not in shown


def test_a_claim_is_looked_at_made_handed_in_and_confirmed(browser: Browser, bench: Bench, home: Path) -> None:
    layer, head = bench.best["induction"]
    complaints: list[str] = []
    with running(bench, home, ID) as served:
        is_shut = refused(browser, served.origin)
        context = browser.new_context(viewport={"width": DESK[0], "height": DESK[1]})
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        kind = page.locator("#kind-induction")
        page.goto(served.address)
        page.wait_for_url(f"{served.origin}/")
        tab_to(page.locator("#sentence-text"))
        press(page, "Control+A")
        page.keyboard.type(TEXT)
        tab_to(page.locator("#cell-L0H0"))
        press(page, *["PageDown"] * layer, *["ArrowRight"] * head, "Enter")
        expect(page.locator("#pinned-title")).to_have_text(f"Head L{layer}H{head}")
        tab_to(page.get_by_role("application"))
        press(page, "ArrowDown", "ArrowDown")
        expect(page.locator(".unseen[role=status]")).to_contain_text("looks at")
        press(page, "Escape")
        tab_to(kind)
        press(page, "Enter")
        expect(kind).to_have_attribute("aria-expanded", "true")
        press(page, "Tab", "Escape")
        expect(kind).to_be_focused()
        press(page, "Enter")
        expect(kind).to_have_attribute("aria-expanded", "true")
        tab_to(page.get_by_role("button", name=f"Claim L{layer}H{head} as"))
        press(page, "Enter")
        expect(page.locator("#kind-induction-more [role=status]")).not_to_be_empty()
        tab_to(page.get_by_role("button", name="Hand in 1 claim"))
        press(page, "Enter")
        expect(page.locator(".verdict .sign").filter(has_text="confirmed").first).to_be_visible(timeout=60_000)
        expect(page.get_by_role("group", name="Result")).to_be_focused()
        found = violations(page)
        page.emulate_media(color_scheme="dark")
        found += violations(page)
        tab_to(page.get_by_role("link", name="The whole report"))
        with context.expect_page() as opened:
            page.keyboard.press("Enter")
        whole = opened.value.content()
        at = page.url
        context.close()
    with Ledger(f"sqlite:///{home / 'ledger.sqlite3'}") as ledger:
        (entry,) = ledger.entries()

    assert is_shut
    assert complaints == []
    assert found == []
    assert "token" not in at
    assert f"L{layer}H{head}" in whole
    assert entry.report.student == "login-name"
    assert [(each.claim.place, each.outcome) for each in entry.report.verdicts] == [(f"L{layer}H{head}", "confirmed")]
    assert entry.report.verdicts[0].claim.evidence == TEXT
