"""An exercise's page for a student: what is asked for, and the hints, without a script."""

from collections.abc import Iterator
from typing import NamedTuple

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from grader import exercises
from grader.base.errors import InvalidInput
from grader.base.language import _
from grader.doors.web.house import House
from grader.doors.web.pages.crossing import FORM, NOT_AS_IT_SHOULD
from grader.doors.web.pages.desk import VisitorsDesk
from grader.doors.web.pages.drawn import drawn, told
from grader.doors.web.pages.shown import form_route, route
from grader.doors.web.refusals import Refused
from grader.explorer.handed_in import HintsQuestion, ShownLadder, shown_ladder
from grader.schema import AskedKind, Exercise, title
from grader.service.entrance.visitors import Role, Visitor
from grader.students.taking import Taker, ladder_taken

PATH = "/exercises/{exercise}"
STUDENTS: tuple[Role, ...] = ("student",)


class KindLine(NamedTuple):
    """A kind on the page, with the hints that the student has."""

    asked: AskedKind
    title: str
    ladder: ShownLadder
    place: str
    """The part of the page, for the end of an address."""


def routes(house: House) -> list[BaseRoute]:
    """Return the way to the page, and to a hint."""
    return [route(PATH, house, _exercise, STUDENTS), form_route(PATH, house, _take, STUDENTS)]


def _exercise(house: House, visitor: Visitor, request: Request) -> Response:
    """Return the page; the price of the hint that the address names must be agreed to."""
    exercise = exercises.load(request.path_params["exercise"])
    return drawn(
        "exercise.html.jinja",
        _(exercise.title),
        visitor=visitor,
        exercise=exercise,
        owner=VisitorsDesk(house, exercise, visitor).owner,
        kinds=list(_kinds(house, exercise, visitor)),
        wanted=request.query_params.get("hint"),
    )


def _kinds(house: House, exercise: Exercise, visitor: Visitor) -> Iterator[KindLine]:
    taker = Taker.on(visitor.platform, visitor.student)
    for number, asked in enumerate(exercise.kinds, 1):
        ladder = shown_ladder(ladder_taken(house.ledger, exercise, asked, taker))
        yield KindLine(asked, title(asked), ladder, f"kind-{number}")


def _take(house: House, visitor: Visitor, request: Request, fields: dict[str, str]) -> Response:
    """Take the hint that the form names, and lead back to the page."""
    exercise = exercises.load(request.path_params["exercise"])
    try:
        VisitorsDesk(house, exercise, visitor).hints(HintsQuestion.model_validate_strings(fields))
    except ValidationError:
        raise Refused(400, "bad-form", _(NOT_AS_IT_SHOULD, kind=FORM)) from None
    except InvalidInput as error:
        return told(_("This cannot be shown"), "; ".join(each.message for each in error.problems), 422, visitor)
    place = next((number for number, each in enumerate(exercise.kinds, 1) if each.name == fields["kind"]), 1)
    return RedirectResponse(f"/exercises/{exercise.id}#kind-{place}", 303)
