"""Entries and Celery messages, changed by chance: each becomes a row, a dead letter, or a reason why it is none."""

import base64
import bz2
import json
import random
import zlib
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from grader.ledger import Ledger
from grader.ledger.queue.jobs import Jobs
from grader.service import platforms, streams
from grader.service.dead import DeadLetters
from grader.service.intake import QueueEntry, take_in
from grader.service.reception import Reception
from workers.broker.wire import flaw

CLAIM = "{layer: 1, head: 7, type: induction}"
TEXTS = (
    f"exercise: mini-heads\nclaims: [{CLAIM}]",
    f"exercise: mini-heads\nstudent: ada\nclaims:\n  - {CLAIM}\n",
    '{"exercise": "mini-heads", "claims": [{"layer": 1, "head": 7, "type": "induction"}]}',
    "exercise: nosuch\nclaims: []",
)
TASKS = ("grader.grade", "grader.work", "grader.work_together", "grader.measure")
ODD: tuple[Any, ...] = (
    *("", "\0", "\ud800", "\uff45", "\u202e", "x" * 300, "a\nb", "../x", "NaN", "2099-01-01T00:00:00", "0001-01-01"),
    *(None, True, -1, 2**63, 2**31, 10**400, float("inf"), [], {}, [[[]]], {"__type__": "x"}, ["grader.work"]),
)
"""Values for any place."""


def case(rng: random.Random, folder: Path) -> None:
    """Take in a few changed entries, and look at a few changed messages."""
    reception, letters, jobs = _parts(folder)
    entries = [_entry(rng, number) for number in range(rng.randint(1, 4))]
    take_in(entries, reception, letters)
    take_in(entries[::-1], reception, letters)
    for _ in range(4):
        item = _message(rng)
        if flaw(item, "celery") is not None:
            letters.keep_message(item)
    for due in jobs.due():
        if lease := jobs.lease(due.job):
            jobs.fail(lease, str(rng.choice(ODD)))
    letters.listed()


@cache
def _parts(folder: Path) -> tuple[Reception, DeadLetters, Jobs]:
    ledger = Ledger(f"sqlite:///{folder / 'ledger.sqlite3'}")
    listed = platforms.load(None)
    return Reception(ledger, listed), DeadLetters(ledger), Jobs(ledger, 60, 30, platforms.rates(listed))


def _entry(rng: random.Random, number: int) -> QueueEntry:
    fields = {"id": f"s{rng.randrange(1000)}", "submission": rng.choice(TEXTS), "student": "ada"}
    raw = {name.encode(): value.encode() for name, value in fields.items()}
    for _ in range(rng.randrange(3)):
        name = rng.choice([*raw, *(field.encode() for field in streams.FIELDS), b"more", b"\xff"])
        raw[name] = _changed(rng, raw.get(name, b"x"))
    source = rng.choice(["intake:local", "intake:nobody", "celery:local", "intake:", "celery:a:b"])
    came_at = datetime.now(UTC) - timedelta(seconds=rng.randrange(10))
    return QueueEntry(source, f"{rng.randrange(10**6)}-{number}", came_at, raw)


def _changed(rng: random.Random, raw: bytes) -> bytes:
    """Return the bytes with one piece cut, doubled or replaced."""
    at = rng.randrange(len(raw) + 1)
    piece = rng.choice([b"", b"\xff", b"\0", b"[" * 200, b"{", b": ", b"&a *a", raw[at : at + 9] * 3, rng.randbytes(4)])
    return raw[:at] + piece + raw[at + rng.randrange(6) :]


def _message(rng: random.Random) -> bytes:
    kwargs: dict[str, Any] = {"platform": "local", "id": "m1", "submission": rng.choice(TEXTS)}
    args: list[Any] = []
    if rng.random() < 0.3:
        args, kwargs = [rng.choice([*ODD, "local"]) for _ in range(rng.randrange(10))], {}
    packed = json.dumps([args, kwargs, {}], allow_nan=True).encode()
    headers = {"task": rng.choice(TASKS), "id": "t1"}
    message: dict[str, Any] = {
        "body": base64.b64encode(rng.choice([bytes, zlib.compress, bz2.compress])(packed)).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": headers,
        "properties": {
            "body_encoding": "base64",
            "delivery_tag": "d1",
            "delivery_info": {"exchange": "", "routing_key": "celery"},
        },
    }
    for _ in range(rng.randrange(3)):
        place = rng.choice([message, headers, message["properties"]])
        if isinstance(place, dict):
            name = rng.choice([*place, "eta", "expires", "compression", "timelimit", "more"])
            place[name] = deepcopy(rng.choice([*ODD, "application/x-gzip", "application/x-bz2"]))
    item = json.dumps(message).encode()
    return _changed(rng, item) if rng.random() < 0.3 else item
