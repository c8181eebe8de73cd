"""Checks of a service: queue, platforms, processes, database, dead letters."""

import http.client
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import redis

from grader.base.errors import GraderError
from grader.checkup.check import Check
from grader.checkup.queue import CLOCK_SECONDS, Server, clock
from grader.ledger import SCHEMA, Ledger
from grader.ledger.lti import line_items
from grader.ledger.people import tokens
from grader.ledger.queue.figures import figures, held, server_time
from grader.service import platforms, streams, up
from grader.service.dead import DeadLetters
from grader.service.platforms import Platform
from grader.service.settings import Settings, settings

ASKING = "operator"
"""The user as whom the queue of `grade up` is asked."""
METRICS_SECONDS = 5.0
SOON = timedelta(days=14)
EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - addresses on which others listen
QUEUE = "GRADER_QUEUE_URL"


def all_checks() -> Iterator[Check]:
    """Yield all checks of the service; none on a machine that has none configured."""
    facts = up.running()
    named = any(os.environ.get(name) for name in (QUEUE, f"{QUEUE}_FILE"))
    environment = dict(os.environ)
    if facts is not None:
        yield Check(True, "grade up", f"process {facts.pid}, {facts.queue}")
    if facts is not None and not named:
        environment[f"{QUEUE}_FILE"] = str(up.url_file(ASKING))
    try:
        given = settings(environment)
    except GraderError as error:
        yield Check(False, "settings", str(error))
        return
    if facts is None and not named:
        return
    yield from _processes(given)
    yield _dispatcher(given, facts.metrics if facts else None)
    if facts is not None and facts.web:
        yield _answers("web door", f"{facts.web}/health", f"its log is in {up.folder() / 'logs'}")
    yield from _database()


def _processes(given: Settings) -> Iterator[Check]:
    """Check the queue, and the processes that can be seen on it."""
    queue = Server("queue", given.queue_url, given.queue_ca)
    broker = Server("broker", given.broker_url, given.queue_ca) if given.broker_url != given.queue_url else queue
    yield from queue.checks()
    if broker is not queue:
        yield from broker.checks()
    try:
        listed = platforms.load(given.platforms)
    except GraderError as error:
        yield Check(False, "platforms", str(error))
    else:
        for name, platform in listed.items():
            yield _secrets(name, platform)
            yield queue.check(f"intake of {name}", lambda subject, name=name: _group(subject, queue, name))  # type: ignore[misc]
    yield broker.check("workers", lambda subject: _workers(subject, broker))


def _secrets(name: str, platform: Platform) -> Check:
    subject = f"platform {name}"
    try:
        platform.check_signing()
        platform.webhook_secret()
        platform.password()
    except GraderError as error:
        return Check(False, subject, str(error))
    signing = f"signs with {', '.join(key.key_id for key in platform.signing)}" if platform.signing else "does not sign"
    return Check(True, subject, f"{signing}; {'a webhook' if platform.webhook else 'no webhook'}")


def _group(subject: str, server: Server, platform: str) -> Check:
    """Check the intake of a platform's stream."""
    try:
        groups = server.client.xinfo_groups(streams.intake(platform))
    except redis.exceptions.ResponseError as error:
        if "no such key" not in str(error).lower():
            raise
        groups = []
    group = next((each for each in groups if each["name"] == streams.GROUP.encode()), None)
    if group is None:
        return Check(False, subject, "nothing reads its stream", "the intake should; is it running?")
    return Check(True, subject, f"{group['lag'] or 0} entries are waiting, {group['pending']} are being taken in")


def _workers(subject: str, server: Server) -> Check:
    facts = streams.facts_of_workers(server.client)
    if not facts:
        return Check(False, subject, "none reported in the last minute", "start one; submissions wait until then")
    ages = "; ".join(f"{name}, {each.silence:.0f} s ago" for name, each in sorted(facts.items()))
    if wrong := [name for name, each in sorted(facts.items()) if abs(each.ahead) > CLOCK_SECONDS]:
        ahead = ", ".join(f"the clock of {name} is off by {facts[name].ahead:+.1f} s" for name in wrong)
        return Check(False, subject, f"{ages}; {ahead}", "synchronise all machines with NTP")
    return Check(True, subject, ages)


def _dispatcher(given: Settings, running: str | None) -> Check:
    """Check that the dispatcher answers Prometheus, if it should."""
    subject, host = "dispatcher", "127.0.0.1" if given.metrics_host in EVERYWHERE else given.metrics_host
    url = running if running is not None else f"http://{host}:{given.metrics_port}/metrics"
    if not (running if running is not None else given.metrics_port):
        return Check(True, subject, "publishes no metrics, because GRADER_METRICS_PORT is 0")
    return _answers(subject, url, "is it running? Check GRADER_METRICS_HOST and GRADER_METRICS_PORT")


def _answers(subject: str, url: str, advice: str) -> Check:
    """Check that this address on a machine of ours answers."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=METRICS_SECONDS)
    try:
        connection.request("GET", parts.path)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return Check(False, subject, f"{url}: no answer ({error})", advice)
    finally:
        connection.close()
    return Check(status == http.client.OK, subject, f"{url} answers {status}")


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
    states = ", ".join(f"{count} {state}" for state, count in rows.submissions.items()) or "none yet"
    oldest = min((since for waiting in rows.waiting.values() if (since := waiting.since)), default=None)
    came = f"; the oldest waiting one came at {oldest:%Y-%m-%dT%H:%M:%S}Z" if oldest else ""
    yield Check(True, "submissions", states + came)
    for fault, count in held(ledger).items():
        yield Check(False, "held submissions", f"{count} wait until their exercise is mended: {fault}")
    yield _tokens(ledger)
    owed = sum(each.answers for each in rows.undelivered.values())
    yield Check(True, "answers", f"{owed} still to be delivered")
    if troubled := len(line_items.troubled(ledger)):
        result = f"{troubled} places in gradebooks cannot take their score"
        yield Check(False, "gradebooks", result, "to list them, run: grade lti list", is_optional=True)
    if dead := len(DeadLetters(ledger).listed()):
        yield Check(False, "dead letters", f"{dead} in all", "to list them, run: grade dead list", is_optional=True)
    else:
        yield Check(True, "dead letters", "none")


def _tokens(ledger: Ledger) -> Check:
    """Check that no token of the web door ends within the next two weeks."""
    now = ledger.now()
    good = [each for each in tokens.listed(ledger) if each.is_good(now)]
    soon = [f"{each.number} of {each.platform}" for each in good if each.expires_at and each.expires_at - now < SOON]
    if soon:
        advice = "make new ones: grade platforms token"
        return Check(False, "tokens", f"about to expire: {', '.join(soon)}", advice, is_optional=True)
    return Check(True, "tokens", f"{len(good)} good" if good else "none")
