"""The explorer behind the door: one page for each exercise, which the browser computes by itself where it can.

Where it cannot, one transformer in this process serves all visitors, one question at a time.
"""

import logging
import threading
from collections import OrderedDict
from contextlib import nullcontext
from functools import partial

from anyio import CapacityLimiter, to_thread
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from grader import exercises
from grader.base import home
from grader.base.errors import (
    GraderError,
    TransformerNotFound,
    UnknownExercise,
    UnsupportedTransformer,
)
from grader.base.installed import can_measure
from grader.base.language import N_, _, speaking
from grader.doors.web.figures import MOUNTED
from grader.doors.web.house import House
from grader.doors.web.pages.crossing import allow_frames, refuse_foreign
from grader.doors.web.pages.desk import VisitorsDesk
from grader.doors.web.pages.drawn import told
from grader.doors.web.pages.entering import ENDED, known, signed_out, too_often, wait
from grader.doors.web.pages.shown import BROKEN, NOTHING
from grader.doors.web.refusals import JSON, Refused
from grader.explorer.content import contents
from grader.explorer.files import of_files
from grader.explorer.serving.application import DeskOf, Explorer, application, language
from grader.explorer.serving.turns import Turnstile
from grader.laboratory import Laboratory
from grader.schema import Exercise
from grader.service.entrance.sessions import Session

PLACE = "/explore/{exercise}"
OPENERS = 4
"""Visitors who may wait for an explorer to be opened, each in a thread that others need as well."""
MOST_OPEN = 4
"""Exercises whose pages are kept ready; each holds a transformer."""
MOST_WAITING, WAITING_SECONDS = 40, 20.0
"""Questions on texts that may wait for their turn, and the time that they do."""
AWAY = "service.no_network"
NOT_HERE = N_("This transformer cannot be looked at here. Claims on it are handed in as a file, as your course says.")

log = logging.getLogger(__name__)


def routes(house: House) -> list[BaseRoute]:
    """Return the way to the pages."""
    return [Mount(PLACE, app=Exploring(house))]


class Exploring:
    """The explorers of all exercises, each made when it is first asked for."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._open: OrderedDict[str, tuple[Exercise, ASGIApp]] = OrderedDict()
        self._opening = threading.Lock()
        self._openers = CapacityLimiter(OPENERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let an explorer answer a visitor."""
        request = Request(scope, receive)
        with speaking(language(request)):
            session = await known(self.house, request)
            answer = await (self._admitted(request, session) if session else self._outside(request))
            await answer(scope, receive, _framed(send, session) if session else send)

    async def _outside(self, request: Request) -> Response:
        if request.method == "GET":
            return signed_out(request)
        raise Refused(401, "signed-out", _(ENDED))

    async def _admitted(self, request: Request, session: Session) -> ASGIApp:
        """Return the explorer, or the answer to a question that may not pass."""
        if request.method not in {"GET", "HEAD"}:
            refuse_foreign(self.house, request, JSON)
        if seconds := wait(self.house, session.visitor):
            raise too_often(seconds)
        request.state.visitor = session.visitor
        try:
            name = request.path_params["exercise"]
            explorer = await to_thread.run_sync(self._explorer, name, limiter=self._openers)
        except UnknownExercise:
            return _said(request, session, 404, NOTHING)
        except (TransformerNotFound, UnsupportedTransformer):
            return _said(request, session, 404, NOT_HERE)
        except GraderError as error:
            log.error("%s", error)
            return _said(request, session, 500, BROKEN)
        request.scope[MOUNTED] = PLACE
        return explorer

    def _explorer(self, name: str) -> ASGIApp:
        """Return the explorer of the exercise as it is now."""
        exercise = exercises.load(name)
        with self._opening:
            kept = self._open.get(name)
            if kept is None or kept[0] != exercise:
                kept = (exercise, self._opened(exercise))
            self._open[name] = kept
            self._open.move_to_end(name)
            while len(self._open) > MOST_OPEN:
                self._open.popitem(last=False)
        return kept[1]

    def _opened(self, exercise: Exercise) -> ASGIApp:
        """Return a new explorer: computed by the browser where its engine can run the transformer, else here.

        Raises:
            UnsupportedTransformer: Neither can.
            GraderError: The transformer cannot be found or used.
        """
        known, desk_of = contents(exercise), self._desks(exercise)
        explorer = partial(Explorer, known, desk_of=desk_of, desk_turn=nullcontext(), away=AWAY)
        try:
            return application(explorer(of_files(exercise.transformer)))
        except UnsupportedTransformer:
            if not can_measure():
                raise
        from grader.laboratory.looking import Looking

        whole = Laboratory(exercise, home.folder() / home.TABLES).whole  # only loaded, and nothing is kept
        turn = Turnstile(MOST_WAITING, WAITING_SECONDS)
        return application(explorer(Looking(whole), turn=turn))

    def _desks(self, exercise: Exercise) -> DeskOf:
        def desk_of(request: Request) -> VisitorsDesk | None:
            visitor = request.state.visitor
            return VisitorsDesk(self.house, exercise, visitor) if visitor.role == "student" else None

        return desk_of


def _said(request: Request, session: Session, status: int, message: str) -> Response:
    """Return the reason why there is no explorer: for a question as a problem, else as a page."""
    if request.method == "GET":
        return told(_("This cannot be shown"), _(message), status, session.visitor)
    raise Refused(status, "cannot", _(message))


def _framed(send: Send, session: Session) -> Send:
    """Return a way to send answers that the visitor's platform may show inside its pages."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            allow_frames(MutableHeaders(scope=message), session.framed_by)
        await send(message)

    return sent
