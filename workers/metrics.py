"""Metrics: how the service fares, asked of the ledger and the queue at the moment at which Prometheus asks.

Nothing is counted in memory, so a restart forgets nothing, and any dispatcher gives the same answer. What cannot be
asked just now is left out, and `grader_..._up` says so: a queue that is away is a finding, not an error.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import monotonic, time
from typing import NamedTuple

import redis
import sqlalchemy as sa
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

from grader.base.errors import GraderError, LedgerError
from grader.ledger import Ledger
from grader.ledger.tables import DEAD_LETTERS, DELIVERIES, REPORTS, SUBMISSIONS
from grader.schema.queue import PENDING, STATES
from grader.service import platforms, streams
from grader.service.jobs import is_open
from grader.service.settings import Settings

METRICS = {
    "grader_ledger_up": "Whether the ledger's database answered, 1 or 0",
    "grader_queue_up": "Whether the server with the platforms' streams answered, 1 or 0",
    "grader_broker_up": "Whether the Celery broker answered, 1 or 0; often the same server",
    "grader_scrape_duration_seconds": "How long it took to find these figures",
    "grader_submissions": "Submissions by state",
    "grader_attempts": "Submissions that count as an attempt: those that are graded, and those on their way",
    "grader_oldest_submission_age_seconds": "Since the oldest submission in this state came in; or 0",
    "grader_tries": "How often grading was begun for the submissions that are now in this state",
    "grader_failing_submissions": "Submissions in this state of which at least one try failed",
    "grader_recently_failed_submissions": "Submissions of which a try failed in the last ten minutes",
    "grader_breaker_open": "Whether grading keeps failing, so that one probe at a time is tried, 1 or 0",
    "grader_dead_letters": "Dead letters that were not replayed",
    "grader_undelivered_results": "Results that are owed by this channel",
    "grader_failing_deliveries": "Results owed by this channel of which at least one try failed",
    "grader_delivery_tries": "How often delivery of the results owed by this channel was begun",
    "grader_oldest_undelivered_result_age_seconds": "Since the oldest result owed by this channel was there; or 0",
    "grader_intake_entries": "Entries on the platform's intake stream that are not taken in yet",
    "grader_intake_pending_entries": "Entries that an intake has read and not taken off the stream yet",
    "grader_celery_messages": "Messages for workers that wait on the broker",
    "grader_unacknowledged_messages": "Messages that a worker has and is not done with",
    "grader_dead_messages": "Messages on the broker that no task can be made of, on their way to the dead letters",
    "grader_workers": "Workers that gave a sign of life in the last minute",
    "grader_worker_load_seconds": "How long this worker took to load its transformers",
    "grader_worker_silence_seconds": "Since this worker's last sign of life",
}
"""Every metric, and what it tells; all are gauges."""
RECENTLY = timedelta(minutes=10)
TIMEOUT_SECONDS = 2.0
"""For each question to a server: Prometheus itself waits ten seconds for the answer to all."""

ROW, OWED = SUBMISSIONS.c, DELIVERIES.c
CHANNELS = ("stream", "webhook")


class Sample(NamedTuple):
    """One figure."""

    metric: str
    value: float
    labels: Mapping[str, str] = {}


class Figures(Collector):
    """All figures, found anew at each scrape."""

    def __init__(self, given: Settings, ledger: Ledger) -> None:
        self.ledger = ledger
        self.queue, self.broker = (_client(url, given) for url in (given.queue_url, given.broker_url))
        self.platforms = tuple(platforms.load(given.platforms))

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Every metric with its samples."""
        begun = monotonic()
        samples = [
            *_asked("grader_ledger_up", self._of_ledger),
            *_asked("grader_queue_up", self._of_queue),
            *_asked("grader_broker_up", self._of_broker),
        ]
        samples.append(Sample("grader_scrape_duration_seconds", monotonic() - begun))
        for name, told in METRICS.items():
            family = GaugeMetricFamily(name, told)
            for sample in samples:
                if sample.metric == name:
                    family.add_sample(name, dict(sample.labels), sample.value)
            yield family

    def _of_ledger(self) -> Iterator[Sample]:
        with self.ledger.connection() as connection:
            yield from _of_submissions(connection)
            yield from _of_deliveries(connection)
            yield Sample("grader_breaker_open", is_open(connection))
            letters = sa.select(sa.func.count()).where(DEAD_LETTERS.c.replayed_at.is_(None))
            yield Sample("grader_dead_letters", connection.scalar(letters) or 0)

    def _of_queue(self) -> Iterator[Sample]:
        with self.queue.pipeline(transaction=False) as pipe:
            for platform in self.platforms:
                pipe.xlen(streams.intake(platform))
                pipe.xinfo_groups(streams.intake(platform))
            message = pipe.execute(raise_on_error=False)
        for platform, entries, groups in zip(self.platforms, message[::2], message[1::2], strict=True):
            if isinstance(entries, int):
                yield Sample("grader_intake_entries", entries, {"platform": platform})
            # A stream that is not there yet has no groups, which the server calls an error.
            pending = sum(group["pending"] for group in groups) if isinstance(groups, list) else 0
            yield Sample("grader_intake_pending_entries", pending, {"platform": platform})

    def _of_broker(self) -> Iterator[Sample]:
        yield Sample("grader_celery_messages", self.broker.llen("celery"))
        yield Sample("grader_unacknowledged_messages", self.broker.hlen("unacked"))
        yield Sample("grader_dead_messages", self.broker.llen(streams.DEAD_MESSAGES))
        facts = streams.facts_of_workers(self.broker)
        yield Sample("grader_workers", len(facts))
        for worker, fact in facts.items():
            with suppress(TypeError, KeyError, ValueError):  # who may write there may write anything
                loading, silence = float(fact["load_seconds"]), max(0.0, time() - float(fact["at"]))
                yield Sample("grader_worker_load_seconds", loading, {"worker": worker})
                yield Sample("grader_worker_silence_seconds", silence, {"worker": worker})


