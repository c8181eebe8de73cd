"""`grade doctor` with a service: checks that are ok, checks that are not, and checks that could not be made."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grader.checkup.queue import clock
from grader.ledger import SCHEMA
from grader.service import access, platforms, streams
from tests.cli.conftest import Bench
from tests.support.postgres import database
from tests.support.servers import Valkey, free_port, wait_for
from tests.support.upping import Up

DURABLE = {"appendonly": "yes", "appendfsync": "always", "maxmemory": "100mb", "maxmemory-policy": "noeviction"}
CARELESS = {"appendonly": "no", "maxmemory": "100mb", "maxmemory-policy": "allkeys-lru"}


@pytest.fixture(scope="module")
def up(cold: tuple[Bench, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A service to which nobody hands in anything."""
    with started(cold[0], tmp_path_factory.mktemp("up") / "home") as running:
        yield running


@contextmanager
def started(bench: Bench, home: Path) -> Iterator[Up]:
    ports = {"GRADER_METRICS_PORT": str(free_port()), "GRADER_WEB_PORT": str(free_port())}
    with Up(home, bench.environment(home, **ports)) as running:
        yield running.ready()


def checks(text: str) -> dict[str, str]:
    """Return the mark and the result of each check, by its subject."""
    lines = (line for line in text.splitlines() if line[:4] in {"ok  ", "LOOK", "?   "})
    return {line[6:].partition(": ")[0]: f"{line[:4].strip()} {line.partition(': ')[2]}" for line in lines}


def doctor(bench: Bench, home: Path, url: str, **more: str) -> tuple[int, dict[str, str], str]:
    quiet = {"GRADER_QUEUE_URL": url, "GRADER_METRICS_PORT": "0", **more}
    done = bench.grade(home, "doctor", **quiet)

    assert done.stderr == ""
    return done.returncode, checks(done.stdout), done.stdout


def test_a_service_that_runs_here_is_found_and_well(up: Up) -> None:
    wait_for(
        lambda: checks(up.grade("doctor").stdout).get("dispatcher", "").startswith("ok"), "the dispatcher's metrics"
    )
    done = up.grade("doctor")
    lines = checks(done.stdout)

    assert done.stderr == ""
    assert lines["grade up"].startswith(f"ok process {up.pid}, redis://127.0.0.1:")
    assert lines["queue"].startswith("ok redis://operator@127.0.0.1:")
    assert "valkey 9" in lines["queue"]
    assert lines["queue persistence"] == "ok appendonly yes, appendfsync always"
    assert lines["queue memory"].startswith("ok maxmemory-policy noeviction")
    assert lines["queue user"] == "ok operator"
    assert lines["queue strangers"] == "ok are refused; the user `default` is off"
    assert lines["queue clock"].startswith("ok 0.")
    assert lines["platform local"] == "ok does not sign; no webhook"
    assert lines["queue intake of local"] == "ok 0 entries are waiting, 0 are being taken in"
    assert lines["queue workers"].startswith("ok ")
    assert lines["dispatcher"].endswith("/metrics answers 200")
    assert lines["web door"] == f"ok http://127.0.0.1:{up.environment['GRADER_WEB_PORT']}/health answers 200"
    assert lines["database"] == f"ok {up.home / 'ledger.sqlite3'}; schema {SCHEMA}"
    assert lines["submissions"] == "ok none yet"
    assert lines["tokens"] == "ok none"
    assert lines["answers"] == "ok 0 still to be delivered"
    assert lines["dead letters"] == "ok none"


def test_its_passwords_are_not_told(up: Up) -> None:
    printed = up.grade("doctor").stdout

    assert up.url("operator").split(":")[2].partition("@")[0] not in printed


def test_what_a_user_may_not_ask_is_unknown_rather_than_wrong(bench: Bench, up: Up, tmp_path: Path) -> None:
    _, lines, printed = doctor(bench, tmp_path / "home", up.url("intake"))

    assert lines["queue"].startswith("ok redis://intake@")
    assert lines["queue user"] == "ok intake, according to the URL"
    assert lines["queue strangers"] == "ok are refused"
    for check in ("persistence", "memory", "clock", "workers"):
        assert lines[f"queue {check}"].startswith("? could not be checked"), check
    assert "name the user `operator`" in printed
    assert lines["queue intake of local"].startswith("ok")


def test_a_machine_without_a_service_hears_nothing_of_one(bench: Bench, tmp_path: Path) -> None:
    lines = checks(bench.grade(tmp_path / "home", "doctor").stdout)

    assert {"queue", "grade up", "dispatcher", "database"} & lines.keys() == set()


