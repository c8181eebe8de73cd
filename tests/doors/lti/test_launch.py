"""A launch is let in only if everything in it is right, and only once."""

import hmac
import json
import logging
import re
import time
from base64 import urlsafe_b64encode
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from tests.support.lti.lms import CLAIM, EVERY, EXERCISE, INSTRUCTOR, LEARNER, Lms, private_key
from tests.support.lti.world import World, cookie_of


def refused(answer: Any) -> str:  # noqa: ANN401
    """Return the code with which a launch was refused."""
    assert answer.status_code == 400
    assert "frame-ancestors *" in answer.headers["content-security-policy"]
    return str(answer.text).partition("<code>")[2].partition("</code>")[0]


@EVERY
def test_a_student_comes_in(tool_server: World, lms: Lms) -> None:
    came = tool_server.launch(lms)

    assert came.status_code == 200
    assert came.json() == {
        "platform": lms.name,
        "student": "ada",
        "role": "student",
        "course": "course-1",
        "name": "",
        "exercise": EXERCISE,
        "framed_by": [lms.url],
    }
    assert came.headers["content-security-policy"] == f"default-src 'none'; frame-ancestors {lms.url}"


def test_the_cookie_works_inside_a_frame_and_nowhere_else(tool_server: World, canvas: Lms) -> None:
    begun = tool_server.begin(canvas.login("ada"))
    name, _, attributes = begun.headers["set-cookie"].partition("=")

    assert name.startswith("__Host-lti-")
    assert attributes.endswith("; Max-Age=600; Path=/; Secure; HttpOnly; SameSite=None; Partitioned")
    finished = tool_server.finish(canvas.authorize(begun.headers["location"]), cookie_of(begun))
    assert finished.headers["set-cookie"].startswith(f"{name}=; Max-Age=0; ")


def framed(lms: Lms, address: str, cookie: str = "") -> httpx.Response:
    """Return the answer to a frame in a course, in a browser that shows this cookie."""
    headers = {"sec-fetch-dest": "iframe", **({"cookie": cookie} if cookie else {})}
    return httpx.get(address, params=None if "?" in address else lms.login("ada"), headers=headers)


def test_in_a_frame_the_cookie_is_shown_before_the_platform_is_asked(tool_server: World, lms: Lms) -> None:
    begun = framed(lms, f"{tool_server.url}/lti/login")
    assert begun.status_code == 303
    assert begun.headers["location"].startswith(f"{tool_server.url}/lti/login?iss=")
    again = framed(lms, begun.headers["location"], cookie_of(begun))

    assert "set-cookie" not in again.headers
    assert tool_server.finish(lms.authorize(again.headers["location"]), cookie_of(begun)).status_code == 200


def test_a_frame_without_cookies_leads_to_a_window_of_its_own(tool_server: World, lms: Lms) -> None:
    begun = framed(lms, f"{tool_server.url}/lti/login")
    for cookie in ("", cookie_of(framed(lms, f"{tool_server.url}/lti/login"))):
        page = framed(lms, begun.headers["location"], cookie)
        assert page.status_code == 200
        assert page.headers["content-security-policy"].endswith("frame-ancestors *")
    (address,) = [unescape(each) for each in re.findall(r'<a href="([^"]*)" target="_blank"', page.text)]
    assert address.startswith(f"{tool_server.url}/lti/login?")
    opened = httpx.get(address, headers={"sec-fetch-dest": "document"})

    assert tool_server.finish(lms.authorize(opened.headers["location"]), cookie_of(opened)).status_code == 200


def test_an_address_that_is_too_long_for_that_goes_to_the_platform_at_once(tool_server: World, canvas: Lms) -> None:
    fields = canvas.login("ada", lti_message_hint="h" * 9000)
    begun = httpx.post(f"{tool_server.url}/lti/login", data=fields, headers={"sec-fetch-dest": "iframe"})

    assert begun.headers["location"].startswith(f"{canvas.url}/auth?")


def test_a_launch_may_begin_with_a_get_and_without_a_client_id(tool_server: World, moodle: Lms) -> None:
    begun = tool_server.begin(moodle.login("ada", client_id=""), "GET")

    assert begun.status_code == 303
    assert tool_server.finish(moodle.authorize(begun.headers["location"]), cookie_of(begun)).status_code == 200


