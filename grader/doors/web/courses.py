"""The room of courses: platforms send people here by LTI 1.3, and a launch begins their session."""

from functools import partial

from starlette.routing import BaseRoute

from grader.doors.lti import routes as lti
from grader.doors.lti.tool import Tool
from grader.doors.web.house import House
from grader.doors.web.pages.entering import enter


def routes(house: House) -> list[BaseRoute]:
    """Return the ways in from a course, and the address of our keys."""
    return lti.routes(Tool(house.ledger, house.platforms, house.url), partial(enter, house))
