"""The speed of the service and the waiting times of submissions: 10, 100, 1,000 and 10,000 at once.

The whole service runs as its processes on this machine: a Valkey that writes through, intake, dispatcher, courier,
and one worker with two children; the ledger is SQLite, or PostgreSQL. In the same run, the same worker drains as many
tasks that do nothing, which is the limit of Celery alone. Beside the clock stands the processor time of all processes,
which other work on the machine changes little. With `--through web`, platforms post to the web door over several
connections, each submission once the one before it was answered; in processor time their side is not counted.

`python -m benchmarks.load [--database postgresql] [--through web] [--before ROWS] [SIZES...]`
"""

import argparse
import http.client
import json
import random
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import psutil
import sqlalchemy as sa

from benchmarks.machine import machine
from grader import exercises
from grader.ledger import Ledger
from grader.ledger.tables import DELIVERIES, REPORTS, SUBMISSIONS
from grader.schema import Claim
from grader.schema.queue import PENDING
from grader.service.settings import settings
from tests.support.door import bearer, token
from tests.support.postgres import BACKENDS, administer, database
from tests.support.servers import Valkey, celery_worker, free_port
from tests.workers.support.service import DURABLE, EXERCISE, INTAKE, PLATFORM, Service, document, entry
from workers.broker.app import celery_app

SIZES = (10, 100, 1_000, 10_000)
STUDENTS = 500
ATTEMPTS = 2
"""More from one student at once would come too soon for the exercise."""
CLAIMS = 4
CHILDREN = 2
PATIENCE_SECONDS = 900
LOOK_SECONDS = 0.1
SELDOM_SECONDS = 1.0
"""Between two looks at the ledger: they cost its server time, which would be counted."""
EXERCISES = 40
"""Over which the earlier submissions of the ledger are spread."""
WARM_UP = "warm-up"
WAYS = ("stream", "web")
CONNECTIONS = 16
"""On which platforms post to the web door."""
PER_MINUTE = 999_999
"""Requests that the web door takes from them."""


class Drained(NamedTuple):
    """One measurement: the seconds at the clock and of all processors, and what they were spent on."""

    seconds: float
    processor: Mapping[str, float]
    """By process; children belong to the process that started them."""
    taken_in: float = 0.0
    """The seconds until all were on the stream, or durable and answered by the web door."""
    failed: int = 0
    waits: Sequence[float] = ()


