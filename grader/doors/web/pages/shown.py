"""Pages shown to those who may see them: for everybody else they do not exist."""

from collections.abc import Callable
from functools import partial

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from grader.base.errors import GraderError, LedgerError, UnknownExercise
from grader.base.language import N_, _, speaking
from grader.doors.web.house import House
from grader.doors.web.pages.crossing import allow_frames, form
from grader.doors.web.pages.drawn import told
from grader.doors.web.pages.entering import known, signed_out, too_often, wait
from grader.explorer.serving.application import language
from grader.service.entrance.visitors import ROLES, Role, Visitor

Page = Callable[[House, Visitor, Request], Response]
"""Makes a page for a visitor, in a thread."""
Change = Callable[[House, Visitor, Request, dict[str, str]], Response]
"""Does what a form on a page of ours asks for, in a thread."""
EVERYBODY: tuple[Role, ...] = ROLES
TEACHING: tuple[Role, ...] = ("instructor", "operator")
NOTHING = N_("There is nothing here that you may see.")
BROKEN = N_("This cannot be shown at present. It is a fault of ours, and nothing that you handed in is lost.")


class NothingHere(Exception):
    """There is no such page, or not for this visitor: the answer is the same."""


def route(path: str, house: House, page: Page, roles: tuple[Role, ...]) -> Route:
    """Return the way to a page that is for these roles."""
    return Route(path, partial(_shown, house, page, roles), methods=["GET"])


def form_route(path: str, house: House, change: Change, roles: tuple[Role, ...]) -> Route:
    """Return the way of a form, which is for these roles."""
    return Route(path, partial(_changed, house, change, roles), methods=["POST"])


async def _shown(house: House, page: Page, roles: tuple[Role, ...], request: Request) -> Response:
    with speaking(language(request)):
        return await _answered(house, page, roles, request)


async def _changed(house: House, change: Change, roles: tuple[Role, ...], request: Request) -> Response:
    with speaking(language(request)):
        fields = await form(house, request)

        def page(house: House, visitor: Visitor, request: Request) -> Response:
            return change(house, visitor, request, fields)

        return await _answered(house, page, roles, request)


async def _answered(house: House, page: Page, roles: tuple[Role, ...], request: Request) -> Response:
    session = await known(house, request)
    if session is None:
        return signed_out(request)
    if seconds := wait(house, session.visitor):
        raise too_often(seconds)
    answer = await _answer(partial(page, house, session.visitor, request), session.visitor, roles)
    allow_frames(answer.headers, session.framed_by)
    return answer


async def _answer(page: Callable[[], Response], visitor: Visitor, roles: tuple[Role, ...]) -> Response:
    """Return the page, or one that says why there is none."""
    if visitor.role not in roles:
        return nothing(visitor)
    try:
        return await to_thread.run_sync(page)
    except (NothingHere, UnknownExercise):
        return nothing(visitor)
    except LedgerError:
        raise
    except GraderError as error:
        message = str(error) if visitor.role == "operator" else _(BROKEN)
        return told(_("This cannot be shown"), message, 500, visitor)


def nothing(visitor: Visitor) -> Response:
    """Return the page in place of one that does not exist."""
    return told(_("Nothing here"), _(NOTHING), 404, visitor)
