"""Workers that are killed, stopped or hang while they load or grade: the row is tried again, and the others go on."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from grader.ledger.clock import now
from grader.ledger.columns import read
from grader.ledger.database import FILE
from grader.ledger.queue.breaker import BREAKER_ROWS, is_open
from grader.ledger.queue.figures import figures
from grader.ledger.queue.jobs import TRIES, backoff
from grader.ledger.tables import REPORTS
from grader.measuring.transformer.find import BUNDLED
from grader.schema.queue import Result
from grader.service import answers
from grader.service.dead import DeadLetters
from grader.service.platforms import load
from grader.service.reception import Reception
from tests.support.servers import Process, wait_for
from tests.workers.support import diary
from tests.workers.support.service import PLATFORM, Kept, Service, Snare, document, entry, induction, measured
from tests.workers.test_logs import lines

HELD = induction(evidence="Emma Wagon waved, and Emma Wagon smiled")
LOAD = 60
"""Submissions that keep two children busy for a while."""
GRACE_SECONDS = 120.0
"""More than a worker ever needs to end."""
LEASE_SECONDS = 30.0
"""Less than the lease of a submission lasts, which a child that was killed leaves behind."""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with Service(tmp_path / "service") as running:
        yield running


@pytest.fixture
def snare(service: Service) -> Snare:
    return service.snare(HELD)


def held(name: str = "held") -> dict[str, str]:
    """Return the intake entry of a submission that gets into the snare."""
    return entry(name, document(HELD), "grace")


def others(number: int, first: int = 0) -> list[dict[str, str]]:
    """Return intake entries of this number of submissions that can be graded."""
    return [entry(f"s{n}", document(induction()), f"student{n}") for n in range(first, first + number)]


def result(service: Service, name: str) -> Result:
    """Return the platform's result of this submission."""
    answer = answers.result(service.ledger, PLATFORM, name)
    assert answer is not None
    return answer


def is_loading(worker: Process) -> bool:
    """Return whether torch is loaded, or being loaded."""
    return "libtorch" in Path(f"/proc/{worker.pid}/maps").read_text()


def try_again_now(service: Service, name: str) -> None:
    """Let this submission's lease end, and then its rest."""
    service.let_time_pass(name)
    wait_for(lambda: service.rows()[name]["state"] != "grading", "the lease to be taken back")
    service.let_time_pass(name)


def test_worker_that_is_told_to_stop_under_load_ends_and_loses_nothing(service: Service) -> None:
    service.start("intake", "dispatch")
    worker = service.worker("worker-a")
    service.hand_in(*others(LOAD))
    wait_for(lambda: service.states()["graded"], "the first report")

    worker.send(signal.SIGTERM)

    assert worker.wait(GRACE_SECONDS) == 0
    service.worker("worker-b")
    service.wait_for(graded=LOAD)
    assert {row["tries"] for row in service.rows().values()} == {1}


def test_worker_that_is_killed_while_it_loads(service: Service) -> None:
    service.start("intake", "dispatch")
    service.hand_in(*others(5))
    service.start("worker-a", GRADER_PRELOAD="mini-heads")
    loading = service.parts["worker-a"]
    wait_for(lambda: is_loading(loading), "the worker to load")
    assert " ready." not in loading.log

    loading.kill_group()
    service.worker("worker-b", GRADER_PRELOAD="mini-heads")

    service.wait_for(graded=5)


def test_child_that_is_killed_while_it_grades(service: Service, snare: Snare) -> None:
    service.start("intake", "dispatch")
    worker = service.worker("worker")
    service.hand_in(held(), *others(5))
    service.wait_for(graded=5, grading=1)

    os.kill(snare.catch(), signal.SIGKILL)
    snare.remove()
    wait_for(lambda: service.rows()["held"]["state"] == "received", "the row to be freed", LEASE_SECONDS)
    freed, row = result(service, "held"), service.rows()["held"]
    seen = figures(service.ledger)
    service.let_time_pass("held")

    service.wait_for(graded=6)
    assert (freed.state, freed.tries) == ("received", 1)
    assert read(row["wake_at"]) - read(row["failed_at"]) == backoff(1)  # seconds, whatever its lease had been
    assert (seen.recently_failed, seen.recent_losses) == (1, 1)
    assert worker.running
    assert result(service, "held").tries == 2
    assert result(service, "held").attempts_used == 1
    records = lines(worker.log[worker.log.index("\n{") :].strip())  # all that follows Celery's banner
    told = [record for record in records if record["logger"] == "workers.losses"]
    assert [record["submission"] for record in told] == ["local/held"]
    assert "signal 9 (SIGKILL)" in told[0]["message"]


def test_child_that_is_killed_over_several_charges_none_of_them(service: Service) -> None:
    table = service.home / "tables" / f"{measured().store.key}.json"
    content = table.read_bytes()
    table.unlink()
    snare = Snare(table.parent, Kept(table.name, content))
    worker = service.worker("worker")
    service.start("dispatch")
    service.hand_in(*others(5))
    service.start("intake")  # it finds all of them at once, and they go to one child

    os.kill(snare.catch(), signal.SIGKILL)
    snare.remove()
    service.wait_for(graded=5)

    rows = service.rows().values()
    assert {(row["tries"], row["failed_at"]) for row in rows} == {(1, None)}
    assert sum(row["losses"] for row in rows) == 1
    assert worker.log.count("the process that graded it was lost") == 5


