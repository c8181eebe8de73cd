"""The members of a course, where the platform lists them."""

import pytest

from grader.base.errors import GraderError
from grader.doors.lti.roster import CourseMember, members
from tests.support.lti.lms import INSTRUCTOR, LEARNER, Lms
from tests.support.lti.world import World

LISTED = [
    {"user_id": "ada", "roles": [LEARNER], "status": "Active", "name": "Ada L."},
    {"user_id": "grace", "roles": [INSTRUCTOR]},
    {"user_id": "bea", "roles": [LEARNER], "status": "Inactive"},
    {"user_id": 5, "roles": [LEARNER]},
    {"roles": [LEARNER]},
]


def test_all_pages_are_read(tool_server: World, lms: Lms) -> None:
    lms.members = LISTED
    tool_server.launch(lms)

    assert members(tool_server.tool, lms.name, "course-1") == [
        CourseMember("ada", "student", is_active=True),
        CourseMember("grace", "instructor", is_active=True),
        CourseMember("bea", "student", is_active=False),
    ]


def test_names_are_read_only_if_the_operator_says_so(tool_server: World) -> None:
    with tool_server.lms("canvas", names=True) as lms:
        lms.members = LISTED[:1]
        tool_server.launch(lms)

        assert members(tool_server.tool, lms.name, "course-1")[0].name == "Ada L."


def test_a_course_that_was_never_launched_is_not_known(tool_server: World, canvas: Lms) -> None:
    with pytest.raises(GraderError, match="no launch has told"):
        members(tool_server.tool, canvas.name, "course-9")


def test_a_platform_that_does_not_answer_is_an_error(tool_server: World, canvas: Lms) -> None:
    tool_server.launch(canvas)
    canvas.is_down = True
    with pytest.raises(GraderError, match="no answer"):
        members(tool_server.tool, canvas.name, "course-1")