def test_a_server_with_everything_wrong_is_told_with_advice(bench: Bench, tmp_path: Path) -> None:
    with Valkey(tmp_path / "valkey", CARELESS) as server:
        code, lines, printed = doctor(bench, tmp_path / "home", server.url())

    assert code == 3
    assert lines["queue persistence"].startswith("LOOK appendonly no")
    assert lines["queue memory"].startswith("LOOK maxmemory-policy allkeys-lru")
    assert lines["queue user"] == "LOOK default"
    assert lines["queue strangers"] == "LOOK can connect without a password"
    assert lines["queue intake of local"] == "LOOK nothing reads its stream"
    assert lines["queue workers"] == "LOOK none reported in the last minute"
    assert lines["dispatcher"] == "ok publishes no metrics, because GRADER_METRICS_PORT is 0"
    for advice in (
        "set appendonly to yes",
        "set the policy to noeviction",
        "turn off the user `default`",
        "start one;",
    ):
        assert advice in printed


@pytest.mark.parametrize(("fsync", "mark"), [("everysec", "ok"), ("no", "LOOK")])
def test_how_often_it_writes_to_disk_is_checked(bench: Bench, tmp_path: Path, fsync: str, mark: str) -> None:
    with Valkey(tmp_path / "valkey", DURABLE | {"appendfsync": fsync}) as server:
        _, lines, printed = doctor(bench, tmp_path / "home", server.url())

    assert lines["queue persistence"].startswith(f"{mark} appendonly yes, appendfsync {fsync}")
    assert "a power failure can lose" in printed


def test_a_default_user_with_a_password_is_still_on(bench: Bench, tmp_path: Path) -> None:
    listed = platforms.load(None)
    passwords = access.new_passwords(access.users(listed))
    lines = ["user default on >a-long-password ~* &* +@all", *access.acl_lines(listed, passwords)[1:]]
    with Valkey(tmp_path / "valkey", DURABLE, lines) as server:
        _, seen, _ = doctor(bench, tmp_path / "home", server.url("operator", passwords["operator"]))

    assert seen["queue strangers"] == "LOOK need the password of the user `default`, which is on"


def test_a_server_that_is_away_is_the_only_thing_said_of_it(bench: Bench, tmp_path: Path) -> None:
    with Valkey(tmp_path / "valkey") as server:
        url = server.url("operator", "not-to-be-shown")
    code, lines, printed = doctor(bench, tmp_path / "home", url)

    assert code == 3
    assert lines["queue"].startswith("LOOK redis://operator@127.0.0.1")
    assert "queue persistence" not in lines
    assert "not-to-be-shown" not in printed


def test_dead_letters_are_told(bench: Bench, tmp_path: Path) -> None:
    with started(bench, tmp_path / "home") as up:
        with streams.connect(up.url()) as client:
            client.xadd(streams.intake("local"), {"nonsense": "1"})
        wait_for(lambda: "nonsense" in up.grade("dead", "list").stdout, "the letter")
        lines = checks(up.grade("doctor").stdout)

    assert lines["dead letters"] == "LOOK 1 in all"


def test_a_secret_that_cannot_be_read_is_told(bench: Bench, up: Up, tmp_path: Path) -> None:
    listed = tmp_path / "platforms.yaml"
    listed.write_text("platforms:\n  - name: local\n    signing: [{key_id: k1, secret_file: /nowhere/k1}]\n")
    _, others, _ = doctor(bench, tmp_path / "home", up.url("operator"), GRADER_PLATFORMS=str(listed))

    assert others["platform local"].startswith("LOOK /nowhere/k1: this secret's file cannot be read")


def test_a_setting_that_makes_no_sense_is_told(bench: Bench, tmp_path: Path) -> None:
    code, lines, _ = doctor(bench, tmp_path / "home", "http://elsewhere")

    assert code == 3
    assert lines["settings"].startswith("LOOK GRADER_QUEUE_URL: not the URL of a Redis server")


def test_another_machines_database_has_its_clock_compared(bench: Bench, tmp_path: Path) -> None:
    with database("postgresql", tmp_path) as url, Valkey(tmp_path / "valkey", DURABLE) as server:
        _, lines, _ = doctor(bench, tmp_path / "home", server.url(), GRADER_DATABASE_URL=url)

    assert lines["database clock"].startswith("ok 0.")
    assert lines["submissions"] == "ok none yet"


@pytest.mark.parametrize(("off", "is_ok"), [(0.5, True), (-0.5, True), (3.0, False), (-3.0, False)])
def test_clocks_may_be_two_seconds_apart(off: float, is_ok: bool) -> None:
    seen = clock("a clock", time.time() + off, time.time())

    assert seen.is_ok == is_ok
    assert ("ahead of" in seen.result) == (off > 0)
