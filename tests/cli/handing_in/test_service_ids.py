"""`grade status`, `report` and `dead`, and `grade submit --queue` when the result is late."""

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from grader.ledger import Ledger
from grader.ledger.tables import SUBMISSIONS
from grader.schema.queue import Envelope, Result
from grader.service import platforms, streams
from grader.service.reception import Reception
from grader.service.settings import without_password
from tests.cli.conftest import ID, Bench
from tests.cli.support_serving import NOW, named, service
from tests.support.servers import Process, Valkey, wait_for
from tests.support.upping import Up


@pytest.fixture(scope="module")
def up(cold: tuple[Bench, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with service(cold, tmp_path_factory.mktemp("up")) as running:
        yield running


@pytest.fixture
def queue(up: Up) -> tuple[str, str]:
    return "--queue", up.url()


def test_who_does_not_wait_gets_the_id_and_asks_later(
    bench: Bench, home: Path, tmp_path: Path, up: Up, queue: tuple[str, str]
) -> None:
    file = named(bench, tmp_path, "yuki")
    done = bench.grade(tmp_path / "empty", "submit", file, *queue, "--no-wait")
    name = done.stdout.strip()
    wait_for(lambda: ": graded\n" in up.grade("status", name).stdout, f"{name} to be graded")
    status, shown = up.grade("status", name), up.grade("report", name)
    result = Result.model_validate_json(up.grade("status", name, "--format", "json").stdout)

    assert done.returncode == 0
    assert re.fullmatch("[0-9a-f]{32}", name)
    assert f"grade status {name} --platform local" in done.stderr
    assert "\nstudent       yuki\n" in status.stdout
    assert "\nattempts      1 used, no limit\n" in status.stdout
    assert f"grade report {name} --platform local" in status.stdout
    assert (shown.returncode, shown.stdout) == (0, bench.grade(home, "submit", file).stdout)
    assert (result.state, result.student, result.passed) == ("graded", "yuki", True)
    assert (
        up.grade("report", name, "--format", "json").stdout
        == bench.grade(home, "submit", file, "--format", "json").stdout
    )


def test_what_is_not_graded_yet_has_a_status_and_no_report(bench: Bench, tmp_path: Path) -> None:
    text = bench.passing(tmp_path).read_text()
    with Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite3'}") as ledger:
        envelope = Envelope(platform="local", id="early", submission=text.replace(ID, "mini-heads"), came_at=NOW)
        Reception(ledger, platforms.load(None)).accept([envelope])
    status, report = bench.grade(tmp_path, "status", "early"), bench.grade(tmp_path, "report", "early")

    assert status.returncode == 0
    assert status.stdout.startswith("early on platform local: received\n    stored; it will be graded\n")
    assert "to see its report" not in status.stdout
    assert (report.returncode, report.stdout) == (3, "")
    assert report.stderr == "grade: early on platform local: stored; it will be graded\n"


def test_help_names_what_belongs_to_the_service_and_imports_nothing_of_it(bench: Bench, tmp_path: Path) -> None:
    done = bench.grade(tmp_path, "--help", TERMINAL_WIDTH="200")
    code, names = bench.imported(tmp_path, "submit", "--help")

    assert all(f" {command} " in done.stdout for command in ("up", "status", "report", "dead"))
    assert code == 0
    assert names & {"redis", "celery", "workers", "sqlalchemy"} == set()


def test_an_id_that_was_never_handed_in_is_two_with_what_to_do(up: Up) -> None:
    status, report = up.grade("status", "nobody-knows"), up.grade("report", "nobody-knows", "--platform", "elsewhere")

    assert (status.returncode, report.returncode) == (2, 2)
    assert "there is no submission nobody-knows from platform local. Check the id" in status.stderr
    assert "platform elsewhere" in report.stderr


def test_what_we_cannot_grade_is_three_and_not_the_students_fault_and_can_be_tried_again(
    bench: Bench, tmp_path: Path, up: Up, queue: tuple[str, str]
) -> None:
    """There is no such transformer. Five tries are made; their pauses are cut short here."""
    file = named(bench, tmp_path, "odd", f"{ID}-lost")
    argv = [sys.executable, "-m", "grader.cli", "submit", file, *queue, "--id", "lost-1"]
    with Process(argv, tmp_path / "log", bench.environment(tmp_path / "empty")) as waiting:
        wait_for(lambda: _hurried(up, "lost-1") == "dead", "lost-1 to be dead")
        code = waiting.wait()
        log = waiting.log
    listed, as_json = up.grade("dead", "list"), json.loads(up.grade("dead", "list", "--format", "json").stdout)
    status, report = up.grade("status", "lost-1"), up.grade("report", "lost-1")
    replayed = up.grade("dead", "replay", "local/lost-1")

    assert code == 3
    assert "lost-1 on platform local: we could not grade it; this is not your fault" in log
    assert "local/lost-1" in listed.stdout
    assert "local/lost-1" in {each["name"] for each in as_json}
    assert "lost-1 on platform local: dead\n" in status.stdout
    assert (report.returncode, report.stdout) == (3, "")
    assert "not your fault" in report.stderr
    assert (replayed.returncode, replayed.stdout) == (0, "local/lost-1 will be graded again\n")
    assert _hurried(up, "lost-1") != "dead"


def test_letters_that_nothing_can_be_made_of_are_listed_and_told_when_replayed(up: Up) -> None:
    with streams.connect(up.url()) as client:
        client.xadd(streams.intake("local"), {"id": "ok", "colour": "red"})
    wait_for(lambda: "unknown-field" in up.grade("dead", "list").stdout, "the letter to be listed")
    (line,) = [line for line in up.grade("dead", "list").stdout.splitlines() if "unknown-field" in line]
    replayed, unknown = up.grade("dead", "replay", line.split()[0]), up.grade("dead", "replay", "letter:4711")

    assert re.match(r"letter:\d+ +20\d\d-.*Z +\d+ B  intake:local: unknown-field: 'colour'", line)
    assert (replayed.returncode, replayed.stdout, unknown.returncode) == (2, "", 2)
    assert "unknown-field" in replayed.stderr
    assert "letter:4711: there is no such dead letter" in unknown.stderr


def test_who_has_waited_long_enough_is_told_that_it_is_safely_kept(bench: Bench, tmp_path: Path) -> None:
    with Valkey(tmp_path / "valkey") as server:  # nobody takes anything from it
        queue = ("--queue", server.url(), "--timeout", "0.5", "--platform", "moodle", "--id", "m-1")
        done = bench.grade(tmp_path / "empty", "submit", named(bench, tmp_path, "ada"), *queue)
        entries = server.client().xrange("intake:moodle")

    assert (done.returncode, done.stdout) == (3, "")
    assert "No result within 0.5 s. The submission is on the queue" in done.stderr
    assert "grade status m-1 --platform moodle" in done.stderr
    assert [fields["id"] for _, fields in entries] == ["m-1"]


def test_who_waits_outlives_the_queues_server(bench: Bench, tmp_path: Path) -> None:
    problem = {"code": "closed", "message": "this exercise is over"}
    with Valkey(tmp_path / "valkey", {"appendonly": "yes", "appendfsync": "always"}) as server:
        file = named(bench, tmp_path, "ada")
        argv = [sys.executable, "-m", "grader.cli", "submit", file, "--queue", server.url(), "--id", "a"]
        with Process(argv, tmp_path / "log", bench.environment(tmp_path / "empty")) as waiting:
            wait_for(lambda: server.client().xlen("intake:local"), "the submission to be handed in")
            server.restart()
            result = {
                "platform": "local",
                "id": "a",
                "state": "rejected",
                "says": "not graded",
                "student": "ada",
                "exercise": ID,
                "received_at": NOW.isoformat(),
                "finished_at": NOW.isoformat(),
                "tries": 0,
                "problems": [problem],
            }
            server.client().xadd("results:local", {"id": "a", "state": "rejected", "result": json.dumps(result)})
            code = waiting.wait()

            assert (code, waiting.log) == (2, f"{file}: this exercise is over [closed]\n")


def test_a_server_that_is_not_there_is_three_and_handing_in_again_is_made_safe(bench: Bench, tmp_path: Path) -> None:
    with Valkey(tmp_path / "valkey") as server:
        url = server.url("canvas", "a-secret-password")
    done = bench.grade(tmp_path / "empty", "submit", named(bench, tmp_path, "ada"), "--queue", url, "--id", "mine")

    assert (done.returncode, done.stdout) == (3, "")
    assert f"{without_password(url)}: no answer" in done.stderr
    assert "add --id mine" in done.stderr
    assert "a-secret-password" not in done.stderr


def test_a_user_who_may_not_hand_in_there_is_told_so(bench: Bench, tmp_path: Path, queue: tuple[str, str]) -> None:
    file = named(bench, tmp_path, "ada")
    foreign = bench.grade(tmp_path / "empty", "submit", file, *queue, "--platform", "canvas")
    wrong = bench.grade(tmp_path / "empty", "submit", file, "--queue", queue[1].replace("local:", "local:x"))

    assert (foreign.returncode, wrong.returncode) == (3, 3)
    assert "this user may not do that" in foreign.stderr
    assert "does not accept the user and password" in wrong.stderr
    assert "--id" not in foreign.stderr + wrong.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--queue", "here"], "--queue: not the URL of a Redis server"),
        (["--queue", "redis://h", "--id", "../up"], "--id: `../up` is not allowed; allowed: letters, digits"),
        (
            ["--queue", "redis://h", "--platform", "No Such"],
            "--platform: `No Such` is not allowed; allowed: lower-case words",
        ),
        (["--queue", "redis://h", "--transformer", "/t"], "leave out --transformer or --queue [usage]"),
        (["--no-wait"], "need --queue URL"),
        (["--id", "x"], "need --queue URL"),
    ],
)
def test_options_that_make_no_sense_are_two(bench: Bench, tmp_path: Path, options: list[str], message: str) -> None:
    done = bench.grade(tmp_path / "empty", "submit", named(bench, tmp_path, "ada"), *options)

    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


