"""Entering: how a session begins, is known again with each request, and ends."""

from collections.abc import Sequence
from functools import partial
from math import ceil

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from grader.base.language import N_, _, speaking
from grader.doors.web.house import House
from grader.doors.web.pages.cookies import SessionCookie
from grader.doors.web.pages.crossing import ANYBODY, allow_frames, form, own_path
from grader.doors.web.pages.drawn import drawn, told
from grader.doors.web.refusals import Refused
from grader.explorer.serving.application import language
from grader.ledger.people.tokens import KeptToken
from grader.schema import is_identifier
from grader.service.entrance import sessions
from grader.service.entrance.sessions import Session
from grader.service.entrance.tokens import owner
from grader.service.entrance.visitors import ROLES, Visitor

SIGN_IN, SIGN_OUT = "/sign-in", "/sign-out"
WRONG = N_("This token opens no pages: it is unknown, expired or revoked, or it is a program's.")
TOO_OFTEN = N_("Too many tries. Wait for {seconds} seconds.")
ENDED = N_("Your session has ended. Open the exercise from your course again; nothing that you handed in is lost.")


def routes(house: House) -> list[BaseRoute]:
    """Return the ways in and out."""
    return [
        Route(SIGN_IN, partial(_show, house), methods=["GET"]),
        Route(SIGN_IN, partial(_sign_in, house), methods=["POST"]),
        Route(SIGN_OUT, partial(_sign_out, house), methods=["POST"]),
    ]


async def enter(house: House, request: Request, visitor: Visitor, target: str) -> Response:
    """Begin a visitor's session, and lead to the target: an exercise's id, or a path of ours.

    The origins in `request.state.framed_by` may show the session's pages inside theirs.
    """
    framed_by: Sequence[str] = getattr(request.state, "framed_by", ())
    return await _begun(house, request, visitor, _place(visitor, target), framed_by)


async def known(house: House, request: Request) -> Session | None:
    """Return the session of the browser that asks; None without one that is good."""
    secret = SessionCookie(house.url).read(request)
    session = await to_thread.run_sync(sessions.find, house.ledger, secret) if secret else None
    return session if session is not None and session.visitor.platform in house.platforms else None


def wait(house: House, visitor: Visitor) -> int:
    """Return the seconds that the visitor must wait before the next question; 0 for none."""
    return ceil(house.rates.wait((visitor.platform, visitor.student, visitor.role)))


def signed_out(request: Request) -> Response:
    """Return the page for somebody who is not signed in: in a course's frame, only words; else the way in."""
    if request.headers.get("sec-fetch-dest") in {"iframe", "frame"}:
        answer = told(_("Signed out"), _(ENDED), 401)
        allow_frames(answer.headers, (ANYBODY,))  # it shows nothing, and nothing can be done on it
        return answer
    return _form(request.url.path if request.method == "GET" else "/", 401)


async def _show(house: House, request: Request) -> Response:
    with speaking(language(request)):
        return _form("/", 200)


async def _sign_in(house: House, request: Request) -> Response:
    """Begin a session with a token. A right one is taken however many wrong ones came: nobody can lock others out."""
    with speaking(language(request)):
        fields = await form(house, request)
        target = own_path(fields.get("target", "/"))
        token = await to_thread.run_sync(owner, house.ledger, fields.get("token", "").strip()[:200])
        visitor = _visitor(house, token)
        if visitor is None:
            seconds = ceil(house.guesses.wait(request.client.host if request.client else ""))
            wrong = _(TOO_OFTEN, seconds=seconds) if seconds else _(WRONG)
            return _form(target, 429 if seconds else 403, wrong)
        return await _begun(house, request, visitor, target, (), token)


async def _sign_out(house: House, request: Request) -> Response:
    with speaking(language(request)):
        await form(house, request)
        cookie = SessionCookie(house.url)
        await to_thread.run_sync(sessions.end, house.ledger, cookie.read(request))
        answer = RedirectResponse(SIGN_IN, 303)
        cookie.take(answer)
        return answer


def _visitor(house: House, token: KeptToken | None) -> Visitor | None:
    """Return who signs in with the token; None if nobody does."""
    if token is None or token.platform not in house.platforms:
        return None
    role = next((each for each in ROLES if each == token.role), None)
    return Visitor(token.platform, token.student or "", role, token.course) if role else None


async def _begun(  # noqa: PLR0913 - who, where from and where to
    house: House,
    request: Request,
    visitor: Visitor,
    path: str,
    framed_by: Sequence[str],
    token: KeptToken | None = None,
) -> Response:
    """Begin a session with a secret of its own, whatever the browser showed; the session that it had ends."""
    cookie = SessionCookie(house.url)
    await to_thread.run_sync(sessions.end, house.ledger, cookie.read(request))
    secret = await to_thread.run_sync(sessions.begin, house.ledger, visitor, framed_by, token)
    answer = RedirectResponse(path, 303)
    cookie.give(answer, secret)
    return answer


def _place(visitor: Visitor, target: str) -> str:
    if is_identifier(target):
        return f"/explore/{target}/" if visitor.role == "student" else f"/teaching/{target}"
    return own_path(target)


def _form(target: str, status: int, wrong: str = "") -> Response:
    return drawn("sign_in.html.jinja", _("Sign in"), status=status, target=own_path(target), wrong=wrong)


def too_often(seconds: int) -> Refused:
    """Return the refusal of a visitor who asks too often."""
    return Refused(429, "too-many-requests", _(TOO_OFTEN, seconds=seconds), {"Retry-After": str(seconds)})