def test_several_launches_may_be_under_way_in_one_browser(tool_server: World, canvas: Lms) -> None:
    first, second = (tool_server.begin(canvas.login("ada")) for _ in range(2))
    both = f"{cookie_of(first)}; {cookie_of(second)}"

    for begun in (second, first):
        assert tool_server.finish(canvas.authorize(begun.headers["location"]), both).status_code == 200


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"iss": "https://elsewhere.example"}, "unknown-platform"),
        ({"client_id": "client-2"}, "unknown-platform"),
        ({"login_hint": ""}, "no-login-hint"),
        ({"target_link_uri": "https://evil.example/lti/exercises/mini-heads"}, "foreign-target"),
        ({"target_link_uri": ""}, "foreign-target"),
    ],
)
def test_a_beginning_that_is_not_right_is_refused(
    tool_server: World, canvas: Lms, changes: dict[str, str], code: str
) -> None:
    assert refused(tool_server.begin(canvas.login("ada", **changes))) == code


def test_no_launch_leads_to_another_site(tool_server: World, canvas: Lms) -> None:
    for target in (f"{tool_server.url}.evil.example/lti/exercises/mini-heads", f"{tool_server.url}@evil.example/"):
        assert refused(tool_server.begin(canvas.login("ada", target_link_uri=target))) == "foreign-target"
        assert refused(tool_server.launch(canvas, **{f"{CLAIM}target_link_uri": target})) == "foreign-target"


NOW = int(time.time())


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"aud": "client-2"}, "wrong-audience"),
        ({"aud": ["client-2", "client-3"]}, "wrong-audience"),
        ({"aud": ["client-1", "client-2"], "azp": None}, "wrong-audience"),
        ({"aud": ["client-1", "client-2"], "azp": "client-2"}, "wrong-audience"),
        ({"azp": "client-2"}, "wrong-audience"),
        ({"iss": "https://elsewhere.example"}, "unknown-platform"),
        ({"iss": 5}, "unknown-platform"),
        ({"nonce": "another"}, "wrong-nonce"),
        ({"nonce": "\ud800"}, "wrong-nonce"),
        ({"nonce": None}, "wrong-nonce"),
        ({f"{CLAIM}deployment_id": "deployment-2"}, "unknown-deployment"),
        ({f"{CLAIM}deployment_id": None}, "unknown-deployment"),
        ({f"{CLAIM}version": "1.1"}, "wrong-version"),
        ({f"{CLAIM}message_type": "LtiStartProctoring"}, "wrong-message"),
        ({f"{CLAIM}message_type": None}, "wrong-message"),
        ({"sub": None}, "anonymous"),
        ({"sub": 5}, "anonymous"),
        ({"sub": "ada\u200b"}, "unusable-id"),
        ({"sub": "ada\x00"}, "unusable-id"),
        ({"sub": "a" * 256}, "unusable-id"),
        ({f"{CLAIM}context": {"id": "c" * 256}}, "unusable-id"),
        ({"exp": NOW - 120}, "expired"),
        ({"exp": None}, "no-time"),
        ({"exp": "never"}, "no-time"),
        ({"exp": float("nan")}, "no-time"),
        ({"iat": None}, "no-time"),
        ({"iat": NOW - 3600}, "expired"),
        ({"iat": NOW + 600}, "from-the-future"),
        ({"nbf": NOW + 600}, "from-the-future"),
        ({f"{CLAIM}target_link_uri": "https://evil.example/"}, "foreign-target"),
        ({f"{CLAIM}target_link_uri": None}, "foreign-target"),
    ],
)
def test_a_launch_with_a_wrong_claim_is_refused(
    tool_server: World, canvas: Lms, changes: dict[str, Any], code: str
) -> None:
    assert refused(tool_server.launch(canvas, **changes)) == code


def test_clocks_may_differ_a_little(tool_server: World, lms: Lms) -> None:
    now = int(time.time())

    assert tool_server.launch(lms, iat=now + 30).status_code == 200
    assert tool_server.launch(lms, iat=now - 90, exp=now - 30).status_code == 200


