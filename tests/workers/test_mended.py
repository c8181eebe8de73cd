"""While the real service runs, an exercise's file breaks and is mended, and the whole is backed up: nothing is lost."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from grader import exercises
from grader.ledger import Ledger
from grader.ledger.archive import counts
from grader.ledger.queue.jobs import TRIES, Jobs
from grader.schema.queue import HELD, Envelope
from grader.service import answers, platforms
from grader.service.backups.restoring import checked
from grader.service.laboratories import Laboratories
from grader.service.reception import Reception
from grader.service.worker import Worker
from grader.students.xp import progress
from tests.service.planted import CAME, let_time_pass, rows
from tests.support.servers import wait_for
from tests.support.upping import grade
from tests.workers.support.service import EXERCISE, LONG_AGO, Service, document, entry, induction

OWN = "own-heads"
STUDENTS = 40


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A folder with an exercise of somebody's own, which asks for the same heads as the shipped one."""
    folder = tmp_path / "course" / OWN
    shutil.copytree(exercises.available()[EXERCISE], folder)
    file = folder / "exercise.yaml"
    file.write_text(file.read_text("utf-8").replace(f"id: {EXERCISE}", f"id: {OWN}"), "utf-8")
    return folder.parent


@pytest.fixture
def service(tmp_path: Path, course: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv("GRADER_EXERCISES", str(course))
    with Service(tmp_path, {"GRADER_EXERCISES": str(course)}) as started:
        started.worker("worker")
        started.start("intake", "dispatch", "courier")
        yield started


def test_a_file_that_breaks_holds_what_comes_in_and_a_backup_meanwhile_loses_and_doubles_nothing(
    service: Service, course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = course / OWN / "exercise.yaml"
    sound = file.read_text("utf-8")
    own = document(induction(), exercise=OWN)
    example = (course / OWN / "my_heads.yaml").read_text("utf-8").replace(EXERCISE, OWN)
    service.hand_in(entry("before", example))
    service.wait_for(graded=1)
    file.write_text(f"{sound}bugdet: 3\n", "utf-8")
    service.hand_in(*(entry(f"held-{number}", own, f"student-{number}") for number in range(3)))
    held = [f"held-{number}" for number in range(3)]
    for _ in range(TRIES + 1):  # as often as would bury them, if each time were a try
        wait_for(lambda: all(is_held(service, name) for name in held), "all three to be held")
        service.let_time_pass(*held)
    wait_for(lambda: all(is_held(service, name) for name in held), "all three to be held")
    told = answers.result(service.ledger, "local", "held-1")
    assert told
    assert (told.state, told.tries, told.says) == ("received", 0, HELD)

    crowd = [entry(f"s{number}", document(induction(1, number % 8)), f"student-{number}") for number in range(STUDENTS)]
    service.hand_in(*crowd)
    wait_for(lambda: service.ended() > 5, "some to be graded")
    done = grade(service.environment, "backup", "--out", tmp_path / "backup.zip")
    assert done.returncode == 0, done.stderr
    file.write_text(sound, "utf-8")
    wait_for(lambda: service.states()["graded"] >= STUDENTS + 1, "everybody else's to be graded")
    service.let_time_pass()
    service.wait_for(graded=STUDENTS + 4)
    assert {service.rows()[name]["tries"] for name in held} == {1}
    restored(service, tmp_path, monkeypatch)


def is_held(service: Service, name: str) -> bool:
    row = service.rows().get(name)
    return bool(row and row["state"] == "received" and row["waits_for"] and row["wake_at"] > LONG_AGO)


def restored(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the backup back on another machine, hand everything in again, and compare."""
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "other"))
    everything = service.rows().values()
    with Ledger() as ledger, checked(tmp_path / "backup.zip") as backup:
        backup.restore(ledger)
        assert 0 < counts(ledger)["reports"] < STUDENTS + 4
        Reception(ledger, platforms.load(None)).accept([again(row) for row in everything])
        jobs = Jobs(ledger, task_seconds=60, resend_seconds=2)
        let_time_pass(ledger)
        jobs.sweep()  # what was being graded at that moment
        let_time_pass(ledger)
        worker = Worker(ledger, jobs, Laboratories(service.home / "tables"))
        for job in range(1, len(everything) + 1):
            worker.work(job)
        assert {row["state"] for row in rows(ledger).values()} == {"graded"}
        assert (counts(ledger)["submissions"], counts(ledger)["reports"]) == (STUDENTS + 4, STUDENTS + 4)
        for student in ("ada", *(f"student-{number}" for number in range(STUDENTS))):
            xp = [progress(list(each.entries(student))).xp for each in (ledger, service.ledger)]
            assert xp[0] == xp[1], student
            assert xp[0] > 0 or student != "ada"


def again(row: Mapping[str, Any]) -> Envelope:
    """Return the submission of a row as its platform hands it in once more."""
    values = {"submission": row["document"], "id": row["submission_id"], "came_at": CAME}
    return Envelope.model_validate({**values, "platform": row["platform"], "student": row["student"]})
