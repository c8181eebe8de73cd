"""The application behind the web door: rooms, each a module with the routes that lead into it."""

import logging
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from grader.base.errors import GraderError, LedgerError, Problem
from grader.doors.web import health, openapi, progress, submissions
from grader.doors.web.guard import WebGuard
from grader.doors.web.house import House
from grader.doors.web.pages import rooms as pages
from grader.doors.web.posting import KEY
from grader.doors.web.refusals import Refused, refusal

ROOMS: Sequence[Callable[[House], list[BaseRoute]]] = (
    submissions.routes,
    progress.routes,
    health.routes,
    openapi.routes,
    pages.routes,
)
"""A room's function returns its routes; the first route that fits a path leads there."""
OURS = "this is an error of ours and uses no attempt; the operator finds it in the log"
AGAIN_SECONDS = 5
"""After which a request may be sent again that met a ledger which did not answer."""

log = logging.getLogger(__name__)


def application(house: House) -> ASGIApp:
    """Return all rooms of the house behind the guard."""
    faults: Any = {
        HTTPException: _nothing_here,
        Refused: _refused,
        LedgerError: _away,
        GraderError: _broken,
        Exception: _failed,
    }
    made = Starlette(routes=[route for room in ROOMS for route in room(house)], exception_handlers=faults)
    made.router.redirect_slashes = False
    return WebGuard(_shared(made, house.settings.web.origins), house.settings.web, house.figures)


def _shared(application: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """Return the application with answers that pages of these sites may read; no cookie comes with their questions."""
    if not origins:
        return application
    return CORSMiddleware(
        application,
        allow_origins=origins,
        allow_methods=("GET", "POST"),
        allow_headers=("Authorization", "Content-Type", KEY),
        expose_headers=("Location", "Retry-After"),
    )


def _nothing_here(_: Request, error: HTTPException) -> Response:
    """Return the answer to a path that does not exist, or not with this method."""
    status = HTTPStatus(error.status_code)
    code = {404: "not-found", 405: "method"}.get(status, "refused")
    return refusal(status, [Problem(code, status.description or status.phrase)], error.headers)


def _refused(_: Request, error: Refused) -> Response:
    return error.answer


def _away(_: Request, error: LedgerError) -> Response:
    log.warning("%s", error)
    message = "the service cannot reach its database at present; send the same request again in a few seconds"
    return refusal(503, [Problem("away", message)], {"Retry-After": str(AGAIN_SECONDS)})


def _broken(_: Request, error: GraderError) -> Response:
    log.error("%s", error)  # for the operator alone, as it may name files
    return refusal(500, [Problem("failed", OURS)])


def _failed(_: Request, error: Exception) -> Response:
    return refusal(500, [Problem("failed", OURS)])
