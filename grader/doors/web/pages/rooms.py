"""All rooms of the pages."""

from itertools import chain

from starlette.routing import BaseRoute

from grader.doors.web.house import House
from grader.doors.web.pages import asked, entering, exploring, gallery, launching, own, teaching

ROOMS = (launching.routes, entering.routes, own.routes, asked.routes, exploring.routes, gallery.routes, teaching.routes)


def routes(house: House) -> list[BaseRoute]:
    """Return all ways to pages."""
    return list(chain.from_iterable(room(house) for room in ROOMS))
