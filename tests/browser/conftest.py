"""A real browser without a network: Chromium with Playwright; `CHROMIUM` may name another one than Debian's."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from grader.report.pages import calibration as calibration_page
from tests.support.planted_calibration import calibration

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
DESK, PHONE, NARROWEST = (1000, 900), (360, 780), (320, 640)
"""Widths and heights of windows in pixels; the narrowest is the one in WCAG's rule on reflow."""


SHOWN = """kind => ({
  ...Object.fromEntries(
    [...kind.querySelectorAll("[class^=n-]")].map(each => [each.className.slice(2), each.textContent])
  ),
  in: [...kind.querySelectorAll(".heads.in .place")].map(each => each.textContent),
  out: [...kind.querySelectorAll(".heads.out .place")].map(each => each.textContent),
  said: kind.querySelector(".threshold").getAttribute("aria-valuetext"),
})"""


@dataclass
class Seen:
    """A page with its requests and its error messages."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def kind(self, name: str) -> Locator:
        return self.page.locator(f'.kind[data-name="{name}"]')

    def slider(self, name: str) -> Locator:
        return self.kind(name).get_by_role("slider")

    def number(self, name: str, what: str) -> str:
        return self.kind(name).locator(f".n-{what}").first.inner_text()

    def shown(self, name: str) -> dict[str, object]:
        """Return all numbers and lists of a kind, read at once."""
        return dict(self.kind(name).evaluate(SHOWN))


Opens = Callable[..., Seen]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "calibration.html"
    path.write_text(calibration_page.render(calibration()), encoding="utf-8")
    return path


@pytest.fixture
def opens(browser: Browser, file: Path) -> Iterator[Opens]:
    """A function that opens a page with options for `browser.new_context`; by default the planted calibration's."""
    contexts = []

    def opened(size: tuple[int, int] = DESK, path: Path = file, **options: object) -> Seen:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)  # type: ignore[arg-type]
        contexts.append(context)
        seen = Seen(context.new_page())
        seen.page.on("request", lambda request: seen.requests.append(request.url))
        seen.page.on("console", lambda message: seen.complaints.append(message.text))
        seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        seen.page.goto(path.as_uri())
        return seen

    yield opened
    for context in contexts:
        context.close()
