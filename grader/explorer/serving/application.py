"""Everything that a page asks its server: tokens, patterns, predictions, hints, and what claims lead to.

It knows no address and no visitor: a door in front of it decides who may ask.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from anyio import to_thread
from pydantic import Field, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from grader.base.errors import GraderError, InvalidInput, Problem
from grader.base.language import LANGUAGES, N_, _, speaking, spoken
from grader.documents import SIZE_LIMIT
from grader.explorer.content import Content
from grader.explorer.handed_in import HintsQuestion, ShownLadder, ShownResult, ShownWait
from grader.explorer.page import own_script, page
from grader.explorer.serving.kept import KeptScript
from grader.explorer.serving.turns import Busy
from grader.explorer.site import SCRIPT
from grader.explorer.weights import Ingredients, about, transformer_script
from grader.schema import Record

if TYPE_CHECKING:
    from grader.laboratory.looking import Looking

OWN = "explorer.js"
"""The name of the page's own script."""
MOST_BYTES = 2 * SIZE_LIMIT
"""The longest question: a submission file of the greatest size, written as JSON."""
MOST_LETTERS = 20_000
"""The longest text, in characters; what is too long in tokens shows when it is read."""
NOBODY_WAITS = 499
"""The status of an answer that nobody waits for any more."""
POLICY = re.compile(r'http-equiv="Content-Security-Policy" content="([^"]*)"')
OURS = N_("This is an error of the grader and uses no attempt; what stands on this page stays.")
NOT_UNDERSTOOD = N_("the question cannot be read: {why}")
TOO_LARGE = N_("the question is too large: {most} bytes at most")
NOTHING_HERE = N_("there is nothing at this address")


class TextQuestion(Record):
    """A text to read."""

    text: str = Field(max_length=MOST_LETTERS)


class SwitchedQuestion(TextQuestion):
    """A text, with some heads switched off."""

    off: tuple[tuple[int, int], ...] = Field(default=(), max_length=10_000)


class LayerQuestion(SwitchedQuestion):
    """A layer on a text."""

    layer: int


class FileQuestion(Record):
    """A submission file."""

    text: str


class Draft(Record):
    """Claims as the page holds them."""

    key: str = Field(default="", max_length=64, description="The same for each time that these claims are sent.")
    exercise: str = Field(max_length=100)
    claims: tuple[dict[str, Any], ...] = Field(max_length=1000)
    more: dict[str, Any] = Field(default_factory=dict)


class AnyDesk(Protocol):
    """A place where one student hands in claims; threads use it."""

    @property
    def owner(self) -> str:
        """The name under which a browser keeps this student's claims apart from others'; may be empty."""

    @property
    def pages(self) -> Mapping[str, str]:
        """Whole reports that the page's own server shows, each by its number."""

    def hand_in(self, draft: Mapping[str, Any], key: str) -> ShownResult | ShownWait:
        """Return what the claims led to; or that one must wait and ask again under the same key."""

    def read_file(self, text: str) -> dict[str, Any]:
        """Return the claims in a submission file."""

    def hints(self, question: HintsQuestion) -> ShownLadder:
        """Return the hints for a kind up to a number."""


DeskOf = Callable[[Request], AnyDesk | None]
Turn = AbstractAsyncContextManager[Any]


@dataclass(frozen=True)
class Explorer:
    """Everything behind one page."""

    contents: Mapping[str, Content]
    looking: "Looking | Ingredients"
    """The transformer under any text; or what it is made of, where only the browser can compute."""
    desk_of: DeskOf = lambda request: None
    """Returns the desk of who asks; None where there is nothing to hand in."""
    turn: Turn = field(default_factory=asyncio.Lock)
    """Held by the question that is being computed: one at a time."""
    desk_turn: Turn | None = None
    """Held by a question at the desk; None where it waits for its turn among all others."""
    away: str = "server-away"
    """The key of the page's words for a server that does not answer."""


Looked = Callable[[Any], Response]
AtDesk = Callable[[AnyDesk, Any], Response]


def application(explorer: Explorer) -> Starlette:
    """Return the page and its answers, to be put behind a door."""
    scripts = {OWN: KeptScript(OWN, own_script())}
    if isinstance(explorer.looking, Ingredients):
        scripts[SCRIPT] = KeptScript(SCRIPT, transformer_script(explorer.looking))
    routes = [
        Route("/", partial(_page, explorer, scripts)),
        Route("/report/{number:str}", partial(_report, explorer)),
        *(Route(f"/{name}", partial(_script, script)) for name, script in scripts.items()),
    ]
    if not isinstance(explorer.looking, Ingredients):
        routes += [
            _question(name, partial(_looked, explorer, question, answer))
            for name, (question, answer) in _looks(explorer.looking).items()
        ]
    routes += [
        _question(name, partial(_at_desk, explorer, question, answer)) for name, (question, answer) in AT_DESK.items()
    ]
    faults: Any = {HTTPException: _no_such_route, Exception: _failed}
    made = Starlette(routes=routes, exception_handlers=faults)
    made.router.redirect_slashes = False
    return made


def _question(name: str, answer: Callable[[Request], Any]) -> Route:
    return Route(f"/api/{name}", answer, methods=["POST"])


def _looks(looking: "Looking") -> dict[str, tuple[type[Record], Looked]]:
    """Return the questions on where heads look."""
    return {
        "read": (TextQuestion, partial(_read, looking)),
        "layer": (LayerQuestion, partial(_layer, looking)),
        "predict": (SwitchedQuestion, partial(_predict, looking)),
    }


