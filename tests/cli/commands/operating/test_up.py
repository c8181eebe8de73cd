"""`grade up`: one command runs everything, restarts what dies, and leaves nothing behind at the end."""

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import sysconfig
from pathlib import Path

import httpx
import psutil
import pytest

from grader.service import access, platforms
from tests.cli.conftest import Bench
from tests.support.servers import DEADLINE, ROOT, free_port
from tests.support.upping import PARTS, Up, grade, wait_until_gone
from tests.workers.support.service import MEASURED, measured

SERVICE = [name for name in PARTS if name not in {"valkey", "guard"}]


def started(bench: Bench, home: Path, *options: str, **more: str) -> Up:
    return Up(home, bench.environment(home, **more), *options)


def test_the_command_that_it_prints_grades_the_example_and_the_next_run_still_has_the_result(
    bench: Bench, tmp_path: Path
) -> None:
    home = tmp_path / "a home"
    (home / "tables").mkdir(parents=True)
    shutil.copy(MEASURED / f"{measured().store.key}.json", home / "tables")
    scripts = f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"
    with started(bench, home, "--workers", "1", PATH=scripts) as up:
        (printed,) = [line for line in up.ready().log.splitlines() if line.startswith("try ")]
        command = f"{printed.removeprefix('try').strip()} --id first"
        done = subprocess.run(["sh", "-c", command], env=up.environment, capture_output=True, text=True, check=False)
        everything, url = up.everything(), up.url()
        up.send(signal.SIGINT)
        code = up.wait(3 * DEADLINE)  # one part after the other may take its whole time to stop

        assert (done.returncode, done.stderr) == (0, "attempts: 1 of 2 used\n")
        assert "score 53.3 %, 64 of 120 points" in done.stdout
        assert "XP" in done.stdout
        assert code == 0
        assert len(everything) > len(PARTS)
        wait_until_gone(everything)
    with started(bench, home, "--port", url.rpartition(":")[2].removesuffix("/0")) as again:
        again.ready()

        assert again.url() == url
        assert again.grade("report", "first").stdout == done.stdout
        same = ["submit", ROOT / "exercises" / "mini-heads" / "my_heads.yaml", "--queue", url]
        repeated = again.grade(*same)
        assert (repeated.stdout, repeated.stderr) == (done.stdout, done.stderr)


def test_whatever_is_killed_is_started_again_and_killed_itself_it_leaves_nothing(
    bench: Bench, home: Path, tmp_path: Path
) -> None:
    with started(bench, home) as up:
        up.ready()
        queue = ("--queue", up.url())
        for name in PARTS:
            killed = up.part(name)
            with_children = [killed, *killed.children(recursive=True)]
            killed.kill()
            wait_until_gone(with_children)
            assert up.part(name).pid != killed.pid
            file = bench.passing(tmp_path, student=f"after-{name}")
            done = bench.grade(tmp_path / "empty", "submit", file, *queue, "--id", f"after-{name}")

            assert done.returncode == 0, name
        assert all(f"{name} ended by signal 9; it is started again" in up.log for name in (*SERVICE, "valkey"))

        everything, port = up.everything(), up.url().rpartition(":")[2].removesuffix("/0")
        up.kill()
        wait_until_gone(everything)
    with started(bench, home, "--port", port) as again:
        again.ready()

        assert [name for name in PARTS if ": graded\n" not in again.grade("status", f"after-{name}").stdout] == []


@pytest.fixture(scope="module")
def up(cold: tuple[Bench, Path], tmp_path_factory: pytest.TempPathFactory):  # noqa: ANN201
    home = tmp_path_factory.mktemp("up") / "home"
    port = free_port()
    with started(cold[0], home, "--web-port", str(free_port()), GRADER_METRICS_PORT=str(port)) as running:
        yield running.ready()


def test_a_second_one_says_that_one_is_running_and_where(up: Up) -> None:
    second = up.grade("up")

    assert (second.returncode, second.stdout) == (2, "")
    assert f"is running already: process {up.pid}, queue redis://127.0.0.1:" in second.stderr
    assert str(up.home / "service") in second.stderr


def test_a_port_that_is_taken_is_named(up: Up, bench: Bench, tmp_path: Path) -> None:
    port = up.url().rpartition(":")[2].removesuffix("/0")
    done = grade({**up.environment, "GRADER_HOME": str(tmp_path / "other")}, "up", "--port", port)

    assert done.returncode == 3
    assert f"port {port}: " in done.stderr
    assert "choose another one with --port" in done.stderr


