"""Sessions: how one begins and ends, and what an attacker tries with one."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from grader.doors.web.house import GUESSES_PER_MINUTE
from grader.doors.web.pages.crossing import own_path
from grader.doors.web.pages.entering import enter
from grader.doors.web.rates import Rates
from grader.ledger.columns import written
from grader.ledger.database import FILE
from grader.ledger.people import tokens as kept
from grader.ledger.tables import SESSIONS, TOKENS
from grader.service.entrance import sessions, tokens
from grader.service.entrance.tokens import Owner, TokenError
from grader.service.entrance.visitors import Visitor
from tests.doors.web.pages.visiting import COOKIE, FORM, Browser, person, signed_in
from tests.support.door import DAY, Door, token

ADA = Visitor("local", "ada", "student", "cs-101")


def rows(door: Door) -> int:
    with door.ledger.database.connection() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(SESSIONS)) or 0


def test_a_token_signs_somebody_in_until_they_sign_out(door: Door) -> None:
    browser = Browser(door)
    before = browser.get("/progress")
    entered = browser.sign_in(person(door, "student", "ada"), "/progress")
    inside = browser.get("/progress")
    secret = browser.client.cookies[COOKIE]
    left = browser.sign_out()
    browser.client.cookies.set(COOKIE, secret, domain="127.0.0.1")
    again = browser.get("/progress")

    assert (before.status_code, entered.status_code, inside.status_code) == (401, 303, 200)
    assert entered.headers["location"] == "/progress"
    assert (left.status_code, left.headers["location"]) == (303, "/sign-in")
    assert (again.status_code, rows(door)) == (401, 0)
    assert 'value="/progress"' in before.text


def test_the_cookie_is_read_by_no_script_and_by_no_neighbour(door: Door, tmp_path: Path) -> None:
    near = Browser(door).sign_in(person(door, "operator")).headers["set-cookie"]
    far = Door(door.ledger, tmp_path, GRADER_WEB_URL="https://grader.example")
    headers = {"Origin": "https://grader.example"}
    away = Browser(far).sign_in(person(door, "operator"), **headers).headers["set-cookie"]

    assert near.startswith("session-8700=")
    assert near.endswith("; Max-Age=43200; Path=/; HttpOnly; SameSite=Lax")
    assert away.startswith("__Host-session=")
    assert away.endswith("; Max-Age=43200; Path=/; HttpOnly; Secure; SameSite=None; Partitioned")


def test_what_the_browser_shows_is_kept_nowhere(door: Door, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    shown = person(door, "student", "ada")
    with caplog.at_level("DEBUG"):
        browser = Browser(door)
        browser.sign_in(shown)
        browser.get("/progress")
    secret = browser.client.cookies[COOKIE]
    files = b"".join(file.read_bytes() for file in tmp_path.rglob(f"{FILE}*"))

    assert files
    assert secret.encode() not in files
    assert shown.encode() not in files
    assert secret not in caplog.text
    assert shown not in caplog.text


def test_tokens_that_are_not_a_persons_let_nobody_in(door: Door) -> None:
    revoked, over = person(door, "student", "ada"), tokens.issue(door.ledger, "local", (), Owner(None, "operator"), DAY)
    kept.revoke(door.ledger, kept.listed(door.ledger)[-2].number)
    past = door.ledger.now() - timedelta(seconds=1)
    with door.ledger.database.connection(write=True) as connection:
        connection.execute(sa.update(TOKENS).where(TOKENS.c.role == "operator").values(expires_at=written(past)))
    browser = Browser(door)
    for shown in (revoked, over, door.all, token(door.ledger, student="ada"), "", "hgt_", "x" * 5000, "é"):
        answer = browser.sign_in(shown)

        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False), shown[:8]
        assert 'role="alert"' in answer.text
        assert shown == "" or shown not in answer.text
    assert browser.get(f"/progress?token={person(door, 'operator')}").status_code == 401


def test_guessing_is_slowed_and_locks_nobody_out(door: Door) -> None:
    browser = Browser(door)
    door.house.guesses = Rates(GUESSES_PER_MINUTE, lambda: 0.0)
    tried = [browser.sign_in(f"hgt_{number}").status_code for number in range(GUESSES_PER_MINUTE + 2)]

    assert tried == [403] * GUESSES_PER_MINUTE + [429] * 2
    assert browser.sign_in(person(door, "student", "ada")).status_code == 303


def test_a_session_that_somebody_else_knows_is_not_taken_over(door: Door) -> None:
    """Fixation: the victim's browser shows the attacker's session, or a value that the attacker chose."""
    attacker, victim = signed_in(door, "student", "eve"), Browser(door)
    planted = attacker.client.cookies[COOKIE]
    victim.client.cookies.set(COOKIE, planted, domain="127.0.0.1")
    victim.sign_in(person(door, "student", "ada"))

    assert victim.get("/progress").status_code == 200
    assert planted not in [each.value for each in victim.client.cookies.jar if each.domain == "127.0.0.1"]
    assert attacker.get("/progress").status_code == 401
    attacker.client.cookies.clear()
    attacker.client.cookies.set(COOKIE, "chosen", domain="127.0.0.1")
    fresh = attacker.sign_in(person(door, "student", "eve")).headers["set-cookie"]
    assert "chosen" not in fresh


def test_a_session_ends_by_itself_and_with_its_token_and_its_platform(door: Door) -> None:
    over, revoked, other = (signed_in(door, "student", name) for name in ("ada", "bob", "eve"))
    with door.ledger.database.connection(write=True) as connection:
        past = written(door.ledger.now() - timedelta(seconds=1))
        connection.execute(sa.update(SESSIONS).where(SESSIONS.c.student == "ada").values(ends_at=past))
    kept.revoke(door.ledger, next(each.number for each in kept.listed(door.ledger) if each.student == "bob"))

    assert [each.get("/progress").status_code for each in (over, revoked, other)] == [401, 401, 200]
    signed_in(door, "operator")
    assert rows(door) == 3  # the one that was over is gone
    del door.house.platforms["local"]
    assert other.get("/progress").status_code == 401


def test_a_session_is_no_longer_than_its_token(door: Door) -> None:
    tokens.issue(door.ledger, "local", (), Owner("ada", "student"), timedelta(hours=1))
    sessions.begin(door.ledger, ADA, token=kept.listed(door.ledger)[-1])
    with door.ledger.database.connection() as connection:
        ends_at = connection.scalar(sa.select(SESSIONS.c.ends_at))

    assert ends_at < written(door.ledger.now() + timedelta(hours=1))


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1:8700.evil.example"},
        {"Origin": "http://127.0.0.1:8701"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json"},
    ],
)
def test_no_other_site_can_sign_somebody_in_or_out(door: Door, headers: dict[str, str]) -> None:
    browser = signed_in(door, "student", "ada")
    body = f"token={person(door, 'student', 'eve')}"
    refused = [
        browser.client.post(path, content=body, headers={**FORM, **headers}) for path in ("/sign-in", "/sign-out")
    ]
    silent = browser.client.post("/sign-out", content=body, headers={"Content-Type": FORM["Content-Type"]})

    assert {each.status_code for each in refused} <= {403, 415}
    assert silent.status_code == 403
    assert not any("set-cookie" in each.headers for each in (*refused, silent))
    assert browser.get("/progress").status_code == 200
    assert browser.get("/sign-out").status_code == 405


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        " //evil.example",
        "/a\r\nSet-Cookie: b=c",
        "/é",
        "evil.example",
        "/x#@evil.example",
        "",
    ],
)
def test_no_way_in_leads_to_another_site(door: Door, target: str) -> None:
    answer = Browser(door).sign_in(person(door, "student", "ada"), target)

    assert answer.headers["location"] == "/"
    assert answer.headers.get_list("set-cookie")[0].count("=") == 4


def test_our_own_addresses_stay_as_they_are() -> None:
    for path in ("/", "/progress", "/explore/mini-heads/", "/gallery/found/all_page-2.html", "/reports/local/a:b"):
        assert own_path(path) == path


def launched(door: Door, visitor: Visitor, target: str, framed_by: tuple[str, ...]) -> Response:
    """What a launch of a platform is answered."""

    async def launch(request: Request) -> Response:
        request.state.framed_by = framed_by
        return await enter(door.house, request, visitor, target)

    app = Starlette(routes=[Route("/lti/launch", launch, methods=["POST"])])
    return TestClient(app, base_url=door.house.url, follow_redirects=False).post("/lti/launch")  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("visitor", "target", "place"),
    [
        (ADA, "mini-heads", "/explore/mini-heads/"),
        (ADA._replace(role="instructor"), "mini-heads", "/teaching/mini-heads"),
        (ADA, "/progress", "/progress"),
        (ADA, "", "/"),
        (ADA, "//evil.example", "/"),
    ],
)
def test_a_launch_leads_to_its_exercise(door: Door, visitor: Visitor, target: str, place: str) -> None:
    assert launched(door, visitor, target, ()).headers["location"] == place


def test_only_the_visitors_platform_may_show_pages_in_its_own(door: Door) -> None:
    origins = ("https://lms.example", "https://evil.example; script-src *", "https://lms.example:8443", "*")
    answer = launched(door, ADA, "/progress", origins)
    framed, alone = Browser(door), signed_in(door, "student", "bob")
    framed.client.cookies.set(COOKIE, answer.headers["set-cookie"].partition("=")[2].partition(";")[0])
    paths = (
        "/",
        "/progress",
        "/reports/local/none",
        "/explore/none/",
        "/exercises/none",
        "/teaching/none",
        "/gallery/none",
    )

    for path in paths:
        inside, outside = framed.get(path), alone.get(path)
        policy = inside.headers["content-security-policy"]
        assert policy.endswith("frame-ancestors https://lms.example https://lms.example:8443"), path
        assert "script-src" not in policy
        assert outside.headers["content-security-policy"].endswith("frame-ancestors 'none'"), path
        assert "x-frame-options" not in inside.headers
    ended = Browser(door).get("/progress", **{"Sec-Fetch-Dest": "iframe"})
    assert (ended.status_code, "<form" in ended.text) == (401, False)


def test_every_page_is_kept_nowhere_and_loads_nothing(door: Door) -> None:
    browser = signed_in(door, "operator")
    for path in ("/", "/sign-in", "/teaching/planted-heads", "/teaching/planted-heads/cohort", "/nothing"):
        answer = browser.get(path)
        policy = answer.headers["content-security-policy"]

        assert answer.headers["cache-control"] == "no-store"
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert "http" not in policy
        assert "<script" not in answer.text


def test_whose_a_token_is_must_make_sense(door: Door) -> None:
    for whose in (Owner(None, "student"), Owner("ada", "operator"), Owner(course="cs"), Owner(None, "operator", "cs")):
        with pytest.raises(TokenError):
            tokens.issue(door.ledger, "local", (), whose, DAY)
    with pytest.raises(TokenError, match="no role `king`"):
        tokens.issue(door.ledger, "local", (), Owner(None, "king"), DAY)  # type: ignore[arg-type]
