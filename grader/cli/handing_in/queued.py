"""`grade submit --queue`: a submission handed in as a platform does it, and its result waited for.

Nothing is measured here: neither the transformer nor a library that computes is needed.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple, NoReturn
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import redis
import typer
from pydantic import ValidationError

from grader.base.errors import GraderError, InvalidInput, Problem
from grader.base.language import N_, _
from grader.cli import outcome
from grader.cli.handing_in import waiting
from grader.cli.who import login_name
from grader.documents import SIZE_LIMIT, shown
from grader.exercises import submissions
from grader.report.formats import Format
from grader.schema.queue import Envelope, Result
from grader.service import streams
from grader.service.platforms import LOCAL
from grader.service.settings import Settings, settings

TIMEOUT_SECONDS = 300.0
"""How long a result is waited for, if nobody says otherwise."""
PAUSE_SECONDS = 0.5
"""Before a server that went away is asked again."""
OPTIONS = {
    "id": (
        "--id",
        N_("letters, digits and any of `_:.-`, 128 at most, the first a letter or a digit, and never `..`"),
    ),
    "platform": ("--platform", N_("lower-case words joined by hyphens, 64 characters at most")),
}
"""Where the parts of an envelope come from, and what they may be, for messages."""


class Where(NamedTuple):
    """Where a submission is handed in, as the options say it."""

    queue: str
    platform: str | None
    id: str | None
    timeout: float | None


class Answer(NamedTuple):
    """How the result is to be shown."""

    form: Format
    out: Path | None
    is_awaited: bool
    syncs: bool = True
    """Whether what was made offline is handed in afterwards."""


def submit(file: Path, exercise_id: str | None, where: Where, answer: Answer) -> NoReturn:
    """Hand the file in, and show what becomes of it."""
    given = queue_settings(where.queue)
    envelope = _envelope(file, exercise_id, where)
    with streams.connect(given.queue_url, given.queue_ca) as client:
        posted = _posted(client, given.queue_url, envelope)
        how = f"grade status {posted.id} --platform {posted.platform}"
        if not answer.is_awaited:
            typer.echo(posted.id)
            message = _("handed in; what becomes of it tells, where the ledger is: {command}", command=how)
            typer.echo(message, err=True)
            raise typer.Exit
        if sys.stderr.isatty():  # whoever stops waiting knows what to ask for
            message = _("handed in as {id} on platform {platform}", id=posted.id, platform=posted.platform)
            typer.echo(message, err=True)
        seconds = TIMEOUT_SECONDS if where.timeout is None else where.timeout
        with streams.explained(given.queue_url):
            result = _awaited(client, posted, seconds)
    if result is None:
        message = _(
            "no result within {seconds} s. The submission is on the queue, and graded as soon as that can be done. "
            "What becomes of it tells, where the ledger is: {command}; if it is not there, `grade dead list` says why",
            seconds=f"{seconds:g}",
            command=how,
        )
        raise outcome.NoResult(message)
    if exercise_id is not None:  # what was posted is not the file itself, so the places in it say nothing
        result = result.model_copy(update={"problems": tuple(map(_placeless, result.problems))})
    try:
        outcome.conclude(result, str(file), answer.form, answer.out)
    finally:
        if result.report is not None:
            from grader.cli.handing_in import syncing

            syncing.afterwards(given, envelope, result, answer.syncs)


def queue_settings(url: str) -> Settings:
    """The settings for this queue; of the environment it takes the certificate authority alone."""
    authority = {name: value for name, value in os.environ.items() if name.startswith("GRADER_QUEUE_CA")}
    try:
        return settings({"GRADER_QUEUE_URL": url, **authority})
    except GraderError as error:
        message = str(error).removeprefix("GRADER_QUEUE_URL: ")
        raise InvalidInput("--queue", [Problem("not-a-queue", message)]) from None


def platform_of(url: str, named: str | None) -> str:
    """Whose submissions these are: the named platform's, else the URL's user's."""
    return named or unquote(urlsplit(url).username or "") or LOCAL


def _envelope(file: Path, exercise_id: str | None, where: Where) -> Envelope:
    """The file as it is handed in, after the same checks as without a queue.

    Raises:
        InvalidInput: It cannot be graded, or an option cannot be used.
    """
    raw = _content(file)
    submission, _exercise = submissions.load(raw, str(file), exercise_override=exercise_id)
    document = raw.decode() if exercise_id is None else submission.model_dump_json(exclude_none=True)
    values: Mapping[str, object] = {
        "platform": platform_of(where.queue, where.platform),
        "id": where.id or uuid4().hex,
        "submission": document,
        "student": submission.student or login_name(),
        "came_at": datetime.now(UTC),
    }
    try:
        return Envelope.model_validate(values)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        option, allowed = OPTIONS.get(name, (name, str(error.errors()[0]["msg"])))
        message = _("`{value}` cannot be used: {allowed}", value=shown(values[name]), allowed=_(allowed))
        raise InvalidInput(option, [Problem("bad-name", message)]) from None


def _content(file: Path) -> bytes:
    """The file's bytes, read once: it may be a pipe."""
    try:
        with file.open("rb") as stream:
            return stream.read(SIZE_LIMIT + 1)
    except OSError as error:
        problem = Problem("unreadable", _("the file cannot be read: {why}", why=error.strerror))
        raise InvalidInput(str(file), [problem]) from None


def _posted(client: streams.QueueClient, url: str, envelope: Envelope) -> streams.Posted:
    """The envelope on the queue.

    Raises:
        QueueError: The server refuses it, or did not say that it took it.
    """
    fields = envelope.model_dump(include={"id", "submission", "student"})
    try:
        with streams.explained(url):
            return streams.post(client, envelope.platform, fields)
    except streams.QueueError as error:
        if isinstance(error.__context__, redis.ResponseError | redis.AuthenticationError):  # it said no
            raise
        message = N_("if you hand it in again, add --id {id}: then it counts once, should it have arrived")
        again = _(message, id=envelope.id)
        raise streams.QueueError(f"{error}\n{again}") from None


def _awaited(client: streams.QueueClient, posted: streams.Posted, seconds: float) -> Result | None:
    """The result; a server that goes away meanwhile is waited for, too."""
    until = monotonic() + seconds
    with waiting.shown(_("handed in; waiting for the result")):
        while (left := until - monotonic()) > 0:
            try:
                return streams.wait(client, posted, left)
            except (redis.ConnectionError, redis.TimeoutError):
                sleep(min(PAUSE_SECONDS, left))
    return None


def _placeless(problem: Problem) -> Problem:
    return replace(problem, line=None, column=None)
