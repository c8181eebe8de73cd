"""The service under a steady rate for twenty minutes: memory, and what is left in the queue.

`python -m benchmarks.soak [MINUTES] [PER_SECOND]` prints every minute the memory of each process (its proportional set
size), and at the end what is left in Valkey.
"""

import itertools
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from benchmarks.load import submissions
from benchmarks.machine import machine
from tests.workers.support.service import INTAKE, Service

MINUTES = 20
PER_SECOND = 10
PARTS = ("worker", "intake", "dispatch", "courier")
MEGABYTE = 1024 * 1024


def held(pid: int) -> float:
    """Return the memory of the process and its children in megabytes; shared pages count by their part."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return sum(process.memory_full_info().pss for process in family) / MEGABYTE


def main(minutes: int, per_second: int) -> None:
    """Run, and print the table."""
    write = sys.stdout.write
    write(f"{machine()}\n{minutes} minutes, {per_second} a second\n\n")
    write(f"| minute | graded | waiting | {' MB | '.join(PARTS)} MB | valkey MB |\n|{'---|' * (len(PARTS) + 4)}\n")
    total = minutes * 60 * per_second
    entries = iter(submissions(total))
    with TemporaryDirectory() as folder, Service(Path(folder) / "service") as service:
        service.worker("worker")
        service.start(*PARTS[1:])
        start = time.monotonic()
        for minute in range(1, minutes + 1):
            for second in range(60):
                for fields in itertools.islice(entries, per_second):
                    service.client.xadd(INTAKE, dict(fields))
                time.sleep(max(0.0, start + (minute - 1) * 60 + second + 1 - time.monotonic()))
            states = service.states()
            sizes = [held(service.parts[name].pid) for name in PARTS] + [held(service.valkey.pid)]
            done = states.pop("graded", 0)
            row = " | ".join(f"{size:.0f}" for size in sizes)
            write(f"| {minute} | {done} | {sum(states.values())} | {row} |\n")
            sys.stdout.flush()
        service.wait_for(graded=total)
        left = {key: _length(service, key) for key in sorted(service.client.keys("*"))}
    write(f"\nleft in Valkey: {left}\n")


def _length(service: Service, key: str) -> int:
    """Return the number of items under the key."""
    count = {"stream": service.client.xlen, "list": service.client.llen, "hash": service.client.hlen}
    kind = service.client.type(key)
    return int(count[kind](key)) if kind in count else 1


if __name__ == "__main__":
    given = [int(number) for number in sys.argv[1:]]
    main(*(given + [MINUTES, PER_SECOND][len(given) :]))
