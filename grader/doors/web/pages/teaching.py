"""The pages of those who teach: an exercise with what was handed in, its calibration, its cohort and its grades.

They see their own platform and, where a course sent them, their own course; an operator sees everything.
"""

from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from grader import exercises
from grader.authoring.checking import kept_table
from grader.base import home
from grader.base.language import speaking
from grader.doors.web.house import House
from grader.doors.web.pages.drawn import drawn, told
from grader.doors.web.pages.shown import TEACHING, route
from grader.doors.web.submissions import page
from grader.exercises import known_heads
from grader.grading.calibration import calibrate as calibrating
from grader.grading.standings import Standings
from grader.ledger.people.rosters import listed as listed_students
from grader.ledger.queue.listing import listed
from grader.report.pages import calibration as calibration_page
from grader.report.pages import cohort as cohort_page
from grader.report.text.grades import as_csv
from grader.schema import Exercise
from grader.schema.queue import STATES
from grader.service.entrance.visitors import Visitor
from grader.students import cohort as students
from grader.students.grades import Gradebook
from grader.students.register import Register
from grader.students.selection import Selection

SHUT = "default-src 'none'"
NOT_MEASURED = "Its heads are not measured on this machine yet; the operator runs: grade scan {exercise}"
BACK = '<body>\n<nav class="back" aria-label="Pages"><a href="/teaching/{exercise}">Back to the exercise</a></nav>'


class View(NamedTuple):
    """The part of all work that somebody sees; None stands for everything."""

    platform: str | None
    course: str | None

    @classmethod
    def of(cls, visitor: Visitor) -> "View":
        """Return what this visitor sees."""
        return cls(None, None) if visitor.role == "operator" else cls(visitor.platform, visitor.course)


def routes(house: House) -> list[BaseRoute]:
    """Return the ways to the pages."""
    return [
        route("/teaching/{exercise}", house, _exercise, TEACHING),
        route("/teaching/{exercise}/calibration", house, _calibration, TEACHING),
        route("/teaching/{exercise}/cohort", house, _cohort, TEACHING),
        route("/teaching/{exercise}/grades.csv", house, _grades, TEACHING),
    ]


def _exercise(house: House, visitor: Visitor, request: Request) -> Response:
    """Return the exercise's page with the newest submissions to it."""
    exercise, view = exercises.load(request.path_params["exercise"]), View.of(visitor)
    handed_in = listed(house.ledger, {**view._asdict(), "exercise": exercise.id})
    with speaking("en"):
        return drawn(
            "teaching.html.jinja",
            exercise.title,
            visitor=visitor,
            exercise=exercise,
            view=view,
            handed_in=handed_in,
            states=STATES,
        )


def _calibration(house: House, visitor: Visitor, request: Request) -> Response:
    exercise = exercises.load(request.path_params["exercise"])
    table = kept_table(exercise, home.folder() / home.TABLES)
    if table is None:
        return told("Calibration", NOT_MEASURED.format(exercise=exercise.id), 404, visitor)
    labels = known_heads.of_exercise(exercises.folder_of(exercise))
    with speaking("en"):
        text = calibration_page.render(calibrating.calibrate(exercise, table, labels))
    return page(_with_way_back(text, exercise))


def _cohort(house: House, visitor: Visitor, request: Request) -> Response:
    exercise, view = exercises.load(request.path_params["exercise"]), View.of(visitor)
    table = kept_table(exercise, home.folder() / home.TABLES)
    standings = Standings(exercise, table) if table else None

    def named(platform: str, student: str) -> str:
        return student if view.platform else f"{student} ({platform})"

    results = students.cohort(exercise, _gradebook(house, exercise, view).students(), named, standings)
    with speaking("en"):
        return page(_with_way_back(cohort_page.html(results, exercise), exercise))


def _grades(house: House, visitor: Visitor, request: Request) -> Response:
    """Return the file that `grade grades --format csv` writes."""
    exercise, view = exercises.load(request.path_params["exercise"]), View.of(visitor)
    text = as_csv(each.grade for each in _gradebook(house, exercise, view).students())
    names = {"Content-Disposition": f'attachment; filename="{exercise.id}-grades.csv"'}
    return Response(text, media_type="text/csv", headers={**names, "Content-Security-Policy": SHUT})


def _gradebook(house: House, exercise: Exercise, view: View) -> Gradebook:
    register = Register(listed_students(house.ledger))
    return Gradebook(house.ledger, exercise, Selection(**view._asdict(), register=register))


def _with_way_back(text: str, exercise: Exercise) -> str:
    return text.replace("<body>", BACK.format(exercise=exercise.id), 1)
