"""Metrics: figures on the service, read from the ledger and the queue at each request of Prometheus.

Nothing is counted in memory, so a restart loses nothing, and every dispatcher gives the same figures. Figures of a
server that does not answer are left out, and its `grader_..._up` is 0.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property, partial
from time import monotonic, time
from typing import NamedTuple

import redis
from prometheus_client import CollectorRegistry, disable_created_metrics, start_http_server
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

from grader.base.errors import GraderError, LedgerError
from grader.ledger import Ledger
from grader.ledger.queue.figures import QueueFigures, figures
from grader.schema.queue import PENDING, STATES
from grader.service import platforms, streams
from grader.service.settings import Settings

METRICS = {
    "grader_ledger_up": "1 if the ledger's database answered, else 0",
    "grader_queue_up": "1 if the server with the platforms' streams answered, else 0",
    "grader_broker_up": "1 if the Celery broker, often the same server, answered, else 0",
    "grader_scrape_duration_seconds": "Time that it took to collect these figures",
    "grader_submissions": "Submissions by state",
    "grader_attempts": "Submissions that count as an attempt: those that are graded, and those on their way",
    "grader_oldest_submission_age_seconds": "Age of the oldest submission in this state; 0 if there is none",
    "grader_tries": "Number of times that grading was begun for the submissions that are now in this state",
    "grader_failing_submissions": "Submissions in this state of which at least one try failed",
    "grader_recently_failed_submissions": "Submissions of which a try failed in the last ten minutes",
    "grader_recent_losses": "Times that a grading process was killed or hung, over the last ten minutes or more",
    "grader_breaker_open": "1 while grading keeps failing, so that one submission at a time is graded on trial, else 0",
    "grader_dead_letters": "Dead letters that were not replayed",
    "grader_undelivered_results": "Results that are owed by this channel",
    "grader_failing_deliveries": "Results owed by this channel of which at least one try failed",
    "grader_delivery_tries": "Number of times that delivery was begun for the results owed by this channel",
    "grader_oldest_undelivered_result_age_seconds": "Age of the oldest result owed by this channel; 0 if there is none",
    "grader_intake_entries": "Entries on the platform's intake stream that are not taken in yet",
    "grader_intake_pending_entries": "Entries that an intake has read and not taken off the stream yet",
    "grader_oldest_entry_age_seconds": "Age of the oldest entry on the platform's intake stream; 0 if there is none",
    "grader_last_round_age_seconds": "Time since this process last did its work; infinite if it never has",
    "grader_queue_memory_bytes": "Memory that the server with the streams uses",
    "grader_queue_memory_used_ratio": "Part of its memory limit that it uses; 0 without a limit",
    "grader_celery_messages": "Messages for workers that wait on the broker",
    "grader_unacknowledged_messages": "Messages that a worker has and has not finished",
    "grader_dead_messages": "Messages on the broker that cannot become a task, on their way to the dead letters",
    "grader_workers": "Workers that sent a sign of life in the last minute",
    "grader_worker_load_seconds": "Time that this worker took to load its transformers",
    "grader_worker_silence_seconds": "Time since this worker's last sign of life",
    "grader_clock_skew_seconds": "Time by which this clock is ahead of the dispatcher's; below 0 if it is behind",
}
"""The help text of every metric; all are gauges."""
TIMEOUT_SECONDS = 2.0
"""For each request to a server: Prometheus itself waits ten seconds for all figures."""
ROUNDS = ("intake", "dispatcher", "courier")
"""The processes that note when they last did their work."""


class Sample(NamedTuple):
    """One value of a metric."""

    metric: str
    value: float
    labels: Mapping[str, str] = {}


class Figures(Collector):
    """All figures, collected anew at each scrape."""

    def __init__(self, given: Settings, opened: Callable[[], Ledger]) -> None:
        """Ask a ledger of their own, which is opened when it is first needed: it may be away at the start."""
        self._opened = opened
        self.queue, self.broker = (
            streams.connect(url, given.queue_ca, TIMEOUT_SECONDS) for url in (given.queue_url, given.broker_url)
        )
        self.platforms = tuple(platforms.load(given.platforms))

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield every metric with its samples."""
        begun = monotonic()
        samples = [
            *_asked("grader_ledger_up", self._of_ledger),
            *_asked("grader_queue_up", self._of_queue),
            *_asked("grader_broker_up", self._of_broker),
        ]
        samples.append(Sample("grader_scrape_duration_seconds", monotonic() - begun))
        for name, text in METRICS.items():
            family = GaugeMetricFamily(name, text)
            for sample in samples:
                if sample.metric == name:
                    family.add_sample(name, dict(sample.labels), sample.value)
            yield family

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger that is asked."""
        return self._opened()

    def _of_ledger(self) -> Iterator[Sample]:
        before = time()
        present = figures(self.ledger)
        yield Sample("grader_clock_skew_seconds", _ahead(present.at.timestamp(), before), {"clock": "database"})
        yield from _of_submissions(present)
        yield from _of_deliveries(present)
        yield Sample("grader_breaker_open", present.breaker_is_open)
        yield Sample("grader_dead_letters", present.dead_letters)

    def _of_queue(self) -> Iterator[Sample]:
        now, before = datetime.now(UTC), time()
        with self.queue.pipeline(transaction=False) as pipe:
            pipe.time()
            for platform in self.platforms:
                pipe.xlen(streams.intake(platform))
                pipe.xinfo_groups(streams.intake(platform))
                pipe.xinfo_stream(streams.intake(platform))
            pipe.info("memory")
            pipe.mget([streams.last_round(process) for process in ROUNDS])
            clock, *of_streams, memory, rounds = pipe.execute(raise_on_error=False)
        if isinstance(clock, tuple):
            yield Sample("grader_clock_skew_seconds", _ahead(clock[0] + clock[1] / 1e6, before), {"clock": "queue"})
        for platform, entries, groups, stream in zip(
            self.platforms, of_streams[::3], of_streams[1::3], of_streams[2::3], strict=True
        ):
            if isinstance(entries, int):
                yield Sample("grader_intake_entries", entries, {"platform": platform})
            # The server answers with an error if the stream does not exist yet.
            pending = sum(group["pending"] for group in groups) if isinstance(groups, list) else 0
            yield Sample("grader_intake_pending_entries", pending, {"platform": platform})
            first = stream["first-entry"] if isinstance(stream, dict) else None
            came_at = streams.time_of(first[0].decode()) if first else None
            yield Sample("grader_oldest_entry_age_seconds", _age(came_at, now), {"platform": platform})
        yield from _of_memory(memory)
        for process, at in zip(ROUNDS, rounds if isinstance(rounds, list) else (), strict=False):
            age = max(0.0, time() - float(at)) if at else float("inf")
            yield Sample("grader_last_round_age_seconds", age, {"process": process})

    def _of_broker(self) -> Iterator[Sample]:
        yield Sample("grader_celery_messages", self.broker.llen("celery"))
        yield Sample("grader_unacknowledged_messages", self.broker.hlen("unacked"))
        yield Sample("grader_dead_messages", self.broker.llen(streams.DEAD_MESSAGES))
        facts = streams.facts_of_workers(self.broker)
        yield Sample("grader_workers", len(facts))
        for worker, fact in facts.items():
            yield Sample("grader_worker_load_seconds", fact.load_seconds, {"worker": worker})
            yield Sample("grader_worker_silence_seconds", fact.silence, {"worker": worker})
            yield Sample("grader_clock_skew_seconds", fact.ahead, {"clock": worker})


def serve(given: Settings) -> None:
    """Answer Prometheus from now on, in a thread of its own, unless the port is 0.

    Raises:
        GraderError: The address cannot be used.
    """
    registry = CollectorRegistry()
    registry.register(Figures(given, partial(Ledger, seconds=TIMEOUT_SECONDS)))
    answer(registry, given.metrics_host, "GRADER_METRICS_PORT", given.metrics_port)


def answer(registry: CollectorRegistry, host: str, variable: str, port: int) -> Callable[[], None]:
    """Answer Prometheus with these figures from now on, unless the port is 0; return a function that ends it.

    Raises:
        GraderError: The address, whose port stands in this variable, cannot be used.
    """
    if not port:
        return lambda: None
    disable_created_metrics()  # type: ignore[no-untyped-call]  # they would double the counts
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        where = f"GRADER_METRICS_HOST={host}, {variable}={port}"
        raise GraderError(f"{where}: cannot be used ({error.strerror}); choose another port, or 0") from None

    def end() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return end


def _asked(up: str, question: Callable[[], Iterable[Sample]]) -> list[Sample]:
    """Return the answer's samples and the server's `up`."""
    try:
        return [*question(), Sample(up, 1)]
    except (LedgerError, redis.RedisError):
        return [Sample(up, 0)]


def _of_memory(memory: object) -> Iterator[Sample]:
    if isinstance(memory, dict):  # else this user may not ask
        yield Sample("grader_queue_memory_bytes", memory["used_memory"])
        limit = memory["maxmemory"]
        yield Sample("grader_queue_memory_used_ratio", memory["used_memory"] / limit if limit else 0.0)


def _of_submissions(figures: QueueFigures) -> Iterator[Sample]:
    for state in STATES:
        yield Sample("grader_submissions", figures.submissions.get(state, 0), {"state": state})
    attempts = sum(figures.submissions.get(state, 0) for state in (*PENDING, "graded"))
    yield Sample("grader_attempts", attempts)
    for state, waiting in figures.waiting.items():
        age = _age(waiting.since, figures.at)
        yield Sample("grader_oldest_submission_age_seconds", age, {"state": state})
        yield Sample("grader_tries", waiting.tries, {"state": state})
        yield Sample("grader_failing_submissions", waiting.failing, {"state": state})
    yield Sample("grader_recently_failed_submissions", figures.recently_failed)
    yield Sample("grader_recent_losses", figures.recent_losses)


def _of_deliveries(figures: QueueFigures) -> Iterator[Sample]:
    for channel, owed in figures.undelivered.items():
        yield Sample("grader_undelivered_results", owed.answers, {"channel": channel})
        yield Sample("grader_failing_deliveries", owed.failing, {"channel": channel})
        yield Sample("grader_delivery_tries", owed.tries, {"channel": channel})
        age = _age(owed.since, figures.at)
        yield Sample("grader_oldest_undelivered_result_age_seconds", age, {"channel": channel})


def _ahead(theirs: float, before: float) -> float:
    """Return how far another clock is ahead of ours; it was asked at `before` and has just answered."""
    after = time()
    return min(0.0, theirs - before) + max(0.0, theirs - after)


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
