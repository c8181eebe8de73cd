"""`grade submit --queue`: hand in a submission as a platform does, and wait for its result.

Nothing is measured here, so neither the transformer nor a numerical library is needed.
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
from grader.cli.console import say
from grader.cli.options import waiting
from grader.cli.who import login_name
from grader.documents import SIZE_LIMIT, shown
from grader.exercises import submissions
from grader.report.failures import NoResult
from grader.report.formats import Format
from grader.schema.queue import Envelope, Result
from grader.service import streams
from grader.service.platforms import LOCAL
from grader.service.settings import Settings, settings

TIMEOUT_SECONDS = 300.0
"""The default time to wait for a result."""
PAUSE_SECONDS = 0.5
"""The time before a server that went away is asked again."""
OPTIONS = {
    "id": (
        "--id",
        N_("letters, digits and `_:.-`, at most 128 characters, starting with a letter or digit, and without `..`"),
    ),
    "platform": ("--platform", N_("lower-case words joined by hyphens, at most 64 characters")),
}
"""Parts of an envelope: the option that gives each, and what it may be."""


class HandInOptions(NamedTuple):
    """The options about handing in."""

    queue: str
    platform: str | None
    id: str | None
    timeout: float | None


class ResultOptions(NamedTuple):
    """The options about the result."""

    form: Format
    out: Path | None
    is_awaited: bool
    syncs: bool = True
    """True if offline work is handed in afterwards."""
    points: float | None = None
    """The points of a full score in Gradescope."""


def submit(file: Path, exercise_id: str | None, options: HandInOptions, shown_as: ResultOptions) -> NoReturn:
    """Hand in the file, show its result, and exit."""
    given = queue_settings(options.queue)
    envelope = _envelope(file, exercise_id, options)
    with streams.connect(given.queue_url, given.queue_ca) as client:
        posted = _posted(client, given.queue_url, envelope)
        command = f"grade status {posted.id} --platform {posted.platform}"
        if not shown_as.is_awaited:
            say(posted.id)
            message = _("Handed in. To see its result, on the machine with the ledger, run: {command}", command=command)
            say(message, err=True)
            raise typer.Exit
        if sys.stderr.isatty():  # before waiting, so that the id is known even if the student stops waiting
            message = _("handed in as {id} on platform {platform}", id=posted.id, platform=posted.platform)
            say(message, err=True)
        seconds = TIMEOUT_SECONDS if options.timeout is None else options.timeout
        with streams.explained(given.queue_url):
            result = _awaited(client, posted, seconds)
    if result is None:
        message = _(
            "No result within {seconds} s. The submission is on the queue and will be graded as soon as possible. "
            "To see its result, on the machine with the ledger, run: {command}. If it is unknown there, run: "
            "grade dead list",
            seconds=f"{seconds:g}",
            command=command,
        )
        raise NoResult(message, "queued")
    if exercise_id is not None:  # lines and columns are not those of the file, because another text was posted
        result = result.model_copy(update={"problems": tuple(map(without_place, result.problems))})
    try:
        outcome.show_and_exit(result, str(file), shown_as.form, shown_as.out, shown_as.points)
    finally:
        if result.report is not None:
            from grader.cli.handing_in import syncing

            syncing.afterwards(given, envelope, result, shown_as.syncs)


def queue_settings(url: str) -> Settings:
    """Return the settings for this queue; only the certificate authority is taken from the environment."""
    authority = {name: value for name, value in os.environ.items() if name.startswith("GRADER_QUEUE_CA")}
    try:
        return settings({"GRADER_QUEUE_URL": url, **authority})
    except GraderError as error:
        message = str(error).removeprefix("GRADER_QUEUE_URL: ")
        raise InvalidInput("--queue", [Problem("not-a-queue", message)]) from None


def platform_of(url: str, named: str | None) -> str:
    """Return the platform of submissions: the named one, else the URL's user."""
    return named or unquote(urlsplit(url).username or "") or LOCAL


def _envelope(file: Path, exercise_id: str | None, options: HandInOptions) -> Envelope:
    """Return the file in its envelope, after the same checks as without a queue.

    Raises:
        InvalidInput: It cannot be graded, or an option cannot be used.
    """
    raw = content(file)
    submission, _exercise = submissions.load(raw, str(file), exercise_override=exercise_id)
    document = raw.decode() if exercise_id is None else submission.model_dump_json(exclude_none=True)
    values: Mapping[str, object] = {
        "platform": platform_of(options.queue, options.platform),
        "id": options.id or uuid4().hex,
        "submission": document,
        "student": submission.student or login_name(),
        "came_at": datetime.now(UTC),
    }
    try:
        return Envelope.model_validate(values)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        option, allowed = OPTIONS.get(name, (name, str(error.errors()[0]["msg"])))
        message = _("`{value}` is not allowed; allowed: {allowed}", value=shown(values[name]), allowed=_(allowed))
        raise InvalidInput(option, [Problem("bad-name", message)]) from None


def content(file: Path) -> bytes:
    """Return the file's bytes, read only once, because it may be a pipe.

    Raises:
        InvalidInput: The file cannot be read.
    """
    try:
        with file.open("rb") as stream:
            return stream.read(SIZE_LIMIT + 1)
    except OSError as error:
        problem = Problem("unreadable", _("the file cannot be read: {why}", why=error.strerror))
        raise InvalidInput(str(file), [problem]) from None


def _posted(client: streams.QueueClient, url: str, envelope: Envelope) -> streams.Posted:
    """Put the envelope on the queue.

    Raises:
        QueueError: The server refused it, or did not confirm it.
    """
    fields = envelope.model_dump(include={"id", "submission", "student"})
    try:
        with streams.explained(url):
            return streams.post(client, envelope.platform, fields)
    except streams.QueueError as error:
        if isinstance(error.__context__, redis.ResponseError | redis.AuthenticationError):  # it did not arrive
            raise
        message = N_("If you hand it in again, add --id {id}. Then it counts only once, even if this one has arrived.")
        again = _(message, id=envelope.id)
        raise streams.QueueError(f"{error}\n{again}") from None


def _awaited(client: streams.QueueClient, posted: streams.Posted, seconds: float) -> Result | None:
    """Wait for the result, and for the server if it goes away meanwhile; return None if time is up."""
    until = monotonic() + seconds
    with waiting(_("handed in; waiting for the result")):
        while (left := until - monotonic()) > 0:
            try:
                return streams.wait(client, posted, left)
            except (redis.ConnectionError, redis.TimeoutError):
                sleep(min(PAUSE_SECONDS, left))
    return None


def without_place(problem: Problem) -> Problem:
    """Return the problem without the line and column of another text than the file."""
    return replace(problem, line=None, column=None)