def _read(looking: "Looking", asked: TextQuestion) -> Response:
    return _json({"text": asked.text, "tokens": [token._asdict() for token in looking.read(asked.text)]})


def _layer(looking: "Looking", asked: LayerQuestion) -> Response:
    pattern = looking.layer(asked.text, asked.layer, asked.off)
    return Response(pattern.astype("<f4").tobytes(), media_type="application/octet-stream")


def _predict(looking: "Looking", asked: SwitchedQuestion) -> Response:
    return _json([guess._asdict() for guess in looking.predict(asked.text, asked.off) or ()])


def _hints(desk: AnyDesk, asked: HintsQuestion) -> Response:
    return _json(desk.hints(asked).model_dump(mode="json"))


def _hand_in(desk: AnyDesk, draft: Draft) -> Response:
    handed_in = desk.hand_in(draft.model_dump(mode="json", exclude={"key"}), draft.key)
    return _json(handed_in.model_dump(mode="json"))


def _read_file(desk: AnyDesk, asked: FileQuestion) -> Response:
    return _json(desk.read_file(asked.text))


AT_DESK: Mapping[str, tuple[type[Record], AtDesk]] = {
    "hints": (HintsQuestion, _hints),
    "hand-in": (Draft, _hand_in),
    "read-file": (FileQuestion, _read_file),
}
"""The questions at a desk, each with what answers it in a thread."""


async def _looked(explorer: Explorer, question: type[Record], answer: Looked, request: Request) -> Response:
    """Answer a question on a text."""
    return await _asked(explorer.turn, question, answer, request)


async def _at_desk(explorer: Explorer, question: type[Record], answer: AtDesk, request: Request) -> Response:
    """Answer a question at the desk of who asks."""
    desk = explorer.desk_of(request)
    if desk is None:
        return _no_such_route(request, HTTPException(404))
    return await _asked(explorer.desk_turn or explorer.turn, question, partial(answer, desk), request)


async def _asked(turn: Turn, question: type[Record], answer: Looked, request: Request) -> Response:
    """Answer one question, in its turn and in its page's language; one that nobody waits for is skipped."""
    with speaking(language(request)):
        try:
            asked = question.model_validate_json(await _body(request))
            async with turn:
                if await request.is_disconnected():
                    return Response(status_code=NOBODY_WAITS)
                return await to_thread.run_sync(answer, asked, abandon_on_cancel=True)
        except ClientDisconnect:
            return Response(status_code=NOBODY_WAITS)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            return refusal(400, "bad-question", _(NOT_UNDERSTOOD, why=f"{where}: {first['msg']}".removeprefix(": ")))
        except InvalidInput as error:
            return _json({"problems": [_problem(each) for each in error.problems]}, 422)
        except Busy as error:
            return refusal(503, "busy", str(error), {"Retry-After": str(error.seconds)})
        except GraderError as error:
            return refusal(500, "cannot", str(error))


async def _body(request: Request) -> bytes:
    """Return what was sent.

    Raises:
        InvalidInput: It is too large; no more than the limit is read.
    """
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise InvalidInput("question", [Problem("too-large", _(TOO_LARGE, most=MOST_BYTES))])
    return bytes(body)


def _page(explorer: Explorer, scripts: Mapping[str, KeptScript], request: Request) -> Response:
    desk = explorer.desk_of(request)
    source: dict[str, object] = {"grades": desk is not None, "away": explorer.away}
    if desk is not None:
        source["owner"] = desk.owner
    if isinstance(explorer.looking, Ingredients):
        source |= {"kind": "browser", "script": scripts[SCRIPT].address, "about": about(explorer.looking)}
    else:
        source |= {"kind": "server", "about": asdict(explorer.looking.about)}
    return _html(page(explorer.contents, source, script=scripts[OWN].address))


def _script(script: KeptScript, request: Request) -> Response:
    return script.answer(request)


def _report(explorer: Explorer, request: Request) -> Response:
    desk = explorer.desk_of(request)
    text = desk.pages.get(request.path_params["number"]) if desk else None
    if text is None:
        raise HTTPException(404)
    return _html(text)


def _html(text: str) -> Response:
    """Return a page with its own policy as a header, too: only a header can refuse to be framed."""
    own = POLICY.search(text)
    policy = "; ".join([*([own[1]] if own else ["default-src 'none'"]), "frame-ancestors 'none'"])
    return HTMLResponse(text, headers={"Content-Security-Policy": policy})


def _no_such_route(request: Request, error: HTTPException) -> Response:
    with speaking(language(request)):
        return refusal(error.status_code, "not-found", _(NOTHING_HERE), error.headers)


def _failed(request: Request, error: Exception) -> Response:
    with speaking(language(request)):
        return refusal(500, "failed", _(OURS))


def refusal(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer with one problem."""
    return JSONResponse({"problems": [_problem(Problem(code, message))]}, status, dict(headers or {}))


def _problem(problem: Problem) -> dict[str, object]:
    place = {name: value for name in ("line", "column", "where") if (value := getattr(problem, name))}
    return {"code": problem.code, "message": problem.message, **place}


def _json(value: object, status: int = 200) -> Response:
    return JSONResponse(value, status)


def language(request: Request) -> str:
    """Return the language of the page that asks, else the server's own."""
    wanted = request.headers.get("accept-language", "").lower()
    return next((language for language in LANGUAGES if wanted.startswith(language)), spoken())
