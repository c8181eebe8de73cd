"""A visitor of the pages for the tests: a browser without a window, which is signed in."""

from collections.abc import Mapping

import httpx
from starlette.testclient import TestClient

from grader.doors.web.application import application
from grader.service.entrance import tokens
from grader.service.entrance.tokens import Owner
from tests.support.door import DAY, Door

ORIGIN = "http://127.0.0.1:8700"
FORM = {"Origin": ORIGIN, "Content-Type": "application/x-www-form-urlencoded"}
COOKIE = "session-8700"


def person(
    door: Door, role: str, student: str | None = None, platform: str = "local", course: str | None = None
) -> str:
    """Return a token with which somebody signs in."""
    return tokens.issue(door.ledger, platform, (), Owner(student, role, course), DAY)  # type: ignore[arg-type]


class Browser:
    """Somebody's browser at the door: it keeps cookies, and follows no redirect."""

    def __init__(self, door: Door) -> None:
        self.client = TestClient(application(door.house), base_url=door.house.url, follow_redirects=False)

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Open a page."""
        return self.client.get(path, headers=headers)

    def sign_in(self, token: str, target: str = "/", **headers: str) -> httpx.Response:
        """Show a token on the page for that."""
        return self.client.post("/sign-in", data={"token": token, "target": target}, headers={**FORM, **headers})

    def sign_out(self) -> httpx.Response:
        """Press the button."""
        return self.client.post("/sign-out", data={"x": ""}, headers=FORM)

    def ask(self, path: str, question: Mapping[str, object], **headers: str) -> httpx.Response:
        """Ask as a script on our page does."""
        return self.client.post(path, json=question, headers={"Origin": ORIGIN, **headers})


def signed_in(door: Door, role: str, student: str | None = None, **more: str) -> Browser:
    """Return the browser of somebody who is signed in."""
    browser = Browser(door)
    assert browser.sign_in(person(door, role, student, **more)).status_code == 303
    return browser
