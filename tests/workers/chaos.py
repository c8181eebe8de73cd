"""Chaos: a crowd hands in while everything is killed again and again; afterwards nothing is lost and nothing doubled.

`python -m tests.workers.chaos` is the long run, with another seed each time unless one is given; what the processes
said stays in `build/chaos`.
"""

import argparse
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil
import sqlalchemy as sa
import yaml

from grader.doors.lti.keys import FOLDER, OwnKeys
from grader.ledger.tables import DELIVERIES
from grader.schema import Report
from grader.schema.queue import PENDING
from tests.support.door import token
from tests.support.lti import lms as platforms
from tests.support.lti.lms import Lms
from tests.support.postgres import BACKENDS, database
from tests.support.servers import ROOT, Process, free_port, wait_for
from tests.workers import oracle
from tests.workers.support import diary, practice
from tests.workers.support.bad_entries import BAD_ENTRIES
from tests.workers.support.crowd import Handed, crowd, launches
from tests.workers.support.doors import Doors
from tests.workers.support.listener import Listener
from tests.workers.support.producer import Producer
from tests.workers.support.service import PLATFORM, Service
from workers.courier import Patience

PARTS = ("intake", "dispatch", "courier", "web", "worker-a", "worker-b")
TWICE = ("intake-2", "dispatch-2", "courier-2", "web-2")
"""Parts that may run twice."""
OURS = ("intake", "dispatch", "courier", "web")
KINDS = ("worker", "group", "child", "valkey", "gradebook", *OURS)
"""The targets: a worker's main process, that with its children, a child alone, and each of the others.

A gradebook is not killed, but hangs up on everybody for a while.
"""
FLAVOURS = ("canvas", "moodle", "openedx")
TROUBLES = (platforms.broken, platforms.too_many, platforms.busy, platforms.hangs_up)
TROUBLE = 0.3
"""The part of the scores that the platform does not simply take."""
SWIFT = Patience(first=0.2, most=2.0, rest=1.0)
"""The courier's waits: what the platform does not take is soon sent again."""
DOWN_SECONDS = 2.0
"""The longest time that the killed Valkey, or a gradebook, stays away."""
AT_WORK_SECONDS = 2.0
"""The time that a kill waits for a submission that is being graded."""
JITTER_SECONDS = 1.0
"""The longest delay of a kill after its turn."""
PROGRESS_SECONDS = 10.0
"""The time that a kill waits for its turn."""
STILL_SECONDS = 3.0
"""The time without any event after which waits are cut short."""
SETTLE_SECONDS = 600.0
SHOWN = 20
"""Faults that the command shows, and submissions whose state a web door is asked for."""


class Plan(NamedTuple):
    """The amount of chaos."""

    seed: int
    submissions: int = 2000
    students: int = 50
    kills: int = 4 * len(KINDS)
    parts: tuple[str, ...] = (*PARTS, *TWICE)
    database: str = ""
    """The ledger's URL; SQLite by default."""
    cuts_short: bool = False
    """True if leases and rests end at once when everything has been handed in."""


class Outcome(NamedTuple):
    """The outcome of a run."""

    faults: list[str]
    summary: dict[str, object]


class Killed(NamedTuple):
    """The number of kills by target."""

    kinds: Counter[str]
    parts: Counter[str]
    """By the name of the process that was started again."""