def serve(given: Settings, ledger: Ledger) -> None:
    """Answer Prometheus from here on, in a thread of its own; nowhere where the port is 0.

    Raises:
        GraderError: Nobody can listen there.
    """
    if not given.metrics_port:
        return
    registry = CollectorRegistry()
    registry.register(Figures(given, ledger))
    try:
        start_http_server(given.metrics_port, given.metrics_host, registry)
    except OSError as error:
        where = f"GRADER_METRICS_HOST={given.metrics_host}, GRADER_METRICS_PORT={given.metrics_port}"
        raise GraderError(f"{where}: nobody can listen there ({error.strerror}); name another port, or 0") from None


def _asked(up: str, question: Callable[[], Iterable[Sample]]) -> list[Sample]:
    """The answer, and whether there was one."""
    try:
        return [*question(), Sample(up, 1)]
    except (LedgerError, redis.RedisError):
        return [Sample(up, 0)]


def _of_submissions(connection: sa.Connection) -> Iterator[Sample]:
    count, now = sa.func.count(), datetime.now(UTC)
    states = {row[0]: row[1] for row in connection.execute(sa.select(ROW.state, count).group_by(ROW.state))}
    for state in STATES:
        yield Sample("grader_submissions", states.get(state, 0), {"state": state})
    yield Sample("grader_attempts", sum(states.get(state, 0) for state in (*PENDING, "graded")))
    figures = (sa.func.min(ROW.received_at), sa.func.sum(ROW.tries), sa.func.count(ROW.failed_at))
    waiting = sa.select(ROW.state, *figures).where(ROW.state.in_(PENDING)).group_by(ROW.state)
    found = {state: tuple(rest) for state, *rest in connection.execute(waiting)}
    for state in PENDING:
        since, tries, failing = found.get(state, (None, 0, 0))
        yield Sample("grader_oldest_submission_age_seconds", _age(since, now), {"state": state})
        yield Sample("grader_tries", tries, {"state": state})
        yield Sample("grader_failing_submissions", failing, {"state": state})
    lately = sa.select(count).where(ROW.failed_at > (now - RECENTLY).isoformat())
    yield Sample("grader_recently_failed_submissions", connection.scalar(lately) or 0)


def _of_deliveries(connection: sa.Connection) -> Iterator[Sample]:
    failing = sa.func.count(sa.case((OWED.reason != "", 1)))
    figures = (sa.func.count(), failing, sa.func.sum(OWED.tries), sa.func.min(OWED.id))
    # `> ""` rather than `IS NOT NULL`: so the index of what waits is used, and not every delivery ever made is read.
    waiting = sa.select(OWED.channel, *figures).where(OWED.wake_at > "").group_by(OWED.channel)
    found = {channel: tuple(rest) for channel, *rest in connection.execute(waiting)}
    for channel in CHANNELS:
        owed, failed, tries, oldest = found.get(channel, (0, 0, 0, None))
        yield Sample("grader_undelivered_results", owed, {"channel": channel})
        yield Sample("grader_failing_deliveries", failed, {"channel": channel})
        yield Sample("grader_delivery_tries", tries, {"channel": channel})
        age = _age(_since(connection, oldest), datetime.now(UTC))
        yield Sample("grader_oldest_undelivered_result_age_seconds", age, {"channel": channel})


def _since(connection: sa.Connection, delivery: int | None) -> str | None:
    """Since when there has been a result to deliver: the submission's end, or its latest regrade."""
    if delivery is None:
        return None
    first, latest = REPORTS.alias(), REPORTS.alias()
    query = (
        sa.select(ROW.finished_at, sa.func.max(latest.c.created_at))
        .select_from(DELIVERIES)
        .join(SUBMISSIONS, SUBMISSIONS.c.id == OWED.submission)
        .outerjoin(first, first.c.id == ROW.report)
        .outerjoin(latest, sa.and_(latest.c.submission == first.c.submission, latest.c.replaces.is_not(None)))
        .where(OWED.id == delivery)
        .group_by(ROW.finished_at)
    )
    row = connection.execute(query).one_or_none()
    return max((when for when in row if when), default=None) if row else None


def _age(since: str | None, now: datetime) -> float:
    return max(0.0, (now - datetime.fromisoformat(since)).total_seconds()) if since else 0.0


def _client(url: str, given: Settings) -> streams.QueueClient:
    """A client that does not wait for long."""
    client = streams.connect(url, given.queue_ca)
    patience = {"socket_timeout": TIMEOUT_SECONDS, "socket_connect_timeout": TIMEOUT_SECONDS}
    client.connection_pool.connection_kwargs.update(patience)
    return client