@EVERY
def test_a_launch_counts_once(tool_server: World, lms: Lms) -> None:
    begun = tool_server.begin(lms.login("ada"))
    form, cookie = lms.authorize(begun.headers["location"]), cookie_of(begun)

    assert tool_server.finish(form, cookie).status_code == 200
    assert refused(tool_server.finish(form, cookie)) == "replayed"


def test_nobody_finishes_a_launch_that_somebody_else_began(tool_server: World, canvas: Lms) -> None:
    theirs, own = (tool_server.begin(canvas.login(name)) for name in ("mallory", "ada"))
    form = canvas.authorize(theirs.headers["location"])

    assert refused(tool_server.finish(form, "")) == "no-cookie"
    assert refused(tool_server.finish(form, cookie_of(own))) == "no-cookie"
    own_state = parse_qs(urlsplit(own.headers["location"]).query)["state"][0]
    assert refused(tool_server.finish({**form, "state": own_state}, cookie_of(own))) == "wrong-nonce"


def test_a_message_for_one_platform_is_none_for_another(tool_server: World, canvas: Lms, moodle: Lms) -> None:
    begun = tool_server.begin(canvas.login("ada"))
    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    token = moodle.signed(moodle.claims("ada", asked["nonce"][0]))

    assert (
        refused(tool_server.finish({"state": asked["state"][0], "id_token": token}, cookie_of(begun))) == "wrong-nonce"
    )


def unsigned(claims: dict[str, Any]) -> str:
    """Return the message as one that says of itself that it is not signed."""
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return ".".join([urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts] + [""])


def with_the_public_key(lms: Lms, claims: dict[str, Any]) -> str:
    """Return the message signed with what everybody knows, as if that was a secret."""
    public = json.dumps(lms._jwks()["keys"][0])
    header = {"alg": "HS256", "typ": "JWT", "kid": lms.key_id}
    parts = [urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims)]

    signature = hmac.digest(public.encode(), ".".join(parts).encode(), "sha256")
    return ".".join([*parts, urlsafe_b64encode(signature).decode().rstrip("=")])


def test_a_forged_signature_is_refused(tool_server: World, canvas: Lms) -> None:
    begun = tool_server.begin(canvas.login("ada"))
    asked = {name: values[0] for name, values in parse_qs(urlsplit(begun.headers["location"]).query).items()}
    claims = canvas.claims("ada", asked["nonce"])
    right = canvas.signed(claims)
    forged = [
        unsigned(claims),
        with_the_public_key(canvas, claims),
        jwt.encode(claims, private_key(2), algorithm="RS256", headers={"kid": canvas.key_id}),
        jwt.encode(claims, canvas.key, algorithm="RS512", headers={"kid": canvas.key_id}),
        ".".join([*right.split(".")[:2], ""]),
        ".".join([right.split(".")[0], canvas.signed({**claims, "sub": "bea"}).split(".")[1], right.split(".")[2]]),
    ]

    for token in forged:
        answer = tool_server.finish({"state": asked["state"], "id_token": token}, cookie_of(begun))
        assert refused(answer) == "bad-signature"
    assert tool_server.finish({"state": asked["state"], "id_token": right}, cookie_of(begun)).status_code == 200


@pytest.mark.parametrize("token", ["x", "a.b.c", "..", "e30.e30.e30", "é.é.é", "x" * 200_000])
def test_what_is_no_message_is_refused(tool_server: World, canvas: Lms, token: str) -> None:
    begun = tool_server.begin(canvas.login("ada"))
    state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]

    answer = tool_server.finish({"state": state, "id_token": token}, cookie_of(begun))
    assert refused(answer) in {"unreadable", "unknown-platform"}


def test_forms_that_are_too_large_or_say_something_twice_are_refused(tool_server: World) -> None:
    post = tool_server.browser.post

    assert refused(post(f"{tool_server.url}/lti/launch", content=b"state=" + b"x" * 300_000)) == "bad-form"
    assert refused(post(f"{tool_server.url}/lti/launch", content=b"state=x&state=y")) == "bad-form"
    assert (
        refused(post(f"{tool_server.url}/lti/login", content=b"&".join(b"a%d=1" % n for n in range(99)))) == "bad-form"
    )


