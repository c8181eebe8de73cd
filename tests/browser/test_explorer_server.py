"""`grade explore` in a real browser: from the printed address to a verdict in its place."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from grader.ledger import Ledger
from tests.browser.conftest import DESK
from tests.cli.conftest import ID, Bench, bench, cold, home
from tests.explorer.conftest import running

__all__ = ["bench", "cold", "home"]

pytestmark = pytest.mark.browser

TEXT = "the king near the old bridge waits and the king near the old bridge waits"


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
        page.goto(served.address)
        page.wait_for_url(f"{served.origin}/")
        page.locator("#sentence-text").fill(TEXT)
        page.locator(f"#cell-L{layer}H{head}").click()
        page.locator("#kind-induction").click()
        page.get_by_role("button", name=f"Claim L{layer}H{head} as").click()
        page.get_by_role("button", name="Hand in 1 claim").click()
        expect(page.locator(".verdict .sign").filter(has_text="confirmed").first).to_be_visible(timeout=60_000)
        with context.expect_page() as opened:
            page.get_by_role("link", name="The whole report").click()
        whole = opened.value.content()
        at = page.url
        context.close()
    with Ledger(f"sqlite:///{home / 'ledger.sqlite3'}") as ledger:
        (entry,) = ledger.entries()

    assert is_shut
    assert complaints == []
    assert "token" not in at
    assert f"L{layer}H{head}" in whole
    assert entry.report.student == "login-name"
    assert [(each.claim.place, each.outcome) for each in entry.report.verdicts] == [(f"L{layer}H{head}", "confirmed")]
    assert entry.report.verdicts[0].claim.evidence == TEXT