def test_it_listens_on_this_machine_alone(up: Up) -> None:
    listening = {
        connection.laddr.ip
        for process in up.everything()
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }

    assert listening == {"127.0.0.1"}


def test_it_opens_the_web_door_whose_process_knows_no_queue(up: Up) -> None:
    address = re.findall(r"^web +(http://127\.0\.0\.1:\d+); for a token: grade platforms token local$", up.log, re.M)[0]
    (web,) = [each for each in up.everything() if "workers.web" in each.cmdline()]

    assert httpx.get(f"{address}/health").json() == {"live": True, "ready": True}
    assert not [name for name in web.environ() if "QUEUE" in name]


def test_each_process_knows_its_own_password_alone_and_shows_none(up: Up) -> None:
    secrets = {user: up.url(user).split(":")[2].partition("@")[0] for user in access.users(platforms.load(None))}
    for name in PARTS:
        process = up.part(name)
        seen = " ".join([*process.cmdline(), *process.environ().values()])

        assert not [user for user, password in secrets.items() if password in seen], name
        if name in SERVICE:
            own = str(up.home / "service" / "urls" / name)
            assert process.environ()["GRADER_QUEUE_URL_FILE"] == own
    assert not [user for user, password in secrets.items() if password in up.log]


def test_what_it_keeps_is_for_its_owner_alone(up: Up) -> None:
    service = up.home / "service"
    kept = [service / "users.acl", *(service / "passwords").iterdir(), *(service / "urls").iterdir()]

    assert {stat.S_IMODE(file.stat().st_mode) for file in kept} == {0o600}
    assert stat.S_IMODE(service.stat().st_mode) == 0o700


def test_platforms_of_ones_own_each_get_a_user_and_signing_ones_no_example(
    bench: Bench, home: Path, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text("0123456789abcdef0123456789abcdef\n")
    key.chmod(0o600)
    listed = tmp_path / "platforms.yaml"
    listed.write_text(
        f"platforms:\n  - name: canvas\n    signing: [{{key_id: k1, secret_file: {key}}}]\n  - name: moodle\n"
    )
    with started(bench, home, GRADER_PLATFORMS=str(listed)) as up:
        up.ready()
        file = bench.submission(tmp_path, "{layer: 0, head: 0, type: semantic}")
        done = bench.grade(tmp_path / "empty", "submit", file, "--queue", up.url("moodle"), "--no-wait")

        assert {"canvas", "moodle"} < {file.name for file in (up.home / "service" / "urls").iterdir()}
        assert f'--queue "$(cat {up.home / "service" / "urls" / "moodle"})"' in up.log
        assert "Handed in" in done.stderr
        assert "--platform moodle" in done.stderr


def test_settings_that_make_no_sense_end_it_before_anything_runs(bench: Bench, tmp_path: Path) -> None:
    listed = tmp_path / "platforms.yaml"
    listed.write_text("platforms: []\n")
    for variable, value in (("GRADER_PLATFORMS", str(listed)), ("GRADER_TASK_SECONDS", "soon")):
        done = bench.grade(tmp_path / "home", "up", **{variable: value})

        assert done.returncode == 3
        assert value in done.stderr
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "home" / "service" / "valkey").exists()


def test_without_the_extra_it_says_how_to_install_it(bench: Bench, tmp_path: Path) -> None:
    """Everything but Celery is installed."""
    installed = tmp_path / "installed"
    installed.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith("celery"):
            (installed / entry.name).symlink_to(entry)
    path = os.pathsep.join([str(installed), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-S", "-m", "grader.cli", "up"],
        env=bench.environment(tmp_path / "home", PYTHONPATH=path),
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )

    assert (done.returncode, done.stdout) == (3, "")
    assert "(celery); install them with: pip install 'head-grader[service]'" in done.stderr


def test_the_servers_settings_are_those_of_the_deployment(up: Up) -> None:
    shared = dict(
        line.split(maxsplit=1)
        for line in (ROOT / "deploy" / "valkey.conf").read_text().splitlines()
        if line and not line.startswith("#")
    )
    own = dict(line.split(maxsplit=1) for line in (up.home / "service" / "valkey.conf").read_text().splitlines())
    here = {"bind", "port", "dir", "aclfile"}

    assert {name: own[name] for name in own.keys() - here} == {name: shared[name] for name in own.keys() - here}