def test_a_platform_may_change_its_key(tool_server: World, lms: Lms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.doors.lti.platform_keys.AGAIN_SECONDS", 0)
    assert tool_server.launch(lms).status_code == 200
    lms.rotate("key-2")
    assert tool_server.launch(lms).status_code == 200
    lms.key = private_key(0)  # under the same id
    assert tool_server.launch(lms).status_code == 200


def test_unknown_keys_do_not_make_us_ask_a_platform_again_and_again(tool_server: World, canvas: Lms) -> None:
    assert tool_server.launch(canvas).status_code == 200
    canvas.rotate()
    assert refused(tool_server.launch(canvas)) == "bad-signature"


def test_a_platform_that_is_away_says_so(tool_server: World, canvas: Lms, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = tool_server.begin(canvas.login("ada"))
    form = canvas.authorize(begun.headers["location"])
    canvas.is_down = True
    assert refused(tool_server.finish(form, cookie_of(begun))) == "platform-away"
    canvas.is_down = False
    assert refused(tool_server.finish(form, cookie_of(begun))) == "platform-away"  # it is not asked again at once
    monkeypatch.setattr("grader.doors.lti.platform_keys.AGAIN_SECONDS", 0)
    assert tool_server.finish(form, cookie_of(begun)).status_code == 200


@pytest.mark.parametrize(
    ("roles", "role"),
    [
        ([LEARNER], "student"),
        ([INSTRUCTOR, LEARNER], "instructor"),
        (["Instructor"], "instructor"),
        (["http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant"], "instructor"),
        (["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor", LEARNER], "student"),
        (["http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator"], "student"),
        (["https://evil.example/vocab#Instructor"], "student"),
        ("Instructor", "student"),
        ([], "student"),
    ],
)
def test_only_a_role_in_the_course_makes_an_instructor(tool_server: World, canvas: Lms, roles: Any, role: str) -> None:  # noqa: ANN401
    assert tool_server.launch(canvas, **{f"{CLAIM}roles": roles}).json()["role"] == role


def test_a_name_is_known_only_if_the_operator_says_so(tool_server: World) -> None:
    with tool_server.lms("canvas", names=True) as lms:
        assert tool_server.launch(lms).json()["name"] == "Name of ada"


def test_the_exercise_is_that_of_the_address_else_of_the_link_s_parameters(tool_server: World, canvas: Lms) -> None:
    target, custom = f"{CLAIM}target_link_uri", f"{CLAIM}custom"
    by_custom = {target: f"{tool_server.url}/lti/launch", custom: {"exercise": "mini-heads"}}

    assert tool_server.launch(canvas, **by_custom).json()["exercise"] == "mini-heads"
    for wrong in ("no-such-heads", "../mini-heads", "", 5):
        assert refused(tool_server.launch(canvas, **{**by_custom, custom: {"exercise": wrong}})) == "no-exercise"


def test_a_course_in_a_frame_of_another_address_may_show_it(tool_server: World) -> None:
    with tool_server.lms("canvas", framed_by=("https://school.example",)) as lms:
        back = f"{CLAIM}launch_presentation"
        assert tool_server.launch(lms).json()["framed_by"] == [lms.url, "https://school.example"]
        origins = tool_server.launch(lms, **{back: {"return_url": "https://own.example/courses/1"}}).json()["framed_by"]
        assert origins == [lms.url, "https://school.example", "https://own.example"]
        wrong = {back: {"return_url": "https://own.example; script-src *"}}
        assert tool_server.launch(lms, **wrong).json()["framed_by"] == [lms.url, "https://school.example"]


def test_no_message_is_in_the_log(tool_server: World, canvas: Lms, caplog: pytest.LogCaptureFixture) -> None:
    begun = tool_server.begin(canvas.login("ada"))
    form = canvas.authorize(begun.headers["location"])
    with caplog.at_level(logging.INFO):
        assert tool_server.finish(form, cookie_of(begun)).status_code == 200
        assert refused(tool_server.finish(form, cookie_of(begun))) == "replayed"

    assert "replayed" in caplog.text
    for secret in (form["state"], *form["id_token"].split(".")):
        assert secret not in caplog.text
