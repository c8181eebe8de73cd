"""The queue without one student: the platform's streams and messages are written anew, and then its log of writes.

To delete an entry of a stream only marks it: its text stays in the server's memory and in the log that is written from
it, until everything around it is deleted too. So a stream that held something is made again from what is left, under
the same ids; a platform that reads on notices nothing.
"""

from collections.abc import Mapping
from time import monotonic, sleep
from typing import Any

import redis

from grader.base.errors import GraderError
from grader.service import streams
from grader.service.erasing.recognising import Recognised
from grader.service.streams import QueueClient

TASKS = ("celery", streams.DEAD_MESSAGES)
"""The lists with messages for workers, and with those that cannot be any."""
REWRITE_SECONDS = 300
"""The longest time that the server may take to write its log anew."""
PAUSE_SECONDS = 0.05


class CannotRewrite(GraderError):
    """The queue's server does not write its log anew."""


def traces(client: QueueClient, whose: Recognised) -> int:
    """Return the number of entries and messages on the queue that are about the student."""
    entries = (fields for stream in _streams(whose) for _, fields in client.xrange(stream))
    messages = (raw for name in TASKS for raw in client.lrange(name, 0, -1))
    return sum(whose.owns_entry(_text(each)) for each in entries) + sum(_is_about(whose, each) for each in messages)


def clean(client: QueueClient, whose: Recognised) -> int:
    """Take everything off the queue that is about the student, and return the number of entries and messages."""
    gone = sum(_rewrite(client, stream, whose) for stream in _streams(whose))
    for name in TASKS:
        for raw in client.lrange(name, 0, -1):
            if _is_about(whose, raw):
                gone += int(client.lrem(name, 1, raw))
    return gone


def rewrite_log(client: QueueClient) -> None:
    """Let the server write its log of writes anew, from what it holds now, and forget what was slow.

    Raises:
        CannotRewrite: It may not, or it failed.
    """
    persistence = client.info("persistence")
    try:
        client.slowlog_reset()
        if persistence.get("aof_enabled"):
            _begin_rewrite(client)
            _await_rewrite(client)
    except redis.exceptions.NoPermissionError as error:
        message = f"the queue's log of writes still holds the student ({error}); make its list of users again"
        raise CannotRewrite(f"{message} (docs/operations.md), and run the command once more") from None


def _streams(whose: Recognised) -> tuple[str, str]:
    return streams.intake(whose.who.platform), streams.results(whose.who.platform)


def _rewrite(client: QueueClient, stream: str, whose: Recognised) -> int:
    """Make the stream again without the student's entries, and return their number; readers' groups begin again."""

    def change(pipe: Any) -> int:  # noqa: ANN401 - the client's own types do not say what a command returns
        entries = pipe.xrange(stream)
        left = [(name, fields) for name, fields in entries if not whose.owns_entry(_text(fields))]
        if len(left) == len(entries):
            return 0
        last = pipe.xinfo_stream(stream)["last-generated-id"]
        groups = [group["name"] for group in pipe.xinfo_groups(stream)]
        pipe.multi()
        _fill(pipe, stream, left, last)
        for group in groups:  # what the intake reads a second time, it knows already
            pipe.xgroup_create(stream, group, id="0")
        return len(entries) - len(left)

    return int(client.transaction(change, stream, value_from_callable=True))


def _fill(pipe: Any, stream: str, left: list[tuple[bytes, Mapping[bytes, bytes]]], last: bytes) -> None:  # noqa: ANN401
    """Write the entries under their ids; the stream goes on after its last one, even if that is gone."""
    pipe.delete(stream)
    for name, fields in left:
        pipe.xadd(stream, dict(fields), id=name)
    if not left or left[-1][0] != last:
        pipe.xadd(stream, {b"-": b"-"}, id=last)
        pipe.xdel(stream, last)


def _begin_rewrite(client: QueueClient) -> None:
    """Begin when no other rewrite is running: that one may have begun before the student was gone."""
    _wait(client, "to finish an earlier rewrite")
    client.bgrewriteaof()


def _await_rewrite(client: QueueClient) -> None:
    _wait(client, "to write its log anew")
    state = client.info("persistence").get("aof_last_bgrewrite_status")
    if state != "ok":
        raise CannotRewrite(f"the queue's server could not write its log anew ({state}); see its own log")


def _wait(client: QueueClient, what: str) -> None:
    until = monotonic() + REWRITE_SECONDS
    while _is_rewriting(client.info("persistence")):
        if monotonic() > until:
            raise CannotRewrite(f"waited {REWRITE_SECONDS} s in vain for the queue's server {what}; see its own log")
        sleep(PAUSE_SECONDS)


def _is_rewriting(persistence: Mapping[str, Any]) -> bool:
    return bool(persistence.get("aof_rewrite_in_progress") or persistence.get("aof_rewrite_scheduled"))


def _is_about(whose: Recognised, raw: bytes) -> bool:
    """Return whether a message names both the student and the platform."""
    text = raw.decode("utf-8", "replace")
    return whose.names(text) and whose.names_platform(text)


def _text(fields: Mapping[bytes, bytes]) -> dict[str, str]:
    return {name.decode("utf-8", "replace"): value.decode("utf-8", "replace") for name, value in fields.items()}
