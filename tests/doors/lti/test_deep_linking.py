"""An instructor chooses an exercise, and the platform gets a link that it can trust."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import jwt
import pytest

from grader.doors.lti.keys import OwnKeys
from tests.support.lti.lms import CLAIM, DL, EXERCISE, INSTRUCTOR, Lms
from tests.support.lti.world import World

FORM = re.compile(r'<input type="hidden" name="JWT" value="([^"]*)">\s*<p><button type="submit">([^<]*)</button>')


def choosing(lms: Lms, **settings: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the claims that make a launch a choice."""
    return {
        f"{CLAIM}message_type": "LtiDeepLinkingRequest",
        f"{CLAIM}target_link_uri": f"{lms.tool_url}/lti/launch",
        f"{CLAIM}roles": [INSTRUCTOR],
        f"{CLAIM}resource_link": None,
        f"{DL}deep_linking_settings": {
            "deep_link_return_url": f"{lms.url}/links?course=1",
            "accept_types": ["ltiResourceLink"],
            "accept_presentation_document_targets": ["iframe"],
            "data": "opaque <&>",
            **settings,
        },
    }


def chosen(world: World, lms: Lms, page: str, title: str) -> dict[str, Any]:
    """Return what the platform reads if somebody chooses the exercise with this title."""
    (token,) = [unescape(token) for token, shown in FORM.findall(page) if unescape(shown) == title]
    keys = world.browser.get(f"{world.url}/lti/keys").json()
    (key,) = [key for key in keys["keys"] if key["kid"] == jwt.get_unverified_header(token)["kid"]]
    return dict(jwt.decode(token, jwt.PyJWK(key), algorithms=["RS256"], audience=lms.url, issuer=lms.client_id))


def test_an_instructor_chooses_an_exercise(tool_server: World, lms: Lms) -> None:
    page = tool_server.launch(lms, **choosing(lms))
    told = chosen(tool_server, lms, page.text, "Planted heads")

    policy = page.headers["content-security-policy"]
    assert f"form-action {lms.url};" in policy
    assert policy.endswith(f"frame-ancestors {lms.url}")
    assert "script-src" not in policy
    assert f'action="{lms.url}/links?course=1"' in page.text
    assert told[f"{CLAIM}message_type"] == "LtiDeepLinkingResponse"
    assert told[f"{CLAIM}version"] == "1.3.0"
    assert told[f"{CLAIM}deployment_id"] == lms.deployment
    assert told[f"{DL}data"] == "opaque <&>"
    assert told[f"{DL}content_items"] == [
        {
            "type": "ltiResourceLink",
            "title": "Planted heads",
            "url": f"{tool_server.url}/lti/exercises/{EXERCISE}",
            "custom": {"exercise": EXERCISE},
            "lineItem": {"scoreMaximum": 100, "label": "Planted heads", "resourceId": EXERCISE},
        }
    ]


def test_a_platform_without_line_items_gets_a_link_without_one(tool_server: World, canvas: Lms) -> None:
    page = tool_server.launch(canvas, **choosing(canvas, accept_lineitem=False))
    (item,) = chosen(tool_server, canvas, page.text, "Planted heads")[f"{DL}content_items"]

    assert "lineItem" not in item


@pytest.mark.parametrize(
    ("settings", "roles", "code"),
    [
        ({}, [], "not-an-instructor"),
        ({"accept_types": ["file"]}, [INSTRUCTOR], "takes-no-links"),
        ({"deep_link_return_url": "javascript:alert(1)"}, [INSTRUCTOR], "bad-return-address"),
        ({"deep_link_return_url": "http://10.0.0.1/"}, [INSTRUCTOR], "bad-return-address"),
        ({"deep_link_return_url": 'https://x.example/"><script>'}, [INSTRUCTOR], "bad-return-address"),
    ],
)
def test_a_choice_that_cannot_be_answered_is_refused(
    tool_server: World, canvas: Lms, settings: dict[str, Any], roles: list[str], code: str
) -> None:
    claims = {**choosing(canvas, **settings), f"{CLAIM}roles": roles}

    assert f"<code>{code}</code>" in tool_server.launch(canvas, **claims).text


def test_without_a_key_the_choice_says_so_and_the_log_says_how_to_make_one(
    tool_server: World, canvas: Lms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tool_server.tool, "keys", OwnKeys(tmp_path / "none"))

    assert "<code>no-key</code>" in tool_server.launch(canvas, **choosing(canvas)).text
    assert "grade lti keys --rotate" in caplog.text


def test_our_public_keys_hold_no_private_part(tool_server: World) -> None:
    answer = tool_server.browser.get(f"{tool_server.url}/lti/keys")

    assert answer.headers["cache-control"] == "public, max-age=600"
    for key in json.loads(answer.text)["keys"]:
        assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}
