"""What `grade doctor` looks at where there is a service: queue, platforms, processes, database, dead letters."""

import http.client
import os
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import redis

from grader.base.errors import GraderError
from grader.checkup.check import Check
from grader.checkup.queue import Server, clock
from grader.ledger import SCHEMA, Ledger
from grader.ledger.queue.figures import figures, server_time
from grader.service import platforms, streams, up
from grader.service.dead import DeadLetters
from grader.service.platforms import Platform
from grader.service.settings import Settings, settings

ASKING = "operator"
"""As whom we ask the queue that `grade up` runs."""
METRICS_SECONDS = 5.0
EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - where others listen
QUEUE = "GRADER_QUEUE_URL"


def everything() -> Iterator[Check]:
    """All findings about the service; none on a machine that knows of none."""
    facts = up.running()
    named = any(os.environ.get(name) for name in (QUEUE, f"{QUEUE}_FILE"))
    if facts is None and not named:
        return
    environment = dict(os.environ)
    if facts is not None:
        yield Check(True, "grade up", f"process {facts.pid}, {facts.queue}")
    if not named:
        environment[f"{QUEUE}_FILE"] = str(up.url_file(ASKING))
    try:
        given = settings(environment)
    except GraderError as error:
        yield Check(False, "settings", str(error))
        return
    yield from _processes(given)
    yield _dispatcher(given, facts.metrics if facts else None)
    yield from _database()


def _processes(given: Settings) -> Iterator[Check]:
    """The queue, and what is seen on it of those who work."""
    queue = Server("queue", given.queue_url, given.queue_ca)
    broker = Server("broker", given.broker_url, given.queue_ca) if given.broker_url != given.queue_url else queue
    yield from queue.findings()
    if broker is not queue:
        yield from broker.findings()
    try:
        listed = platforms.load(given.platforms)
    except GraderError as error:
        yield Check(False, "platforms", str(error))
    else:
        for name, platform in listed.items():
            yield _secrets(name, platform)
            yield queue.asked(f"intake of {name}", lambda what, name=name: _group(what, queue, name))  # type: ignore[misc]
    yield broker.asked("workers", lambda what: _workers(what, broker))


def _secrets(name: str, platform: Platform) -> Check:
    what = f"platform {name}"
    try:
        platform.check_signing()
        platform.webhook_secret()
        platform.password()
    except GraderError as error:
        return Check(False, what, str(error))
    signing = f"signs with {', '.join(key.key_id for key in platform.signing)}" if platform.signing else "signs nothing"
    return Check(True, what, f"{signing}; {'a webhook' if platform.webhook else 'no webhook'}")


def _group(what: str, server: Server, platform: str) -> Check:
    """How much of the platform's stream is not taken in yet."""
    try:
        message = server.client.xinfo_groups(streams.intake(platform))
    except redis.exceptions.ResponseError as error:
        if "no such key" not in str(error).lower():
            raise
        message = []
    group = next((each for each in message if each["name"] == streams.GROUP.encode()), None)
    if group is None:
        return Check(False, what, "nobody reads its stream", "the intake begins to when it starts; is it running?")
    return Check(True, what, f"{group['lag'] or 0} entries wait, {group['pending']} are being taken in")


def _workers(what: str, server: Server) -> Check:
    facts = streams.facts_of_workers(server.client)
    if not facts:
        return Check(False, what, "none said anything in the last minute", "start one; what is handed in waits")
    ages = (f"{name}, {max(0.0, time.time() - each['at']):.0f} s ago" for name, each in sorted(facts.items()))
    return Check(True, what, "; ".join(ages))


def _dispatcher(given: Settings, running: str | None) -> Check:
    """Whether the dispatcher answers Prometheus, where it should."""
    what, host = "dispatcher", "127.0.0.1" if given.metrics_host in EVERYWHERE else given.metrics_host
    url = running if running is not None else f"http://{host}:{given.metrics_port}/metrics"
    if not (running if running is not None else given.metrics_port):
        return Check(True, what, "tells no metrics, as GRADER_METRICS_PORT is 0")
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or host, parts.port, timeout=METRICS_SECONDS)
    try:
        connection.request("GET", parts.path)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        advice = "is it running? GRADER_METRICS_HOST and GRADER_METRICS_PORT say where it answers"
        return Check(False, what, f"{url}: no answer ({error})", advice)
    finally:
        connection.close()
    return Check(status == http.client.OK, what, f"{url} answers {status}")


def _database() -> Iterator[Check]:
    try:
        with Ledger() as ledger:
            yield Check(True, "database", f"{ledger.where}; schema {SCHEMA}")
            yield from _rows(ledger)
    except GraderError as error:
        yield Check(False, "database", str(error))


def _rows(ledger: Ledger) -> Iterator[Check]:
    rows = figures(ledger)
    before = time.time()
    if (now := server_time(ledger)) is not None:
        yield clock("database clock", now, before)
    told = ", ".join(f"{count} {state}" for state, count in rows.submissions.items()) or "none yet"
    oldest = min((since for waiting in rows.waiting.values() if (since := waiting.since)), default=None)
    came = f"; the oldest that waits came at {oldest:%Y-%m-%dT%H:%M:%S}Z" if oldest else ""
    yield Check(True, "submissions", told + came)
    owed = sum(each.answers for each in rows.undelivered.values())
    yield Check(True, "answers", f"{owed} are still to be handed over")
    if dead := len(DeadLetters(ledger).listed()):
        yield Check(False, "dead letters", f"{dead} were given up", "look at them: grade dead list", optional=True)
    else:
        yield Check(True, "dead letters", "none")
