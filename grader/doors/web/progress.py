"""The room of students: XP, level and achievements on the token's platform."""

from functools import partial

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from grader.base.names import plain
from grader.doors.web.entrance import let_in
from grader.doors.web.house import House
from grader.doors.web.refusals import JSON, Refused
from grader.ledger.people.hints import taken
from grader.students import identity, xp
from grader.students.course import decisions
from grader.students.grades import counted_entries
from grader.students.identity import Work
from grader.students.xp import Progress

ME = "me"
"""The student of a token that is bound to one."""


def routes(house: House) -> list[BaseRoute]:
    """Return the way to a student's progress."""
    return [Route("/students/{student}/progress", partial(_progress, house))]


async def _progress(house: House, request: Request) -> Response:
    token = await let_in(house, request, "read")
    named = request.path_params["student"]
    student = token.student if named == ME and token.student else plain(named)
    if token.student not in (None, student):
        raise _unknown()
    record = await to_thread.run_sync(progress, house, token.platform, student)
    if not record.history and token.student is None:
        raise _unknown()
    return Response(record.model_dump_json(), media_type=JSON)


def progress(house: House, platform: str, student: str) -> Progress:
    """Return the student's progress on this platform."""
    if "\0" in student:  # nobody's name, and no database takes it
        raise _unknown()
    works = [Work(platform, entry) for entry in counted_entries(house.ledger, platform, student)]
    made = tuple(decisions.of(house.ledger, [student], [platform]))
    hints = taken(house.ledger, [student], platform)
    return xp.progress(identity.merged(works, student), hints).model_copy(update={"adjustments": made})


def _unknown() -> Refused:
    return Refused(404, "unknown-student", "there is no graded work of this student that this token opens")
