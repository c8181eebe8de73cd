"""`grade submit --web`: hand in a submission at a service's web door, and wait for its result."""

from collections.abc import Iterator
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from time import monotonic, sleep
from typing import IO, NamedTuple, NoReturn, TypeVar
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener
from uuid import uuid4

import typer
from pydantic import ValidationError

from grader.base.environment import value
from grader.base.errors import GraderError, InvalidInput, Problem
from grader.base.language import N_, _
from grader.cli import outcome
from grader.cli.console import say
from grader.cli.handing_in.queued import TIMEOUT_SECONDS, ResultOptions, content, without_place
from grader.cli.options import waiting
from grader.documents import shown
from grader.exercises import submissions
from grader.report.failures import NoResult
from grader.schema.queue import TERMINAL, Result
from grader.schema.web import PostedSubmission, Refusals, TakenIn

TOKEN = "GRADER_WEB_TOKEN"  # noqa: S105 - the variable's name
ANSWER_SECONDS = 60
MOST_BYTES = 16 * 1024 * 1024
"""The longest answer."""
PAUSE_SECONDS = 1.0
LONGEST_PAUSE = 60
"""Seconds; who is told to come back later than this is told so."""
PASSING = frozenset({408, 429, 500, 502, 503, 504})
"""The statuses after which the same request may succeed."""
R = TypeVar("R", TakenIn, Result)
NEAR = frozenset({"127.0.0.1", "localhost", "::1"})


class WebOptions(NamedTuple):
    """The options about handing in."""

    url: str
    id: str | None
    timeout: float | None


class WebDoorError(GraderError):
    """The web door cannot be reached, or does not let in."""


class _NoRedirect(HTTPRedirectHandler):
    """Follows nothing: the token is for this address alone."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Return no further request."""


class Address:
    """A web door, and the token that is shown to it."""

    def __init__(self, url: str, until: float) -> None:
        """Check the address and the token; requests are repeated until this time.

        Raises:
            InvalidInput: One of them cannot be used.
        """
        self.url, self.until, self.token = _checked(url), until, value(TOKEN).strip()
        if not self.token:
            message = _(
                "a token is needed: set {variable}, or {variable}_FILE with the path of its file", variable=TOKEN
            )
            raise InvalidInput("--web", [Problem("no-token", message)])
        self._opener = build_opener(_NoRedirect)

    def ask(self, record: type[R], path: str, body: bytes | None = None) -> R:
        """Return the answer; a failure that passes is waited for.

        Raises:
            InvalidInput: The submission is refused.
            WebDoorError: There is no answer, or it is another refusal.
        """
        try:
            return record.model_validate_json(self._asked(path, body))
        except ValidationError:
            raise self._silent(N_("something else answers there")) from None

    def _asked(self, path: str, body: bytes | None) -> bytes:
        """Return the answer as it came.

        Raises:
            InvalidInput: The submission is refused.
            WebDoorError: There is no answer, or it is another refusal.
        """
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        while True:
            request = Request(f"{self.url}{path}", body, headers)  # noqa: S310 - http or https, as was checked
            try:
                with self._opener.open(request, timeout=ANSWER_SECONDS) as answer:
                    read: bytes = answer.read(MOST_BYTES)
                    return read
            except HTTPError as error:
                with error:
                    pause = _pause(error)
                    if error.code not in PASSING or pause > min(LONGEST_PAUSE, self.until - monotonic()):
                        raise self._refused(error) from None
            except (OSError, HTTPException) as error:
                pause = PAUSE_SECONDS
                if monotonic() + pause > self.until:
                    raise self._silent(str(error)) from None
            sleep(pause)

    def _silent(self, why: str) -> WebDoorError:
        message = N_("{url}: no answer ({error}); is the address right, and is the service running?")
        return WebDoorError(_(message, url=self.url, error=_(why)))

    def _refused(self, error: HTTPError) -> GraderError:
        try:
            refusals = Refusals.model_validate_json(error.read(MOST_BYTES))
        except (ValidationError, OSError, HTTPException):
            refusals = Refusals(problems=(Problem("refused", f"{error.code} {error.reason}"),))
        if error.code in {409, 413, 422, 429}:
            return InvalidInput(self.url, refusals.problems)
        return WebDoorError(f"{self.url}: {'; '.join(each.message for each in refusals.problems)}")


def submit(file: Path, exercise_id: str | None, options: WebOptions, shown_as: ResultOptions) -> NoReturn:
    """Hand in the file, show its result, and exit."""
    seconds = TIMEOUT_SECONDS if options.timeout is None else options.timeout
    until = monotonic() + seconds
    address = Address(options.url, until)
    name = options.id or uuid4().hex
    body = _body(file, exercise_id, name)
    try:
        taken = address.ask(TakenIn, "/submissions", body)
    except InvalidInput as error:
        problems = error.problems if exercise_id is None else tuple(map(without_place, error.problems))
        raise InvalidInput(str(file), problems) from None
    exercise = f" --exercise {exercise_id}" if exercise_id else ""
    again = f"grade submit {file}{exercise} --web {address.url} --id {taken.id}"
    if not shown_as.is_awaited:
        say(taken.id)
        say(_("Handed in. To see its result, run: {command}", command=again), err=True)
        raise typer.Exit
    with waiting(_("handed in; waiting for the result")):
        result = next(_results(address, taken.id), None)
    if result is None:
        message = N_(
            "No result within {seconds} s. The submission is kept and will be graded. To see it, run: {command}"
        )
        raise NoResult(_(message, seconds=f"{seconds:g}", command=again), "queued")
    outcome.show_and_exit(result, str(file), shown_as.form, shown_as.out, shown_as.points)


def _body(file: Path, exercise_id: str | None, name: str) -> bytes:
    """Return what is posted, after the same checks as on this machine.

    Raises:
        InvalidInput: It cannot be graded.
    """
    raw = content(file)
    submission, _exercise = submissions.load(raw, str(file), exercise_override=exercise_id)
    document = raw.decode() if exercise_id is None else submission.model_dump_json(exclude_none=True)
    try:
        posted = PostedSubmission(submission=document, student=submission.student, id=name)
    except ValidationError as error:
        raise InvalidInput("--id", [Problem("bad-name", str(error.errors()[0]["msg"]))]) from None
    return posted.model_dump_json(exclude_none=True).encode()


def _results(address: Address, name: str) -> Iterator[Result]:
    """Yield the result when it has come; nothing if the time is up before."""
    while True:
        result = address.ask(Result, f"/submissions/{name}")
        if result.state in TERMINAL:
            yield result
            return
        left = address.until - monotonic()
        if left <= 0:
            return
        sleep(min(PAUSE_SECONDS, left))


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host or parts.scheme not in ({"http", "https"} if host in NEAR else {"https"}) or "@" in parts.netloc:
        message = N_("`{url}` is not an address such as https://grader.example; http:// is only for this machine")
        raise InvalidInput("--web", [Problem("not-an-address", _(message, url=shown(url)))])
    return url.rstrip("/")


def _pause(error: HTTPError) -> float:
    """Return the seconds after which the request may be sent again."""
    told = error.headers.get("Retry-After", "")
    return float(told) if told.isdecimal() else PAUSE_SECONDS
