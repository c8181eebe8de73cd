"""A student's own pages: the exercises, XP and submissions, and the report on one of them."""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from grader import exercises
from grader.base.errors import ExerciseError
from grader.base.language import _
from grader.base.names import plain
from grader.doors.web import progress as record
from grader.doors.web.house import House
from grader.doors.web.pages.drawn import drawn
from grader.doors.web.pages.shown import EVERYBODY, NothingHere, route
from grader.doors.web.submissions import page
from grader.ledger.queue.listing import listed
from grader.report.formats import Format, Material, rendered
from grader.report.text.decisions import decided
from grader.schema import Exercise
from grader.schema.queue import STATES, SUBMISSION_ID, Result
from grader.service import answers
from grader.service.entrance.visitors import Visitor

BACK = '<body>\n<nav class="back" aria-label="{pages}"><a href="{path}">{title}</a></nav>'
"""The way back, on a page that stands by itself elsewhere."""


def routes(house: House) -> list[BaseRoute]:
    """Return the ways to the pages."""
    return [
        route("/", house, _home, EVERYBODY),
        route("/progress", house, _progress, ("student",)),
        route("/reports/{platform}/{id}", house, _report, EVERYBODY),
    ]


def _home(house: House, visitor: Visitor, request: Request) -> Response:
    """Return the list of exercises."""
    offered = [(each, _(each.title)) for each in _loaded()]
    teaches = visitor.role != "student"
    return drawn(
        "home.html.jinja",
        _("Exercises"),
        visitor=visitor,
        offered=offered,
        teaches=teaches,
        has_gallery=house.settings.web.gallery is not None,
    )


def _loaded() -> list[Exercise]:
    """Return every exercise that can be used; `grade doctor` shows what is wrong with others."""
    loaded = []
    for name in exercises.available():
        try:
            loaded.append(exercises.load(name))
        except ExerciseError:
            continue
    return loaded


def _progress(house: House, visitor: Visitor, request: Request) -> Response:
    grown = record.progress(house, visitor.platform, plain(visitor.student))
    handed_in = listed(house.ledger, {"platform": visitor.platform, "student": plain(visitor.student)})
    return drawn(
        "progress.html.jinja",
        _("My progress"),
        visitor=visitor,
        grown=grown,
        handed_in=handed_in,
        states=STATES,
        decided=decided,
    )


def _report(house: House, visitor: Visitor, request: Request) -> Response:
    """Return the report on a submission, or how it stands with it."""
    platform, name = request.path_params["platform"], request.path_params["id"]
    result = _visible(house, visitor, platform, name)
    if result.report is None or result.exercise is None:
        return drawn("waiting.html.jinja", _("Submission {name}", name=name), visitor=visitor, result=result)
    exercise = exercises.load(result.exercise)
    return page(_with_way_back(rendered(Format.html, Material(result.report, exercise, to_file=True)), visitor, result))


def _visible(house: House, visitor: Visitor, platform: str, name: str) -> Result:
    """Return the result that the visitor may see.

    Raises:
        NothingHere: There is none; whether somebody else has it is nobody's business.
    """
    is_id = re.fullmatch(SUBMISSION_ID, name) and platform in house.platforms
    result = answers.result(house.ledger, platform, name) if is_id else None
    if result is None or not _may_see(house, visitor, result):
        raise NothingHere
    return result


def _may_see(house: House, visitor: Visitor, result: Result) -> bool:
    if visitor.role == "operator":
        return True
    if result.platform != visitor.platform:
        return False
    if visitor.role == "student":
        return result.student == plain(visitor.student)
    which = {"platform": result.platform, "submission_id": result.id, "course": visitor.course}
    return bool(listed(house.ledger, which, 1))


def _with_way_back(text: str, visitor: Visitor, result: Result) -> str:
    """Return the report's page with a link to where the visitor came from."""
    own = ("/progress", _("My progress")) if visitor.role == "student" else (f"/teaching/{result.exercise}", _("Back"))
    return text.replace("<body>", BACK.format(pages=_("Pages"), path=own[0], title=own[1]), 1)
