"""The roster: the members of a course, as the platform lists them (Names and Role Provisioning Services)."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from grader.base.errors import GraderError
from grader.base.names import plain
from grader.doors.lti import claims as names
from grader.doors.lti.calling import NoAnswer
from grader.doors.lti.claims import teaches, text, texts
from grader.doors.lti.tool import Tool
from grader.ledger.columns import storable
from grader.ledger.lti import launches
from grader.ledger.lti.registrations import Registration
from grader.service.entrance.visitors import Role

MOST_PAGES = 1000
"""Pages of a list; a list that never ends is an error of the platform."""


class RosterError(GraderError):
    """The members of a course cannot be listed."""


class CourseMember(NamedTuple):
    """One person in a course."""

    student: str
    """The platform's id of this person, as in launches."""
    role: Role
    is_active: bool
    name: str = ""
    """Empty unless the operator lets names be kept."""


def members(tool: Tool, platform: str, course: str) -> list[CourseMember]:
    """Return the members of the platform's course.

    Raises:
        GraderError: The platform does not let us list them, or does not answer.
    """
    registration = tool.registrations().get(platform)
    url = launches.memberships(tool.ledger, platform, course)
    if registration is None or url is None:
        message = "no launch has told where its members are listed; let the platform share them, and open an exercise"
        raise RosterError(f"{platform}, course {course}: {message}")
    keeps_names = tool.lti(platform).names
    return [member for page in _pages(tool, registration, url) for member in _members(page, keeps_names)]


def _pages(tool: Tool, registration: Registration, url: str) -> Iterator[dict[str, Any]]:
    """Yield the pages of the list, each of which names the next one."""
    headers = {"accept": names.MEMBERS_TYPE}
    for _ in range(MOST_PAGES):
        answer = tool.access.call(registration, names.MEMBERS_SCOPE, "GET", url, headers=headers)
        if not answer.is_success:
            raise NoAnswer(f"{registration.platform}: {answer.told}")
        yield answer.json()
        following = answer.following(registration)
        if following is None:
            return
        url = following
    raise NoAnswer(f"{registration.platform}: the list of members does not end")


def _members(page: dict[str, Any], keeps_names: bool) -> Iterator[CourseMember]:
    listed = page.get("members")
    for each in listed if isinstance(listed, list) else ():
        student = text(each, "user_id") if isinstance(each, dict) else ""
        if not student or student != storable(plain(student)):
            continue  # nobody who could come in
        role: Role = "instructor" if teaches(texts(each, "roles")) else "student"
        name = storable(plain(text(each, "name"))) if keeps_names else ""
        yield CourseMember(student, role, text(each, "status") in ("", "Active"), name)
