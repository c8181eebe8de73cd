"""All of it once more with a platform that others wrote, which shares neither code nor assumptions with ours."""

import re
from collections.abc import Iterator
from html import unescape

import pytest

from grader.doors.lti.roster import members
from grader.service.platforms import Lti, Platform
from tests.support.lti.foreign import Foreign
from tests.support.lti.lms import EXERCISE
from tests.support.lti.world import World, cookie_of

NAME = "foreign"


@pytest.fixture
def foreign(tool_server: World) -> Iterator[Foreign]:
    with Foreign(tool_server.url) as platform:
        lti = Lti(
            issuer=platform.url,
            client_id="tool",
            deployments=("1",),
            auth_login_url=f"{platform.url}/auth",
            auth_token_url=f"{platform.url}/token",
            jwks_url=f"{platform.url}/jwks",
        )
        tool_server.platforms[NAME] = Platform(name=NAME, lti=lti)
        tool_server.names.append(NAME)
        yield platform
        del tool_server.platforms[NAME]


def test_a_student_comes_in_and_is_graded(tool_server: World, foreign: Foreign) -> None:
    begun = tool_server.browser.get(foreign.login("ada"))
    form = foreign.launch(begun.headers["location"])
    assert form["launch_url"] == f"{tool_server.url}/lti/launch"
    came = tool_server.finish(form, cookie_of(begun)).json()
    assert (came["student"], came["role"], came["course"], came["exercise"]) == ("ada", "student", "course", EXERCISE)

    for score in (0.5, 0.25, 0.75):
        tool_server.hand_in(NAME, score, course="course")
        assert tool_server.deliver(NAME) == []
    sent = foreign.grades["7", "ada"]
    assert (sent["scoreGiven"], sent["scoreMaximum"], sent["gradingProgress"]) == (75, 100, "FullyGraded")
    listed = [(member.student, member.role) for member in members(tool_server.tool, NAME, "course")]
    assert listed == [("ada", "student"), ("grace", "instructor")]


def test_an_instructor_chooses_an_exercise(tool_server: World, foreign: Foreign) -> None:
    begun = tool_server.browser.get(foreign.login("grace"))
    page = tool_server.finish(foreign.launch(begun.headers["location"], chooses=True), cookie_of(begun)).text
    tokens = [unescape(token) for token in re.findall(r'name="JWT" value="([^"]*)"', page)]
    items = [item for token in tokens for item in foreign.configuration.validate_deeplinking_resp({"JWT": token})]

    assert f"{tool_server.url}/lti/exercises/{EXERCISE}" in [item["url"] for item in items]