def test_child_that_wakes_up_after_its_lease_changes_nothing(service: Service, snare: Snare) -> None:
    service.start("intake", "dispatch", "worker")
    service.hand_in(held())
    child = snare.catch()
    os.kill(child, signal.SIGSTOP)
    snare.remove()
    try_again_now(service, "held")
    service.wait_for(graded=1)
    diary.begin(service.ledger)

    os.kill(child, signal.SIGCONT)

    wait_for(lambda: service.messages() == (0, 0), "the child to be done as well")
    assert diary.changes(service.ledger) == []
    assert result(service, "held").tries == 2
    with service.ledger.database.connection() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(REPORTS)) == 1


def test_submission_that_hangs_is_cut_off_at_the_hard_limit_and_tried_again(tmp_path: Path) -> None:
    with Service(tmp_path / "service", {"GRADER_TASK_SECONDS": "4"}) as service:
        snare = service.snare(HELD)
        service.start("intake", "dispatch")
        worker = service.worker("worker")
        service.hand_in(held())

        for number in (1, 2):
            os.kill(snare.catch(), signal.SIGSTOP)  # deaf to the soft limit, as in one long step of torch
            service.hand_in(*others(3, 3 * number))
            wait_for(lambda number=number: worker.log.count("Hard time limit") == number, "the hard limit")
            wait_for(lambda number=number: service.states()["graded"] == 3 * number, "the others")
            if number == 2:
                snare.remove()  # before the last try, which it would catch as well
            try_again_now(service, "held")

        service.wait_for(graded=7)
        assert result(service, "held").tries >= 3  # on a busy machine the last try may be cut off, too
        opened = [file.path for file in psutil.Process(worker.pid).open_files()]
        assert not [path for path in opened if FILE in path]  # children would inherit it


def test_child_that_was_interrupted_at_the_soft_limit_makes_room_for_a_new_one(tmp_path: Path) -> None:
    """An import may have been interrupted, and then everything that the child grades later fails as well."""
    with Service(tmp_path / "service", {"GRADER_TASK_SECONDS": "4"}) as service:
        snare = service.snare(HELD)
        service.start("intake", "dispatch", "worker")
        service.hand_in(held())
        child = snare.catch()

        wait_for(lambda: service.rows()["held"]["failed_at"], "the soft limit")

        wait_for(lambda: not psutil.pid_exists(child), "the child's end")
        assert "SoftTimeLimitExceeded" in service.rows()["held"]["reason"]
        assert "Hard time limit" not in service.parts["worker"].log
        snare.remove()
        service.let_time_pass("held")
        service.wait_for(graded=1)


def test_submission_that_kills_its_worker_each_time_is_buried_alone(service: Service, snare: Snare) -> None:
    service.start("intake", "dispatch", "worker")
    service.hand_in(held())

    for number in range(TRIES):
        os.kill(snare.catch(), signal.SIGKILL)
        service.hand_in(*others(1, number))
        wait_for(lambda number=number: service.states()["graded"] == number + 1, "another submission")
        try_again_now(service, "held")

    service.wait_for(graded=TRIES, dead=1)
    told = result(service, "held")
    assert "not your fault" in told.says
    assert told.tries == TRIES
    assert told.attempts_used == 0
    snare.remove()
    DeadLetters(service.ledger).replay(f"{PLATFORM}/held", Reception(service.ledger, load(None)))
    service.wait_for(graded=TRIES + 1)


def test_missing_transformer_opens_the_breaker_and_nothing_is_buried(service: Service) -> None:
    weights, failing = service.folder / "weights", BREAKER_ROWS + 3
    with_evidence = [
        entry(f"e{n}", document(induction(evidence=f"Emma Wagon waved {n} times")), f"student{n}")
        for n in range(failing)
    ]
    service.start("intake", "dispatch")
    service.start("worker", GRADER_TRANSFORMER_MINI_GPT2=str(weights))
    service.hand_in(*with_evidence)
    wait_for(lambda: breaker(service), "the breaker to open")
    wait_for(lambda: service.states() == {"received": failing}, "everything to come to rest")
    diary.begin(service.ledger)

    for trials in range(1, 2 * TRIES):
        service.let_time_pass()
        wait_for(lambda trials=trials: failures(service) >= trials, "another trial")
    one_at_a_time = in_flight(service)
    assert not service.states()["dead"]
    weights.symlink_to(BUNDLED / "mini-gpt2")

    end = time.monotonic() + GRACE_SECONDS
    while service.states() != {"graded": failing} and time.monotonic() < end:
        service.let_time_pass()
        time.sleep(0.5)
    service.wait_for(graded=failing)
    assert one_at_a_time == 1
    assert not breaker(service)


def breaker(service: Service) -> bool:
    """Return whether the breaker is open."""
    with service.ledger.database.connection() as connection:
        return is_open(connection, now(connection))


def failures(service: Service) -> int:
    """Return how often grading failed since the diary began."""
    return sum(change[1:] == ("grading", "received") for change in diary.changes(service.ledger))


def in_flight(service: Service) -> int:
    """Return the most submissions that were on their way at once since the diary began."""
    flying: set[int] = set()
    most = 0
    for job, _, became in diary.changes(service.ledger):
        flying = flying | {job} if became in {"queued", "grading"} else flying - {job}
        most = max(most, len(flying))
    return most
