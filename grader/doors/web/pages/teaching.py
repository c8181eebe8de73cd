"""The pages of those who teach: an exercise with what was handed in, its calibration, its cohort and its grades.

They see their own platform and, where a course sent them, their own course; an operator sees everything.
"""

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from grader import exercises
from grader.authoring.checking import kept_table
from grader.base import home
from grader.base.errors import InvalidInput
from grader.base.language import N_, _, speaking, spoken
from grader.doors.web.house import House
from grader.doors.web.pages.choosing import FIELDS, TeachersChoice
from grader.doors.web.pages.drawn import drawn, told
from grader.doors.web.pages.shown import TEACHING, route
from grader.doors.web.submissions import page
from grader.exercises import known_heads
from grader.grading.calibration import calibrate as calibrating
from grader.grading.standings import Standings
from grader.ledger.queue.listing import listed
from grader.report.pages import calibration as calibration_page
from grader.report.pages import cohort as cohort_page
from grader.report.text.grades import as_csv
from grader.report.text.labels import visible
from grader.schema import Exercise
from grader.schema.queue import STATES
from grader.service.entrance.visitors import Visitor
from grader.students import cohort as students
from grader.students.grades import Gradebook

SHUT = "default-src 'none'"
NOT_MEASURED = N_("Its heads are not measured on this machine yet; the operator runs: grade scan {exercise}")
BACK = Markup('<body>\n<nav class="back" lang="{spoken}" aria-label="{pages}"><a href="{path}">{title}</a></nav>{only}')
LABELS = {
    "platform": N_("Platform"),
    "course": N_("Course"),
    "section": N_("Section"),
    "since": N_("From this day on"),
    "until": N_("Until the end of this day"),
}
"""The fields of a choice in words."""


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
    exercise, choice = exercises.load(request.path_params["exercise"]), TeachersChoice(house, visitor, request)
    handed_in, wrong = [], ""
    try:
        chosen = choice.selection(exercise)
        only = {name: getattr(chosen, name) for name in FIELDS}
        handed_in = listed(house.ledger, {**only, "exercise": exercise.id})
    except InvalidInput as error:
        wrong = _wrong(error)
    return drawn(
        "teaching.html.jinja",
        _(exercise.title),
        visitor=visitor,
        status=422 if wrong else 200,
        exercise=exercise,
        choice=choice,
        labels=LABELS,
        wrong=wrong,
        handed_in=handed_in,
        states=STATES,
    )


def _calibration(house: House, visitor: Visitor, request: Request) -> Response:
    exercise = exercises.load(request.path_params["exercise"])
    table = kept_table(exercise, home.folder() / home.TABLES)
    if table is None:
        return told(_("Calibration"), _(NOT_MEASURED, exercise=exercise.id), 404, visitor)
    labels = known_heads.of_exercise(exercises.folder_of(exercise))
    back = _way_back(exercise)
    with speaking("en"):  # as its diagrams and their script are
        text = calibration_page.render(calibrating.calibrate(exercise, table, labels))
    return page(text.replace("<body>", back, 1))


def _cohort(house: House, visitor: Visitor, request: Request) -> Response:
    exercise, choice = exercises.load(request.path_params["exercise"]), TeachersChoice(house, visitor, request)
    table = kept_table(exercise, home.folder() / home.TABLES)
    standings = Standings(exercise, table) if table else None

    def named(platform: str, student: str) -> str:
        return student if choice.view.platform else f"{student} ({platform})"

    try:
        graded = Gradebook(house.ledger, exercise, choice.selection(exercise)).students()
    except InvalidInput as error:
        return told(_("Cohort"), _wrong(error), 422, visitor)
    text = cohort_page.html(students.cohort(exercise, graded, named, standings), exercise)
    return page(text.replace("<body>", _way_back(exercise, choice), 1))


def _grades(house: House, visitor: Visitor, request: Request) -> Response:
    """Return the file that `grade grades --format csv` writes."""
    exercise, choice = exercises.load(request.path_params["exercise"]), TeachersChoice(house, visitor, request)
    try:
        graded = Gradebook(house.ledger, exercise, choice.selection(exercise)).students()
    except InvalidInput as error:
        return told(_("Grades"), _wrong(error), 422, visitor)
    text = as_csv(each.grade for each in graded)
    names = {"Content-Disposition": f'attachment; filename="{exercise.id}-grades.csv"'}
    return Response(text, media_type="text/csv", headers={**names, "Content-Security-Policy": SHUT})


def _wrong(error: InvalidInput) -> str:
    """Return what is wrong with a choice, in a sentence with the field that it is about."""
    label = _(LABELS.get(error.source, ""))
    return "; ".join(f"{label}: {each.message}" for each in error.problems)


def _way_back(exercise: Exercise, choice: TeachersChoice | None = None) -> str:
    """Return the beginning of a page that stands by itself elsewhere, with a link back and what was chosen."""
    query = choice.query if choice else ""
    chosen = [f"{_(LABELS[name])}: {visible(text)}" for name, text in choice.fields.items()] if choice else []
    only = Markup("<p>{}</p>").format(", ".join(chosen)) if chosen else ""
    path, title = f"/teaching/{exercise.id}{query}", _("Back to the exercise")
    return BACK.format(spoken=spoken(), pages=_("Pages"), path=path, title=title, only=only)
