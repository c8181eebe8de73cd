"""A platform registers itself once, with a link that an operator made, and students come in."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from grader.doors.lti.registration import invitation
from grader.ledger.lti import registrations
from grader.service.platforms import Lti, Platform
from tests.support.lti.lms import AGS, Lms
from tests.support.lti.world import World


@contextmanager
def stranger(world: World, flavour: str, **settings: Any) -> Iterator[Lms]:  # noqa: ANN401
    """Provide a platform of which only the name is known."""
    with world.lms(flavour) as lms:
        world.platforms[lms.name] = Platform(name=lms.name, lti=Lti(**settings))
        yield lms


def opened(world: World, link: str, lms: Lms, **fields: str) -> httpx.Response:
    """Return the answer to the platform that opens the link."""
    told = {"openid_configuration": f"{lms.url}/openid-configuration", "registration_token": "may-register", **fields}
    return world.browser.get(link, params={**httpx.URL(link).params, **told})


def test_a_platform_registers_and_its_students_come_in(tool_server: World) -> None:
    with stranger(tool_server, "moodle") as lms:
        page = opened(tool_server, invitation(tool_server.ledger, lms.name, tool_server.url), lms)

        assert page.status_code == 200
        assert "org.imsglobal.lti.close" in page.text
        assert page.headers["content-security-policy"].endswith(f"frame-ancestors {lms.url}")
        assert tool_server.launch(lms).status_code == 200
        configuration = lms.registered["https://purl.imsglobal.org/spec/lti-tool-configuration"]
        assert configuration["claims"] == ["iss", "sub"]
        assert not any(scope.endswith("/lineitem") for scope in lms.registered["scope"].split())
        assert not any("placements" in message for message in configuration["messages"])
        assert [message["type"] for message in configuration["messages"]] == [
            "LtiDeepLinkingRequest",
            "LtiResourceLinkRequest",
        ]


def test_a_platform_that_makes_deployments_later_is_told_about_them(tool_server: World) -> None:
    with stranger(tool_server, "canvas", names=True, own_line_items=True) as lms:
        page = opened(tool_server, invitation(tool_server.ledger, lms.name, tool_server.url), lms)
        assert f"grade lti deployment {lms.name} ID" in page.text
        assert "name" in lms.registered["https://purl.imsglobal.org/spec/lti-tool-configuration"]["claims"]
        assert f"{AGS}scope/lineitem" in lms.registered["scope"].split()
        configuration = lms.registered["https://purl.imsglobal.org/spec/lti-tool-configuration"]
        assert configuration["messages"][0]["placements"] == ["assignment_selection", "link_selection"]
        assert "unknown-deployment" in tool_server.launch(lms).text
        known = registrations.registrations(tool_server.ledger)[lms.name]
        registrations.keep(tool_server.ledger, known._replace(deployments=(lms.deployment,)))

        assert tool_server.launch(lms).status_code == 200


def test_a_link_works_once(tool_server: World) -> None:
    with stranger(tool_server, "moodle") as lms:
        link = invitation(tool_server.ledger, lms.name, tool_server.url)
        assert opened(tool_server, link, lms).status_code == 200
        again = opened(tool_server, link, lms)

        assert again.status_code == 400
        assert "this link is over" in again.text
        assert opened(tool_server, f"{tool_server.url}/lti/register", lms).status_code == 400


def test_a_link_ends_by_itself(tool_server: World) -> None:
    registrations.invite(tool_server.ledger, "canvas", "over", timedelta(seconds=-1))

    assert registrations.use(tool_server.ledger, "over") is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"registration_token": "forged"}, "answered 401 to the registration"),
        ({"openid_configuration": ""}, "openid_configuration"),
        ({"openid_configuration": "http://10.0.0.1/x"}, "must begin with https"),
        ({"openid_configuration": "file:///etc/passwd"}, "must be a URL"),
    ],
)
def test_a_registration_that_fails_leaves_the_link_as_it_was(
    tool_server: World, fields: dict[str, str], message: str
) -> None:
    with stranger(tool_server, "moodle") as lms:
        link = invitation(tool_server.ledger, lms.name, tool_server.url)
        failed = opened(tool_server, link, lms, **fields)

        assert failed.status_code == 400
        assert message in failed.text
        assert opened(tool_server, link, lms).status_code == 200


def test_a_platform_cannot_say_that_it_is_another_one(tool_server: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with stranger(tool_server, "moodle") as lms:
        whole = lms.configuration()
        monkeypatch.setattr(lms, "configuration", lambda: {**whole, "issuer": "https://canvas.example"})
        failed = opened(tool_server, invitation(tool_server.ledger, lms.name, tool_server.url), lms)

        assert "which is elsewhere" in failed.text


def test_what_the_list_says_is_not_replaced(tool_server: World) -> None:
    with tool_server.lms("moodle") as lms:
        failed = opened(tool_server, invitation(tool_server.ledger, lms.name, tool_server.url), lms)

        assert "the list of platforms says already" in failed.text


def test_one_platform_has_one_name(tool_server: World) -> None:
    with stranger(tool_server, "moodle") as lms:
        assert opened(tool_server, invitation(tool_server.ledger, lms.name, tool_server.url), lms).status_code == 200
        tool_server.platforms["another"] = Platform(name="another")
        failed = opened(tool_server, invitation(tool_server.ledger, "another", tool_server.url), lms)
        del tool_server.platforms["another"]

        assert f"registered already, as {lms.name}" in failed.text