def submissions(size: int) -> list[dict[str, str]]:
    """Return different submissions of many students, valid ones with right and wrong claims."""
    rng = random.Random(5)  # noqa: S311 - no secret
    exercise = exercises.load(EXERCISE)
    kinds = [asked.kind for asked in exercise.kinds]
    places = [
        (layer, head) for layer in range(exercise.transformer.layers) for head in range(exercise.transformer.heads)
    ]
    pairs = [(kind, place) for kind in kinds for place in places]
    students = max(STUDENTS, size // ATTEMPTS)
    made = []
    for number in range(size):
        drawn = rng.sample(pairs, CLAIMS)
        claims = [Claim(**kind.model_dump(), layer=layer, head=head, note=f"{number}") for kind, (layer, head) in drawn]
        made.append(entry(f"load-{number}", document(*claims), f"student-{number % students}"))
    return made


def graded(size: int, backend: str, before: int, through: str) -> Drained:
    """Measure until all are graded and delivered; `before` is the number of submissions that the ledger has already."""
    entries = submissions(size)
    with TemporaryDirectory() as folder, database(backend, Path(folder)) as url:
        listed = Path(folder) / "platforms.yaml"
        listed.write_text(f"platforms: [{{name: {PLATFORM}, most_waiting: {2 * max(SIZES)}}}]")
        environment = {"GRADER_RESEND_SECONDS": "30", "GRADER_DATABASE_URL": url, "GRADER_PLATFORMS": str(listed)}
        environment |= {"GRADER_WEB_PORT": str(free_port()), "GRADER_WEB_PER_MINUTE": str(PER_MINUTE)}
        with Service(Path(folder) / "service", environment) as service:
            service.worker("worker")
            service.start("intake", "dispatch", "courier", *(["web"] if through == "web" else []))
            hand_in = _at_the_door(service) if through == "web" else _on_the_stream(service)
            hand_in(entry(WARM_UP, document(Claim(type="induction", layer=0, head=0)), "nobody"))
            _wait(service, 1, -1)
            _fill(service.ledger, before)
            processes = {name: part.pid for name, part in service.parts.items()}
            processes |= {"valkey": service.valkey.pid} | _server_of(service.ledger)
            start, busy = datetime.now(UTC), _busy(processes)
            hand_in(*entries)
            answered = datetime.now(UTC)
            _wait(service, size, before)
            spent = {name: used - busy[name] for name, used in _busy(processes).items()}
            load = SUBMISSIONS.c.submission_id.startswith("load-")
            with service.ledger.database.connection() as connection:
                rows = connection.execute(sa.select(SUBMISSIONS).where(load)).mappings().all()
                end = datetime.fromisoformat(connection.scalar(sa.select(sa.func.max(DELIVERIES.c.delivered_at))))
    seconds, taken_in = ((until - start).total_seconds() for until in (end, answered))
    waits = [
        (datetime.fromisoformat(row["finished_at"]) - datetime.fromisoformat(row["received_at"])).total_seconds()
        for row in rows
    ]
    return Drained(seconds, spent, taken_in, sum(row["state"] != "graded" for row in rows), waits)


def _on_the_stream(service: Service) -> Callable[..., None]:
    """Return a function that puts entries on the intake stream, all at once."""

    def hand_in(*entries: Mapping[str, str]) -> None:
        with service.client.pipeline(transaction=False) as pipe:
            for fields in entries:
                pipe.xadd(INTAKE, dict(fields))
            pipe.execute()

    return hand_in


def _at_the_door(service: Service) -> Callable[..., None]:
    """Return a function that posts entries to the web door, once that is open."""
    service.parts["web"].wait_for_log('"open"')
    port = int(service.environment["GRADER_WEB_PORT"])
    headers = {**bearer(token(service.ledger)), "Content-Type": "application/json"}

    def post(entries: Sequence[Mapping[str, str]]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for fields in entries:
            connection.request("POST", "/submissions", json.dumps(fields), headers)
            answer = connection.getresponse()
            if answer.status != http.client.ACCEPTED:
                raise SystemExit(f"the web door answered {answer.status}: {answer.read()!r}")
            answer.read()
        connection.close()

    def hand_in(*entries: Mapping[str, str]) -> None:
        with ThreadPoolExecutor(CONNECTIONS) as threads:
            list(threads.map(post, [entries[first::CONNECTIONS] for first in range(CONNECTIONS)]))

    return hand_in


def noop(size: int) -> Drained:
    """Measure the same worker, while it drains this many tasks that do nothing."""
    with TemporaryDirectory() as folder, Valkey(Path(folder) / "valkey", DURABLE) as valkey:
        app = celery_app(settings({"GRADER_QUEUE_URL": valkey.url()}))
        options = ("--concurrency", str(CHILDREN), "--include", "benchmarks.noop")
        with celery_worker(valkey.url(), Path(folder) / "worker.log", *options) as worker, valkey.client() as client:
            worker.wait_for_log(" ready.")
            processes = {"sender": psutil.Process().pid, "valkey": valkey.pid, "worker": worker.pid}
            start, busy = time.monotonic(), _busy(processes)
            for number in range(size):
                app.send_task("benchmarks.noop", kwargs={"number": number})
            while client.llen("celery") or client.hlen("unacked"):
                time.sleep(LOOK_SECONDS)
            seconds = time.monotonic() - start
            return Drained(seconds, {name: used - busy[name] for name, used in _busy(processes).items()})


def _busy(processes: Mapping[str, int]) -> dict[str, float]:
    """Return the processor seconds that each process has used, with all children that it ever had.

    Our own process sends, and its children are the others.
    """
    own = psutil.Process().pid
    return {
        name: sum(_used(process, own) for process in [psutil.Process(pid), *_children(pid, own)])
        for name, pid in processes.items()
    }


def _children(pid: int, own: int) -> list[psutil.Process]:
    return [] if pid == own else psutil.Process(pid).children(recursive=True)


def _used(process: psutil.Process, own: int) -> float:
    times = process.cpu_times()
    ended = 0.0 if process.pid == own else times.children_user + times.children_system
    return float(times.user + times.system + ended)


def _server_of(ledger: Ledger) -> dict[str, int]:
    """Return the main process of a PostgreSQL server."""
    with ledger.database.connection() as connection:
        if connection.dialect.name != "postgresql":
            return {}
        return {"postgresql": psutil.Process(connection.scalar(sa.text("SELECT pg_backend_pid()"))).ppid()}


def _fill(ledger: Ledger, count: int) -> None:
    """Insert this number of earlier submissions, all with a report and a delivered answer, like the first one."""
    with ledger.database.connection() as connection:
        tables = {SUBMISSIONS: {}, REPORTS: {}, DELIVERIES: {}}
        for table in tables:
            tables[table] = dict(connection.execute(sa.select(table).limit(1)).mappings().one())
    if count == 0:
        return
    first = sa.select(sa.literal(2).label("n")).cte(recursive=True)
    n = first.union_all(sa.select(first.c.n + 1).where(first.c.n <= count)).c.n
    name, student = (
        sa.literal("earlier-") + sa.cast(n, sa.Text),
        sa.literal("student-") + sa.cast(n % STUDENTS, sa.Text),
    )
    about = {"student": student, "exercise": sa.literal("earlier-") + sa.cast(n // STUDENTS % EXERCISES, sa.Text)}
    changes: dict[sa.Table, dict[str, Any]] = {
        REPORTS: {"id": n, **about, "submission": name, "first_of": name, "identity": name},
        SUBMISSIONS: {"id": n, **about, "submission_id": name, "content": name, "report": n},
        DELIVERIES: {"id": n, "submission": n},
    }
    with ledger.database.connection(write=True) as connection:
        for table, change in changes.items():
            of_type = {column.name: sa.literal(tables[table][column.name], column.type) for column in table.columns}
            values = {**of_type, **change}
            connection.execute(sa.insert(table).from_select(list(values), sa.select(*values.values())))
            if connection.dialect.name == "postgresql":
                sequence = sa.func.pg_get_serial_sequence(table.name, "id")
                connection.execute(sa.select(sa.func.setval(sequence, count + 1)))
        if connection.dialect.name == "postgresql":  # as its server does by itself, a minute later
            connection.execute(sa.text("ANALYZE"))


def _wait(service: Service, size: int, before: int) -> None:
    """Wait until this many submissions have come in and ended, and all results are delivered."""
    new = sa.select(sa.func.count()).where(SUBMISSIONS.c.id > before + 1)
    pending = sa.select(sa.func.count()).where(SUBMISSIONS.c.state.in_(PENDING))
    owed = sa.select(sa.func.count()).where(DELIVERIES.c.wake_at > "")
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        with service.ledger.database.connection() as connection:
            if [connection.scalar(query) for query in (new, pending, owed)] == [size, 0, 0]:
                return
        time.sleep(SELDOM_SECONDS)
    raise SystemExit(f"not done after {PATIENCE_SECONDS} s: {service.states()}")


def _milliseconds(drained: Drained, size: int) -> Iterable[str]:
    """Yield the processor time for each submission or task, all together and by process."""
    yield f"{1000 * sum(drained.processor.values()) / size:.1f}"
    yield ", ".join(f"{name} {1000 * used / size:.1f}" for name, used in drained.processor.items())


def main(sizes: Sequence[int], backend: str, before: int, through: str) -> None:
    """Measure each size and print a line for it."""
    write = sys.stdout.write
    write(f"{machine()}, {backend}, through the {through}, {before:,} submissions in the ledger before\n\n")
    write("| at once | taken in/s | graded/s | failed | wait p50 s | wait p95 s | oldest s | no-op tasks/s ")
    write("| graded per no-op | processor ms for each | by process | for a no-op | no-op per graded, by processor |\n")
    write(f"|{'---|' * 13}\n")
    if backend == "postgresql":  # the tests do without, for speed
        administer("ALTER SYSTEM SET fsync = on", "SELECT pg_reload_conf()")
    for size in sizes:
        service, idle = graded(size, backend, before, through), noop(size)
        p50, p95 = (quantiles(service.waits, n=100)[rank] for rank in (49, 94))
        rates = f"{size / service.taken_in:.0f} | {size / service.seconds:.0f} | {service.failed}"
        waits = f"{p50:.2f} | {p95:.2f} | {max(service.waits):.2f}"
        ratio = f"{size / idle.seconds:.0f} | {idle.seconds / service.seconds:.2f}"
        spent, by_process = _milliseconds(service, size)
        nothing, _ = _milliseconds(idle, size)
        write(f"| {size:,} | {rates} | {waits} | {ratio} | {spent} | {by_process} | {nothing} ")
        write(f"| {sum(idle.processor.values()) / sum(service.processor.values()):.2f} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The speed of the service beside tasks that do nothing.")
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES)
    parser.add_argument("--database", choices=BACKENDS, default="sqlite")
    parser.add_argument("--through", choices=WAYS, default="stream")
    parser.add_argument("--before", type=int, default=0, help="submissions that the ledger has already")
    given = parser.parse_args()
    main(given.sizes, given.database, given.before, given.through)
