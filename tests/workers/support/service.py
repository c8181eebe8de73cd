"""The whole service as real processes on a real Valkey, in a folder of its own, on the embedded transformer.

Each part can be killed by pid. What waits by the clock, such as the lease of a worker that is gone, can be told
that its time has come, so that no test sits through it.
"""

import os
import shutil
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, Self

import sqlalchemy as sa

from grader import exercises
from grader.laboratory import Laboratory
from grader.ledger import Ledger
from grader.ledger.database import FILE
from grader.ledger.tables import DELIVERIES, LINE_ITEMS, SUBMISSIONS
from grader.schema import Claim, Exercise, Submission
from grader.schema.queue import TERMINAL
from grader.service import streams
from tests.support.carried import measuring
from tests.support.servers import ROOT, Process, Valkey, celery_worker, wait_for
from tests.workers.support import owing
from workers.courier import Patience

EXERCISE = "mini-heads"
PLATFORM = "local"
INTAKE, RESULTS = streams.intake(PLATFORM), streams.results(PLATFORM)
MEASURED = ROOT / "build" / "tests" / "tables"
"""The folder for this machine's score table of `mini-heads`, under the hash of everything that it depends on."""
DURABLE = {"appendonly": "yes", "appendfsync": "always"}
QUEUE, UNACKED, UNACKED_INDEX = "celery", "unacked", "unacked_index"
LONG_AGO = "2000-01-01T00:00:00.000000+00:00"
LONG_AGO_SECONDS = 1.0
OTHERS = ("intake", "dispatch", "courier", "web")
"""The parts that are our own modules, such as `intake` and `intake-2`; every other name is a worker's."""


@cache
def measured() -> Laboratory:
    """Return the exercise's laboratory, with all heads measured; this machine measures them once."""
    found = measuring(Laboratory(exercises.load(EXERCISE), MEASURED))
    _ = found.standings
    return found


def laboratory(folder: Path, exercise: Exercise | None = None) -> Laboratory:
    """Return a laboratory with only the score table in this folder, of an exercise that asks for the same heads."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(MEASURED / f"{measured().store.key}.json", folder)
    return Laboratory(exercise or measured().exercise, folder)


def document(*claims: Claim, exercise: str = EXERCISE) -> str:
    """Return a submission with these claims, as a student hands it in."""
    return Submission(exercise=exercise, claims=claims).model_dump_json(exclude_none=True)


def induction(layer: int = 1, head: int = 7, **more: str) -> Claim:
    """Return a claim of an induction head."""
    return Claim(type="induction", layer=layer, head=head, **more)


def entry(name: str, text: str, student: str = "ada") -> dict[str, str]:
    """An intake entry."""
    return {"id": name, "submission": text, "student": student}


class Service:
    """Processes of the service around one Valkey and one ledger."""

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        patience: Patience = Patience(),  # noqa: B008 - a tuple
    ) -> None:
        """Prepare them; waits are short, so that a lost message is sent again after two seconds.

        Couriers wait as `patience` says.
        """
        self.folder, self.home, self.patience = folder, folder / "home", patience
        laboratory(self.home / "tables")
        self.valkey = Valkey(folder / "valkey", DURABLE)
        self.environment = {
            "GRADER_HOME": str(self.home),
            "GRADER_QUEUE_URL": self.valkey.url(),
            "GRADER_METRICS_PORT": "0",
            "GRADER_TASK_SECONDS": "60",
            "GRADER_RESEND_SECONDS": "2",
            **(environment or {}),
        }
        self.parts: dict[str, Process] = {}
        self.ledger = Ledger(self.environment.get("GRADER_DATABASE_URL") or f"sqlite:///{self.home / FILE}")

    def __enter__(self) -> Self:
        self.valkey.start()
        self.client = self.valkey.client()
        return self

    def __exit__(self, *_: object) -> None:
        for part in self.parts.values():
            part.stop()
        self.client.close()
        self.valkey.kill()
        self.ledger.close()

    def start(self, *names: str, supervised: bool = False, **environment: str) -> None:
        """Start these parts, each under its own name, with more environment variables if needed."""
        for name in names:
            assert name not in self.parts, f"{name} was started before"
            self.parts[name] = self._started(name, self.environment | environment, supervised)

    def worker(self, name: str, **environment: str) -> Process:
        """Start a worker; return it when it is ready for messages."""
        self.start(name, **environment)
        self.parts[name].wait_for_log(" ready.")
        return self.parts[name]

    def hand_in(self, *entries: Mapping[str, str]) -> None:
        """Put these on the intake stream."""
        for fields in entries:
            self.client.xadd(INTAKE, dict(fields))

    def rows(self) -> dict[str, Mapping[str, Any]]:
        """Return the submissions' rows by the submission's id."""
        with self.ledger.database.connection() as connection:
            return {row["submission_id"]: row for row in connection.execute(sa.select(SUBMISSIONS)).mappings()}

    def states(self) -> Counter[str]:
        """Return the number of submissions in each state."""
        state = SUBMISSIONS.c.state
        with self.ledger.database.connection() as connection:
            found = connection.execute(sa.select(state, sa.func.count()).group_by(state))
            return Counter({row[0]: row[1] for row in found})

    def ended(self) -> int:
        """Return the number of submissions that have ended."""
        return sum(count for state, count in self.states().items() if state in TERMINAL)

    def wait_for(self, **states: int) -> None:
        """Wait until exactly this number of submissions is in each state."""
        wait_for(lambda: self.states() == states, f"submissions to be {states}; see {self.folder}")

    def wait_for_state(self, name: str, state: str) -> None:
        """Wait until this submission is in this state."""
        wait_for(lambda: self._state(name) == state, f"{name} to be {state}; see {self.folder}")

    def let_time_pass(self, *names: str) -> None:
        """End every wait of these submissions' rows; without names, of all rows and answers."""
        rows = SUBMISSIONS.c.state.not_in(TERMINAL)
        if names:
            rows &= SUBMISSIONS.c.submission_id.in_(names)
        with self.ledger.database.connection(write=True) as connection:
            connection.execute(sa.update(SUBMISSIONS).where(rows).values(wake_at=LONG_AGO))
            if not names:
                owed = DELIVERIES.c.wake_at.is_not(None)
                connection.execute(sa.update(DELIVERIES).where(owed).values(wake_at=LONG_AGO))
                busy = LINE_ITEMS.c.busy_until.is_not(None)
                connection.execute(sa.update(LINE_ITEMS).where(busy).values(busy_until=LONG_AGO))

    def let_messages_come_back(self) -> None:
        """End the time after which a dead worker's messages go to another one."""
        for tag in self.client.zrange(UNACKED_INDEX, 0, -1):
            self.client.zadd(UNACKED_INDEX, {tag: LONG_AGO_SECONDS}, xx=True)

    def messages(self) -> tuple[int, int]:
        """Return the number of Celery messages that wait, and of those that a worker took and has not finished."""
        return self.client.llen(QUEUE), self.client.hlen(UNACKED)

    def snare(self, claim: Claim) -> "Snare":
        """Return a trap for the process that grades this claim with its evidence."""
        return Snare(self.home / "tables" / "evidence", evidence(claim))

    def _state(self, name: str) -> str | None:
        query = sa.select(SUBMISSIONS.c.state).where(SUBMISSIONS.c.submission_id == name)
        with self.ledger.database.connection() as connection:
            return connection.scalar(query)

    def _started(self, name: str, environment: Mapping[str, str], supervised: bool) -> Process:
        log = self.folder / f"{name}.log"
        module = name.partition("-")[0]
        if module in OTHERS:
            argv = [sys.executable, "-m", f"workers.{module}"]
            argv = owing.courier(self.patience) if module == "courier" else argv
            return Process(argv, log, environment, supervised=supervised)
        url = environment["GRADER_QUEUE_URL"]
        return celery_worker(url, log, f"--hostname={name}@%h", env=environment, supervised=supervised)


