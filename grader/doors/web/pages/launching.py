"""Launches: students and instructors come in from their course by LTI 1.3, and get a session."""

from functools import partial

from starlette.routing import BaseRoute

from grader.doors.lti import routes as lti
from grader.doors.web.house import House
from grader.doors.web.pages.entering import enter


def routes(house: House) -> list[BaseRoute]:
    """Return the ways of the LTI tool; a launch that it lets in begins a session."""
    return lti.routes(house.tool, partial(enter, house))