def run(folder: Path, plan: Plan) -> Outcome:
    """Hand in and kill, wait until all is at rest, and judge."""
    chance = random.Random(plan.seed)  # noqa: S311
    handed = crowd(plan.submissions, plan.students, chance)
    came = launches(handed, chance)
    began = time.monotonic()
    ports = {name: free_port() for name in plan.parts if name.startswith("web")}
    urls = [f"http://127.0.0.1:{port}" for port in ports.values()]
    with (
        Lms(chance.choice(FLAVOURS), urls[0]) as lms,
        Service(folder, _environment(folder, plan, lms), SWIFT) as service,
    ):
        lms.faults = [_answer(chance) for _ in handed]
        diary.begin(service.ledger)
        OwnKeys(service.home / FOLDER).ensure()
        for name in plan.parts:
            service.start(name, supervised=True, GRADER_WEB_PORT=str(ports.get(name, 0)))
        with Listener(service) as listener:
            with (
                Doors(urls, token(service.ledger), lms) as doors,
                Producer(service, doors, handed, came, plan.seed) as producer,
            ):
                kills = _kill_again_and_again(service, lms, plan, chance)
            left = _settle(service, plan)
        summary = {
            "submissions": len(handed),
            "entries handed in": producer.sent,
            "handed in again, for want of an answer": producer.ambiguous,
            "posted at a web door, or came in there": doors.brought,
            "posted or came again, for want of an answer": doors.again,
            **_summary(service, kills),
            "results told": sum(map(len, listener.heard.values())),
            "gradebook": lms.flavour,
            "students with a score there": len(lms.grades),
            "scores told, taken or not": len(lms.posts),
            "seconds": round(time.monotonic() - began),
        }
        reports = oracle.expected(handed, service.folder / "expected")
        problems = [f"left on {where}: {count}" for where, count in left.items()]
        problems += _faults(service, handed, reports, producer)
        problems += [*oracle.unheard(handed, listener.heard), *oracle.mistold(handed, reports, came, lms)]
        return Outcome(problems, summary)


def _environment(folder: Path, plan: Plan, lms: Lms) -> dict[str, str]:
    """Return the processes' environment, with the one platform that hands in everything and has a gradebook."""
    folder.mkdir(parents=True)
    listed = {"platforms": [{"name": PLATFORM, "lti": lms.registration}]}
    (folder / "platforms.yaml").write_text(yaml.safe_dump(listed))
    return {
        "GRADER_EXERCISES": practice.write(folder / "exercises"),
        "GRADER_PRELOAD": practice.ID,
        "GRADER_TASK_SECONDS": "10",
        "GRADER_DATABASE_URL": plan.database,
        "GRADER_PLATFORMS": str(folder / "platforms.yaml"),
        "GRADER_WEB_URL": lms.tool_url,
        "GRADER_WEB_PER_MINUTE": "100000",
    }


def _answer(chance: random.Random) -> platforms.Fault:
    """Return what the gradebook does with a score: it takes it, or is in trouble, or its answer is lost."""
    return chance.choice((*TROUBLES, _unanswered)) if chance.random() < TROUBLE else lambda take: take()


def _unanswered(take: platforms.Take) -> None:
    take()


def _faults(service: Service, handed: list[Handed], reports: Mapping[str, Report], producer: Producer) -> Iterator[str]:
    if len(producer.bad) != len(BAD_ENTRIES) + 1:
        yield f"{len(producer.bad)} bad entries were handed in"
    yield from oracle.faults(service.ledger, handed, reports)
    yield from oracle.unburied(service.ledger, producer.bad, producer.ambiguous)
    yield from producer.doors.faults
    fates = {each.id: each.fate for each in handed[:SHOWN]}
    if (states := producer.doors.shown(fates)) != fates:
        yield f"a web door shows {states}, not {fates}"


