"""The speed of the service and the waiting times of submissions: 10, 100, 1,000 and 10,000 at once.

The whole service runs as its processes on this machine: a Valkey that writes through, intake, dispatcher, courier,
and one worker with two children; the ledger is SQLite. In the same run, the same worker drains as many tasks that do
nothing, which is the limit of Celery alone. `python -m benchmarks.load [SIZES...]`
"""

import random
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from benchmarks.machine import machine
from grader import exercises
from grader.ledger.tables import DELIVERIES, SUBMISSIONS
from grader.schema import Claim
from grader.schema.queue import TERMINAL
from grader.service.settings import settings
from tests.support.servers import Valkey, celery_worker
from tests.workers.support.service import DURABLE, EXERCISE, INTAKE, Service, document, entry
from workers.broker.app import celery_app

SIZES = (10, 100, 1_000, 10_000)
STUDENTS = 500
CLAIMS = 4
CHILDREN = 2
PATIENCE_SECONDS = 900
LOOK_SECONDS = 0.05


def submissions(size: int) -> list[dict[str, str]]:
    """Return different submissions of many students, valid ones with right and wrong claims."""
    rng = random.Random(5)  # noqa: S311 - no secret
    exercise = exercises.load(EXERCISE)
    kinds = [asked.kind for asked in exercise.kinds]
    places = [
        (layer, head) for layer in range(exercise.transformer.layers) for head in range(exercise.transformer.heads)
    ]
    pairs = [(kind, place) for kind in kinds for place in places]
    made = []
    for number in range(size):
        drawn = rng.sample(pairs, CLAIMS)
        claims = [Claim(**kind.model_dump(), layer=layer, head=head, note=f"{number}") for kind, (layer, head) in drawn]
        made.append(entry(f"load-{number}", document(*claims), f"student-{number % STUDENTS}"))
    return made


def graded(size: int) -> tuple[float, int, list[float]]:
    """Return the seconds until all are graded and delivered, the number that failed, and each one's waiting time."""
    entries = submissions(size)
    with TemporaryDirectory() as folder, Service(Path(folder) / "service", {"GRADER_RESEND_SECONDS": "30"}) as service:
        service.worker("worker")
        service.start("intake", "dispatch", "courier")
        service.hand_in(entry("warm-up", document(Claim(type="induction", layer=0, head=0)), "nobody"))
        service.wait_for(graded=1)
        start = time.monotonic()
        with service.client.pipeline(transaction=False) as pipe:
            for fields in entries:
                pipe.xadd(INTAKE, dict(fields))
            pipe.execute()
        _wait(service, size + 1)
        seconds = time.monotonic() - start
        rows = service.rows()
    waits = [
        (datetime.fromisoformat(row["finished_at"]) - datetime.fromisoformat(row["received_at"])).total_seconds()
        for name, row in rows.items()
        if name != "warm-up"
    ]
    return seconds, sum(row["state"] != "graded" for row in rows.values()), waits


def noop(size: int) -> float:
    """Return the seconds in which the same worker drains this many tasks that do nothing."""
    with TemporaryDirectory() as folder, Valkey(Path(folder) / "valkey", DURABLE) as valkey:
        app = celery_app(settings({"GRADER_QUEUE_URL": valkey.url()}))
        options = ("--concurrency", str(CHILDREN), "--include", "benchmarks.noop")
        with celery_worker(valkey.url(), Path(folder) / "worker.log", *options) as worker, valkey.client() as client:
            worker.wait_for_log(" ready.")
            start = time.monotonic()
            for number in range(size):
                app.send_task("benchmarks.noop", kwargs={"number": number})
            while client.llen("celery") or client.hlen("unacked"):
                time.sleep(LOOK_SECONDS)
            return time.monotonic() - start


def _wait(service: Service, size: int) -> None:
    """Wait until this many submissions have ended and all results are delivered."""
    done = sa.select(sa.func.count()).where(SUBMISSIONS.c.state.in_(TERMINAL))
    owed = sa.select(sa.func.count()).where(DELIVERIES.c.wake_at.is_not(None))
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        with service.ledger.database.connection() as connection:
            if connection.scalar(done) == size and connection.scalar(owed) == 0:
                return
        time.sleep(LOOK_SECONDS)
    raise SystemExit(f"not done after {PATIENCE_SECONDS} s: {service.states()}")


def main(sizes: Sequence[int]) -> None:
    """Measure each size and print a line for it."""
    write = sys.stdout.write
    write(f"{machine()}\n\n")
    write("| at once | graded/s | failed | wait p50 s | wait p95 s | oldest s | no-op tasks/s | graded per no-op |\n")
    write("|---|---|---|---|---|---|---|---|\n")
    for size in sizes:
        seconds, failed, waits = graded(size)
        idle = noop(size)
        p50, p95 = (quantiles(waits, n=100)[rank] for rank in (49, 94))
        rates = f"{size / seconds:.0f} | {failed} | {p50:.2f} | {p95:.2f} | {max(waits):.2f} | {size / idle:.0f}"
        write(f"| {size:,} | {rates} | {idle / seconds:.2f} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or SIZES)
