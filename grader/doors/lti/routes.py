"""The routes of the LTI door. All but one are opened by browsers that a platform sends here."""

import inspect
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import parse_qsl

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from grader.base.language import LANGUAGES, speaking, spoken
from grader.base.screen import harmless
from grader.doors.lti import deep_linking, launch, login, pages, registration
from grader.doors.lti.calling import NoAnswer
from grader.doors.lti.refusals import LaunchRefused
from grader.doors.lti.registration import RegistrationFailed
from grader.doors.lti.tool import KEYS, LAUNCH, LOGIN, REGISTER, Tool
from grader.service.entrance.visitors import Visitor

MOST_BYTES = 256 * 1024
"""Of a form; the largest launches have some ten thousand."""
MOST_FIELDS = 50
CALLS = 8
"""Launches and registrations at a time: they may wait for a platform, and others need the threads."""
KEYS_SECONDS = 600
"""The time for which platforms may keep our public keys; a new one signs later than that."""

Enter = Callable[[Request, Visitor, str], Response | Awaitable[Response]]
"""Begins a visitor's session, and returns the page of the exercise with this id."""

log = logging.getLogger(__name__)


def routes(tool: Tool, enter: Enter) -> list[BaseRoute]:
    """Return the routes; after a launch, `enter` answers.

    The origins whose pages may show the answer inside are in `request.state.framed_by`, for the session's other pages.
    """
    calls = CapacityLimiter(CALLS)
    return [
        Route(LOGIN, partial(_answered, partial(_login, tool)), methods=["GET", "POST"]),
        Route(LAUNCH, partial(_answered, partial(_launch, tool, enter, calls)), methods=["POST"]),
        Route(REGISTER, partial(_answered, partial(_register, tool, calls)), methods=["GET"]),
        Route(KEYS, partial(_keys, tool), methods=["GET"]),
    ]


async def _answered(answer: Callable[[Request], Awaitable[Response]], request: Request) -> Response:
    """Answer in the browser's language; a refusal is a page, and a line in the log."""
    with speaking(_language(request)):
        try:
            response = await answer(request)
        except LaunchRefused as error:
            log.warning("a launch was refused: %s %s", error.code, harmless(error.detail))
            response = pages.refusal(str(error), error.code)
        except (RegistrationFailed, NoAnswer) as error:  # only an operator is told so much
            log.warning("a registration failed: %s", harmless(str(error)))
            response = pages.refusal(str(error), "")
    response.headers.setdefault("referrer-policy", "no-referrer")
    response.headers.setdefault("cache-control", "no-store")
    return response


async def _login(tool: Tool, request: Request) -> Response:
    fields = await _fields(request)
    in_frame = request.headers.get("sec-fetch-dest", "document") != "document"
    return await to_thread.run_sync(partial(login.begin, tool, fields, request.cookies, in_frame=in_frame))


async def _launch(tool: Tool, enter: Enter, calls: CapacityLimiter, request: Request) -> Response:
    fields = await _fields(request)
    launched = await to_thread.run_sync(launch.read, tool, fields, request.cookies, limiter=calls)
    framed_by = request.state.framed_by = launch.origins(tool, launched)
    if launched.chooses:
        response = await to_thread.run_sync(deep_linking.page, tool, launched)
    else:
        await to_thread.run_sync(launch.keep, tool, launched)
        entered = enter(request, launched.visitor, launched.exercise)
        response = await entered if inspect.isawaitable(entered) else entered
        pages.allow_frames(response, framed_by)
    login.forget(response, fields["state"])
    return response


async def _register(tool: Tool, calls: CapacityLimiter, request: Request) -> Response:
    fields = await _fields(request)
    return await to_thread.run_sync(registration.register, tool, fields, limiter=calls)


async def _keys(tool: Tool, request: Request) -> Response:
    published = await to_thread.run_sync(tool.keys.published)
    return JSONResponse(published, headers={"cache-control": f"public, max-age={KEYS_SECONDS}"})


async def _fields(request: Request) -> dict[str, str]:
    """Return the fields of the form, or of the address.

    Raises:
        LaunchRefused: There are too many, or one of them twice.
    """
    raw = request.url.query if request.method == "GET" else (await _body(request)).decode(errors="replace")
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise LaunchRefused("bad-form") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise LaunchRefused("bad-form", "a field is there twice")
    return fields


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise LaunchRefused("bad-form", "it is too large")
    return bytes(body)


def _language(request: Request) -> str:
    wanted = request.headers.get("accept-language", "").lower()
    return next((language for language in LANGUAGES if wanted.startswith(language)), spoken())