def _kill_again_and_again(service: Service, lms: Lms, plan: Plan, chance: random.Random) -> Killed:
    """Kill parts again and again; return what was killed."""
    rounds = -(-plan.kills // len(KINDS))
    kinds = [kind for _ in range(rounds) for kind in chance.sample(KINDS, len(KINDS))][: plan.kills]
    killed = Killed(Counter(), Counter())
    for number, kind in enumerate(kinds, 1):
        _wait_for_progress(service, plan.submissions * number // (plan.kills + 1))
        time.sleep(chance.uniform(0, JITTER_SECONDS))
        part = kind
        if kind == "valkey":
            service.valkey.kill()
            time.sleep(chance.uniform(0, DOWN_SECONDS))
            service.valkey.start()
        elif kind == "gradebook":
            lms.is_down = True
            time.sleep(chance.uniform(0, DOWN_SECONDS))
            lms.is_down = False
        else:
            part = _kill(service, kind, chance)
        killed.kinds[kind] += 1
        killed.parts[part] += 1
    return killed


def _kill(service: Service, kind: str, chance: random.Random) -> str:
    """Kill a part and wait until it is started again; return its name, for a child only the kind."""
    of_worker = kind not in OURS
    name = chance.choice([name for name in service.parts if name.startswith("worker" if of_worker else kind)])
    part, before = service.parts[name], len(service.parts[name].pids)
    if of_worker:
        _wait_for_work(service)
    if kind == "child":
        _kill_child(part, chance)
        return kind
    (part.kill_group if kind == "group" else part.kill)()
    wait_for(lambda: len(part.pids) > before, f"{name} to be started again")
    return name


def _wait_for_progress(service: Service, ended: int) -> None:
    """Wait until this number of submissions has ended, or nothing seems to move."""
    end = time.monotonic() + PROGRESS_SECONDS
    while service.ended() < ended and time.monotonic() < end:
        time.sleep(0.05)


def _wait_for_work(service: Service) -> None:
    """Wait a little for a submission that is being graded; a kill at rest proves less."""
    end = time.monotonic() + AT_WORK_SECONDS
    while not service.states()["grading"] and time.monotonic() < end:
        time.sleep(0.01)


def _kill_child(worker: Process, chance: random.Random) -> None:
    children = wait_for(lambda: worker.children, "a worker to have children")
    with suppress(psutil.NoSuchProcess):  # it was replaced at this very moment
        chance.choice(children).kill()


def _settle(service: Service, plan: Plan) -> dict[str, int]:
    """Wait until nothing happens any more; return what is left, by its place."""
    end = time.monotonic() + SETTLE_SECONDS
    last, since = diary.length(service.ledger), time.monotonic()
    while (left := _left(service)) and time.monotonic() < end:
        time.sleep(0.5)
        if (now := diary.length(service.ledger)) != last:
            last, since = now, time.monotonic()
        elif plan.cuts_short and time.monotonic() - since > STILL_SECONDS:
            service.let_time_pass()
            service.let_messages_come_back()
            since = time.monotonic()
    return left


def _left(service: Service) -> dict[str, int]:
    states = service.states()
    rows = {state: states[state] for state in PENDING if states[state]}
    owed = sa.select(sa.func.count()).select_from(DELIVERIES).where(DELIVERIES.c.delivered_at.is_(None))
    with service.ledger.database.connection() as connection:
        answers = connection.scalar(owed) or 0
    return rows | oracle.left_behind(service) | ({"answers": answers} if answers else {})


def _summary(service: Service, killed: Killed) -> dict[str, object]:
    changes = Counter((change.was, change.became) for change in diary.changes(service.ledger))
    rows = service.rows().values()
    return {
        "kills": dict(killed.kinds),
        "ended by themselves": {
            name: extra for name, part in service.parts.items() if (extra := len(part.pids) - 1 - killed.parts[name])
        },
        "states": dict(service.states()),
        "begun": sum(count for (_, became), count in changes.items() if became == "grading"),
        "begun more than once": sum(row["tries"] > 1 for row in rows),
        "message sent again": changes["queued", "received"],
        "taken back from a worker": changes["grading", "received"],
    }


def main() -> int:
    """Run for a long time; return 0 if all is well."""
    parser = argparse.ArgumentParser(description="Kill everything again and again, and see whether anything is lost.")
    seed = random.randrange(10**6)  # noqa: S311
    parser.add_argument("--seed", type=int, default=seed, help="the same one, the same crowd and order of kills")
    parser.add_argument("--submissions", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=4 * len(KINDS))
    parser.add_argument("--database", choices=BACKENDS, default="sqlite")
    given = parser.parse_args()
    folder = ROOT / "build" / "chaos" / str(given.seed)
    shutil.rmtree(folder, ignore_errors=True)
    with database(given.database, folder / "home") as url:
        outcome = run(folder, Plan(given.seed, given.submissions, kills=given.kills, database=url))
    lines = [f"seed: {given.seed}", *(f"{name}: {value}" for name, value in outcome.summary.items())]
    lines.append(f"faults: {len(outcome.faults) or 'none'}")
    lines += outcome.faults[:SHOWN]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main())