class Kept(NamedTuple):
    """A file in which recomputed evidence is kept."""

    name: str
    content: bytes


@cache
def evidence(claim: Claim) -> Kept:
    """Return the evidence's file for this claim."""
    with TemporaryDirectory() as folder:
        Laboratory(exercises.load(EXERCISE), Path(folder)).recomputed(claim)
        file = next((Path(folder) / "evidence").iterdir())
        return Kept(file.name, file.read_bytes())


class Snare:
    """Kept evidence on a disk that does not answer: a pipe in place of the file, on which every reader waits."""

    def __init__(self, folder: Path, kept: Kept) -> None:
        folder.mkdir(exist_ok=True)
        self.path, self.content = folder / kept.name, kept.content
        os.mkfifo(self.path)
        self._end: int | None = None
        self._caught: set[int] = set()

    def catch(self) -> int:
        """Return the next process that grades the claim, once it waits here; it waits until its end."""
        if self._end is None:
            self._end = wait_for(self._reader, f"somebody to read {self.path}")
        found = wait_for(self._who, f"the process that reads {self.path}")
        self._caught.add(found)
        return found

    def remove(self) -> None:
        """Repair the disk: processes that come later or still wait get the file."""
        self.path.unlink()
        self.path.write_bytes(self.content)
        if self._end is not None:
            with suppress(BrokenPipeError):
                os.write(self._end, self.content)
            os.close(self._end)

    def _reader(self) -> int | None:
        """Return the pipe's other end, which can be opened only while somebody reads."""
        try:
            return os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return None

    def _who(self) -> int | None:
        known = {os.getpid(), *self._caught}  # one that was killed may not be gone yet
        for process in Path("/proc").iterdir():
            if process.name.isdecimal() and int(process.name) not in known and self._holds(process):
                return int(process.name)
        return None

    def _holds(self, process: Path) -> bool:
        try:
            return any(file.readlink() == self.path for file in (process / "fd").iterdir())
        except OSError:  # gone, or another user's
            return False
