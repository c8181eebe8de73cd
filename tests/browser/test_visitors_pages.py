"""The pages behind the web door in a real browser: for everybody, by keyboard, and in a frame of another site."""

import http.server
import threading
from collections.abc import Iterator
from functools import partial

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from grader import exercises
from grader.ledger.people.hints import taken
from grader.service.entrance import sessions, tokens
from grader.service.entrance.tokens import Owner
from grader.service.entrance.visitors import Visitor
from tests.browser.conftest import DESK, NARROWEST
from tests.support.door import DAY, RunningDoor, posted

pytestmark = pytest.mark.browser

MINI, DEAR = "mini-heads", "dear-heads"
ASKED, HINT, TEACHING = f"/exercises/{DEAR}", "hint=induction", f"/teaching/{MINI}"
NOTHING = "since=2026-02-02&until=2026-02-01"
FILE = f"exercise: {MINI}\nclaims:\n  - {{layer: 0, head: 0, type: positional, offset: -1}}\n"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDoor]:
    """A real process with the shipped exercises, and with one whose hints cost XP."""
    with RunningDoor(tmp_path_factory.mktemp("visited"), GRADER_WEB_PER_MINUTE="100000") as opened:
        dear = exercises.load(MINI).model_copy(update={"id": DEAR, "hint_costs": 5})
        (opened.folder / "exercises" / DEAR).mkdir()
        (opened.folder / "exercises" / DEAR / "exercise.yaml").write_text(dear.model_dump_json(exclude_none=True))
        yield opened


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": DESK[0], "height": DESK[1]}, locale="en-US")
    yield opened
    opened.close()


def sign_in(page: Page, door: RunningDoor, role: str, student: str | None = None) -> None:
    token = tokens.issue(door.ledger, "local", (), Owner(student, role), DAY)  # type: ignore[arg-type]
    page.goto(f"{door.url}/sign-in")
    page.get_by_label("Token", exact=True).fill(token)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{page.url} {each['id']}: {node['html']}" for each in found for node in each["nodes"]]


def looked_at(page: Page) -> list[object]:
    """What is wrong with the page: on a desk in the light, and on the narrowest window in the dark."""
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    page.emulate_media(color_scheme="light")
    found: list[object] = list(violations(page))
    page.set_viewport_size({"width": NARROWEST[0], "height": NARROWEST[1]})
    page.emulate_media(color_scheme="dark")
    if (width := page.evaluate("document.documentElement.scrollWidth")) != NARROWEST[0]:
        found.append(f"{page.url} is {width} wide")
    return found + violations(page)


def test_axe_finds_no_violation_and_nothing_is_asked_from_elsewhere(door: RunningDoor, context: BrowserContext) -> None:
    with door.client() as client:
        client.post("/submissions", json=posted("seen-1", submission=FILE))
    door.work()
    page = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{door.url}/sign-in")
    found = looked_at(page)
    page.get_by_label("Token", exact=True).fill("hgt_wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("opens no pages")
    found += looked_at(page)
    for role, student, paths in (
        (
            "student",
            "ada",
            ("/", "/progress", "/reports/local/seen-1", "/reports/local/none", ASKED, f"{ASKED}?{HINT}"),
        ),
        ("operator", None, ("/", TEACHING, f"{TEACHING}?{NOTHING}", f"{TEACHING}/cohort", f"{TEACHING}/calibration")),
    ):
        sign_in(page, door, role, student)
        for path in paths:
            page.goto(f"{door.url}{path}")
            found += looked_at(page)

    assert found == []
    assert [url for url in asked if not url.startswith(door.url)] == []
    assert [each for each in complaints if "status of 4" not in each] == []


def test_a_student_signs_in_claims_hands_in_and_signs_out(door: RunningDoor, context: BrowserContext) -> None:
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sign_in(page, door, "student", "grace")
    page.locator(f'a[href="/explore/{MINI}/"]').click()
    page.locator("#cell-L0H0").click()
    page.locator("[id='kind-positional--1']").click()
    page.get_by_role("button", name="Claim L0H0 as").click()
    with page.expect_response(lambda answer: answer.url.endswith("/api/hand-in")):
        page.get_by_role("button", name="Hand in 1 claim").click()
    door.work()
    expect(page.locator(".result")).to_be_visible(timeout=60_000)
    with context.expect_page() as opened:
        page.get_by_role("link", name="The whole report").click()
    report = opened.value
    expect(report.locator("#claim-1")).to_contain_text("L0H0")
    report.get_by_role("link", name="My progress").click()
    expect(report.get_by_role("link", name="20").first).to_be_visible()
    report.get_by_role("button", name="Sign out").click()
    expect(report.get_by_label("Token", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_label("Token", exact=True)).to_be_visible()
    sign_in(page, door, "student", "another")
    page.goto(f"{door.url}/explore/{MINI}/")
    expect(page.locator("#cell-L0H0")).to_be_visible()

    assert page.get_by_role("button", name="Remove the claim").count() == 0  # the next one in a lab sees none of hers
    assert complaints == []


def test_a_hint_names_its_price_and_two_windows_pay_it_once(door: RunningDoor, context: BrowserContext) -> None:
    windows = [context.new_page(), context.new_page()]
    sign_in(windows[0], door, "student", "hedy")
    for page in windows:
        page.goto(f"{door.url}/explore/{DEAR}/")
        page.locator("#kind-induction").click()
        page.get_by_role("button", name="for 5 XP").click()
        expect(page.get_by_role("alert")).to_have_text("This hint costs 5 XP. Take it?")
        expect(page.get_by_role("button", name="Take the hint")).to_be_focused()
    found = violations(windows[0])
    for page in windows:
        page.keyboard.press("Enter")
        expect(page.locator(".hints li")).to_have_count(1)
        expect(page.locator(".hints li")).to_be_focused()
    first = windows[0].locator(".hints li strong").inner_text()
    windows[1].goto(f"{door.url}{ASKED}")
    part = windows[1].locator("section", has=windows[1].get_by_role("heading", name="induction", exact=False).first)
    expect(part.locator("ol > li strong")).to_have_text([first])
    part.get_by_role("button", name="for 5 XP").click()
    expect(windows[1].get_by_role("alert")).to_have_text("This hint costs 5 XP. Take it?")
    windows[1].get_by_role("link", name="Not now").click()
    expect(windows[1].get_by_role("alert")).to_have_count(0)

    assert found == []
    assert [hint.cost for hint in taken(door.ledger, ["hedy"])] == [5]


class Course(http.server.SimpleHTTPRequestHandler):
    """A course's page, with ours in a frame."""

    def __init__(self, shown: str, *arguments: object) -> None:
        self.shown = shown
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer with the page."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(f'<!doctype html><title>Course</title><iframe src="{self.shown}"></iframe>'.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing."""


@pytest.fixture
def course(door: RunningDoor) -> Iterator[str]:
    """The address of a course on another port, which is another origin."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Course, f"{door.url}/progress"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_only_the_course_that_one_came_from_shows_the_pages_in_a_frame(
    door: RunningDoor, context: BrowserContext, course: str
) -> None:
    page, seen = context.new_page(), {}
    for framed_by in ((course,), ("https://lms.example",)):
        secret = sessions.begin(door.ledger, Visitor("local", "ada", "student"), framed_by)
        context.add_cookies([{"name": f"session-{door.port}", "value": secret, "url": door.url}])
        page.goto(course)
        seen[framed_by[0]] = "My progress" in page.frames[1].content()

    assert seen == {course: True, "https://lms.example": False}
