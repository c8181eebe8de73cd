"""Health: whether the process answers, and whether it can take submissions in."""

from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from grader.base.errors import LedgerError
from grader.doors.web.house import House


def routes(house: House) -> list[BaseRoute]:
    """Return the way to the two questions, for a proxy or a container engine."""
    return [Route("/health", partial(_health, house)), Route("/health/live", _live)]


def _live(_: Request) -> Response:
    return JSONResponse({"live": True})


def _health(house: House, _: Request) -> Response:
    """Return 200 if a submission would be taken in now, else 503."""
    try:
        house.ledger.check()
    except LedgerError:
        return JSONResponse({"live": True, "ready": False}, 503)
    return JSONResponse({"live": True, "ready": True})
