"""The streams of the queue: their names, the fields of an entry, and a client's side of posting and waiting."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, time
from typing import Any, NamedTuple, NoReturn, TypeAlias

import redis
from pydantic import ValidationError

from grader.base.errors import GraderError
from grader.base.language import N_, _
from grader.documents import SIZE_LIMIT
from grader.schema.queue import Envelope, Result
from grader.service.settings import without_password

GROUP = "grader"
"""The consumer group of the intake."""
DEAD_MESSAGES = "dead:celery"
"""The list on which workers leave messages that cannot become a task."""
FIELDS = ("id", "submission", "student", "course", "key_id", "timestamp", "signature")
"""Of an intake entry; the first two are required."""
LATEST_SECONDS = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
"""The latest time of an entry; a platform may choose its number."""
TIMEOUT_SECONDS = 10.0
FACTS_SECONDS = 60
"""The time after which the facts of a silent worker are dropped."""
RESULTS_KEPT = 1_000
"""The approximate number of entries that a results stream holds; older results are in the ledger."""


QueueClient: TypeAlias = Any
"""A `redis.Redis` whose keys and values are bytes; its own annotations do not say what a command returns."""


class Unreadable(GraderError):
    """An entry cannot become a submission."""


class QueueError(GraderError):
    """The queue's server cannot be reached, or refuses."""


class Posted(NamedTuple):
    """A submission that is on the queue."""

    platform: str
    id: str
    after: str
    """The newest entry of the results stream before it was posted."""
    entry: str
    """Its own place on the intake stream."""


def intake(platform: str) -> str:
    """Return the stream on which the platform hands in."""
    return f"intake:{platform}"


def results(platform: str) -> str:
    """Return the stream on which the platform gets its answers."""
    return f"results:{platform}"


def last_round(process: str) -> str:
    """Return the key under which a process notes when it has last done its work."""
    return f"grader:round:{process}"


def connect(url: str, authority: Path | None = None, seconds: float = TIMEOUT_SECONDS) -> QueueClient:
    """Return a client of the queue's server, which gives up a connection that is silent for this time.

    It sends nothing yet.
    """
    tls: dict[str, Any] = {"ssl_ca_certs": str(authority)} if authority and url.startswith("rediss:") else {}
    timeouts = {"socket_timeout": seconds, "socket_connect_timeout": seconds, "socket_keepalive": True}
    return redis.Redis.from_url(url, protocol=2, **timeouts, **tls)


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Raise the server's errors as errors that name the server and say what to do.

    Raises:
        QueueError: The server cannot be reached, or refuses.
    """
    try:
        yield
    except redis.exceptions.AuthenticationError:
        _refuse(url, _("it does not accept the user and password of the URL"))
    except redis.exceptions.NoPermissionError as error:
        message = N_("this user may not do that ({error}); a platform's user is named like the platform")
        _refuse(url, _(message, error=error))
    except redis.exceptions.OutOfMemoryError:
        _refuse(url, _("it is full; try again later"))
    except redis.exceptions.RedisError as error:
        message = N_("no answer ({error}); is the server running, and is the URL right (rediss:// for TLS)?")
        _refuse(url, _(message, error=error))


def _refuse(url: str, what: str) -> NoReturn:
    raise QueueError(f"{without_password(url)}: {what}") from None


def read(platform: str, came_at: datetime, fields: Mapping[bytes, bytes]) -> Envelope:
    """Return the envelope that an entry's fields make.

    Raises:
        Unreadable: They make none.
    """
    size = sum(map(len, fields.values()))
    if size > SIZE_LIMIT + 4096:
        raise Unreadable(f"too-large: the entry has {size} bytes; a submission has at most {SIZE_LIMIT}")
    try:
        values = {name.decode(): value.decode() for name, value in fields.items()}
    except UnicodeDecodeError:
        raise Unreadable("not-utf8: a field is not UTF-8") from None
    if unknown := sorted(set(values) - set(FIELDS)):
        raise Unreadable(f"unknown-field: {unknown[0][:64]!r}; there are {', '.join(FIELDS)}")
    try:
        return Envelope.model_validate({**values, "platform": platform, "came_at": came_at})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Unreadable(f"bad-field: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def time_of(entry: str) -> datetime:
    """Return when a stream's entry was added, by the server's clock; the latest time if its number is absurd."""
    milliseconds = int(entry.partition("-")[0])
    return datetime.fromtimestamp(min(milliseconds / 1000, LATEST_SECONDS), UTC)


def post(client: QueueClient, platform: str, fields: Mapping[str, str]) -> Posted:
    """Put a submission on the platform's intake stream."""
    newest = client.xrevrange(results(platform), count=1)
    after = newest[0][0].decode() if newest else "0-0"
    entry = client.xadd(intake(platform), dict(fields))
    return Posted(platform, fields["id"], after, entry.decode())


def wait(client: QueueClient, posted: Posted, seconds: float) -> Result | None:
    """Return the result of what was posted; None if none has come after this time, in seconds."""
    return next(arriving(client, [posted], seconds), None)


def arriving(client: QueueClient, posted: Sequence[Posted], seconds: float) -> Iterator[Result]:
    """Yield the results of what was posted on one platform as they come, until the last one or the end of the time."""
    awaited = {each.id.encode() for each in posted}
    after, until = posted[0].after, monotonic() + seconds
    while awaited and (left := until - monotonic()) > 0:
        block = max(1, int(1000 * min(left, TIMEOUT_SECONDS / 2)))
        answer = client.xread({results(posted[0].platform): after}, block=block, count=100)
        for entry, fields in answer[0][1] if answer else ():
            after = entry.decode()
            if fields.get(b"id") in awaited:
                awaited.remove(fields[b"id"])
                yield Result.model_validate_json(fields[b"result"])


class WorkerFacts(NamedTuple):
    """The last sign of life of one worker."""

    load_seconds: float
    silence: float
    """Seconds since then, by the server's clock."""
    ahead: float
    """Seconds by which the worker's clock is ahead of this machine's."""


def facts_of_workers(client: QueueClient) -> dict[str, WorkerFacts]:
    """Return the last facts that each living worker left, by its host's name."""
    facts = {}
    for key in client.scan_iter(match="grader:worker:*", count=1000):
        raw, left = client.get(key), client.pttl(key)
        with suppress(ValueError, TypeError, KeyError):  # anything may be written there
            told, silence = json.loads(raw), FACTS_SECONDS - left / 1000
            load, at = float(told["load_seconds"]), float(told["at"])
            facts[key.decode().removeprefix("grader:worker:")] = WorkerFacts(load, silence, at + silence - time())
    return facts