@pytest.mark.parametrize("words", [["list", "x"], ["list", "--all"], ["replay"], ["replay", "x", "--all"]])
def test_the_dead_are_asked_for_in_one_way_at_a_time(bench: Bench, tmp_path: Path, words: list[str]) -> None:
    done = bench.grade(tmp_path / "empty", "dead", *words)

    assert done.returncode == 2
    assert "[usage]" in done.stderr


def test_on_a_terminal_one_sees_that_it_waits(bench: Bench, tmp_path: Path, queue: tuple[str, str]) -> None:
    screen, terminal = pty.openpty()
    command = [sys.executable, "-m", "grader.cli", "submit", named(bench, tmp_path, "tty"), *queue]
    environment = bench.environment(tmp_path / "empty", TERM="xterm-256color", COLUMNS="80")
    done = subprocess.run(command, env=environment, stderr=terminal, stdout=subprocess.PIPE, check=False)
    os.close(terminal)
    seen = b""
    while chunk := _read(screen):
        seen += chunk
    os.close(screen)

    assert done.returncode == 0
    assert b"waiting for the result" in seen
    assert b"waiting" not in done.stdout


def _read(screen: int) -> bytes:
    try:
        return os.read(screen, 4096)
    except OSError:  # nobody has the other end any more
        return b""


def _hurried(up: Up, name: str) -> str | None:
    """Return the submission's state, after cutting short the pause before its next try."""
    mine = (SUBMISSIONS.c.submission_id == name, SUBMISSIONS.c.state == "received")
    with (
        Ledger(f"sqlite:///{up.home / 'ledger.sqlite3'}") as ledger,
        ledger.database.connection(write=True) as connection,
    ):
        connection.execute(sa.update(SUBMISSIONS).where(*mine).values(wake_at="2000-01-01T00:00:00.000000+00:00"))
        state: str | None = connection.scalar(sa.select(SUBMISSIONS.c.state).where(SUBMISSIONS.c.submission_id == name))
    return state
