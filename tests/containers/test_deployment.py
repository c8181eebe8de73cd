"""The deployment as docs/operations.md has it, block by block in real containers; the tests run in their order."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.containers.docker import PREFIX
from tests.containers.engine import Missing, Project
from tests.support.deployed import PLATFORMS

pytestmark = pytest.mark.containers

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
EXAMPLE = ROOT / "exercises" / "mini-heads" / "my_heads.yaml"
OWN = "own-heads"
BUILT = "CONTAINERS_BUILT"
"""The variable that says that our image is that of this checkout already."""
DOCKER = '#!/bin/sh\nPYTHONPATH={root} exec {python} -P -m tests.containers.docker "$@"\n'
SUDO = '#!/bin/sh\nexec "$@"\n'
HAND_IN = """
import json, sys, time
import redis
from grader.service import streams
from grader.service.signing import sign_submission

given = json.loads(sys.argv[1])
platform, fields = given["platform"], given["fields"] | {"timestamp": str(int(time.time()))}
if given["key"]:
    fields["key_id"] = "k1"
    fields["signature"] = sign_submission(given["key"].encode(), platform, fields)
client = redis.Redis.from_url(given["url"], decode_responses=True)
client.xadd(streams.intake(platform), fields)
until = time.monotonic() + 120
while time.monotonic() < until:
    for _, entries in client.xread({streams.results(platform): "0"}):
        for _, answer in entries:
            if answer["id"] == fields["id"]:
                print(json.dumps(answer))
                sys.exit()
    time.sleep(0.2)
sys.exit("no answer")
"""
"""Runs in a container: hands in on the platform's stream, and prints the first answer."""


def block(words: str) -> str:
    """Return the page's only shell block with these words in it."""
    (found,) = [each for each in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) if words in each]
    return str(found)


class Deployment:
    """A folder as an operator has it, with the containers that are started from it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.prefix = folder, f"grader-test-{uuid4().hex[:8]}"
        shutil.copy(ROOT / "compose.yaml", folder)
        shutil.copytree(ROOT / "deploy", folder / "deploy")
        (folder / "secrets").mkdir()
        (folder / "secrets" / "platforms.yaml").write_text(PLATFORMS, "utf-8")
        (folder / "bin").mkdir()
        for name, text in (("docker", DOCKER.format(root=ROOT, python=sys.executable)), ("sudo", SUDO)):
            (folder / "bin" / name).write_text(text, "utf-8")
            (folder / "bin" / name).chmod(0o700)
        self.project = Project(folder, self.prefix)

    def sh(self, script: str) -> str:
        """Run a block as the operator's shell does, and return what it said."""
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, PREFIX: self.prefix}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def hand_in(self, platform: str, name: str, student: str, text: str) -> dict[str, Any]:
        """Return the answer to a submission on the platform's stream."""
        password = (self.folder / "secrets" / "passwords" / platform).read_text("ascii").strip()
        key = self.folder / "secrets" / "signing" / "canvas-k1"
        given = {
            "platform": platform,
            "url": f"redis://{platform}:{password}@valkey:6379/0",
            "key": key.read_text("ascii").strip() if platform == "canvas" else "",
            "fields": {"id": name, "student": student, "submission": text},
        }
        done = self.project.run("operator", ["python", "-", json.dumps(given)], stdin=HAND_IN)
        assert done.returncode == 0, done.stdout + done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def operator(self, *command: str) -> str:
        """Return what a command says in the service `operator`."""
        return self.sh(f"docker compose run --rm operator {' '.join(command)}")

    def state(self, platform: str, name: str) -> Any:  # noqa: ANN401 - JSON
        """Return what the ledger says of a submission."""
        return json.loads(self.operator("grade", "status", name, "--platform", platform, "--format", "json"))


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The service, after the page's four steps."""
    there = Deployment(tmp_path_factory.mktemp("deployment"))
    try:
        there.project.require()
    except Missing as missing:
        pytest.fail(str(missing))
    if not os.environ.get(BUILT):
        there.project.build(ROOT)
    try:
        there.sh(block("deploy/make_secrets.py"))
        there.sh(block("sudo install"))
        there.sh(block("docker compose ps"))
        yield there
    finally:
        there.project.remove()


def own_exercise(folder: Path) -> str:
    """Write an exercise of somebody's own, which asks for the heads of the shipped one; return its example."""
    shutil.copytree(EXAMPLE.parent, folder / OWN)
    for file in (folder / OWN / "exercise.yaml", folder / OWN / "my_heads.yaml"):
        file.write_text(file.read_text("utf-8").replace("mini-heads", OWN), "utf-8")
    return (folder / OWN / "my_heads.yaml").read_text("utf-8")


def test_what_comes_in_is_graded_and_every_container_is_confined(deployed: Deployment) -> None:
    example = EXAMPLE.read_text("utf-8")
    own = own_exercise(deployed.folder / "course")
    answers = [
        deployed.hand_in("canvas", "a1-ada-1", "ada", example),
        deployed.hand_in("moodle", "s1", "bob", example),
        deployed.hand_in("moodle", "own-1", "bob", own),
    ]

    assert [answer["state"] for answer in answers] == ["graded"] * 3
    for name, service in deployed.project.services.items():
        if deployed.project.is_running(name):
            seen = deployed.project.execute(name, ["sh", "-c", "id -u; touch /opt/x 2>&1; grep CapEff /proc/1/status"])
            user, refused, capabilities = seen.stdout.splitlines()
            assert f"{user}:{user}" == service["user"]
            assert "Read-only file system" in refused
            assert int(capabilities.split()[1], 16) == 0


def test_every_command_of_the_page_works_where_the_page_says(deployed: Deployment) -> None:
    commands = block("docker compose run --rm operator grade doctor").splitlines()
    said = {command: deployed.sh(command) for command in commands}

    assert len(said) >= 5
    assert "ok    queue" in said[commands[0]]
    assert "LOOK  queue" not in said[commands[0]]
    assert '"canvas/a1-ada-1"' not in said[commands[1]]
    assert "graded" in said[commands[1]]
    assert (deployed.folder / "out" / "gallery" / "index.html").is_file()
    assert "OK" in deployed.sh(block("ACL LOAD"))
    deployed.project.wait_until_well(("intake", "dispatcher", "worker", "courier"))
    for command in ("whatif mini-heads", "regrade mini-heads --reason tried", f"exercises check /course/{OWN}"):
        deployed.operator("grade", command)


def test_a_dead_letter_is_replayed_with_the_keys_at_hand(deployed: Deployment) -> None:
    password = (deployed.folder / "secrets" / "passwords" / "canvas").read_text("ascii").strip()
    entry = f"AUTH canvas {password}\nXADD intake:canvas * id unsigned submission x student ada key_id k1\n"
    deployed.project.execute("valkey", ["valkey-cli"], stdin=entry)
    end = time.monotonic() + 60
    while "letter:1" not in (listed := deployed.operator("grade", "dead", "list")):
        assert time.monotonic() < end, listed

    again = deployed.project.run("operator", ["grade", "dead", "replay", "letter:1"])
    assert "unsigned" in again.stdout + again.stderr
    assert "cannot be read" not in again.stdout + again.stderr
    deployed.operator("grade", "dead", "dismiss", "letter:1")


def test_a_backup_that_was_made_while_it_runs_comes_back(deployed: Deployment) -> None:
    said = deployed.sh(block('grade backup --out "$(date'))
    assert "whole; made at" in said
    (file,) = (deployed.folder / "out").glob("*.zip")
    assert (file.stat().st_uid, file.stat().st_mode & 0o777) == (10001, 0o600)
    example = EXAMPLE.read_text("utf-8")
    assert deployed.hand_in("moodle", "later", "eve", example)["state"] == "graded"

    back = block("--force\n")
    (name,) = re.findall(r"restore (\S+) --force", back)
    deployed.sh(back.replace(name, file.name))

    deployed.project.wait_until_well(("intake", "dispatcher", "worker", "courier"))
    assert deployed.state("canvas", "a1-ada-1")["state"] == "graded"
    assert deployed.project.run("operator", ["grade", "status", "later", "--platform", "moodle"]).returncode == 2
    assert deployed.hand_in("moodle", "after", "eve", example)["state"] == "graded"


def test_an_upgrade_and_the_way_back_keep_everything(deployed: Deployment) -> None:
    before = deployed.state("canvas", "a1-ada-1")
    upgrade = block("before.zip\ngit pull")
    deployed.sh("\n".join(line for line in upgrade.splitlines() if not line.startswith("git pull")))
    deployed.project.wait_until_well(("intake", "dispatcher", "worker", "courier"))
    assert deployed.state("canvas", "a1-ada-1") == before

    deployed.sh(block("docker volume rm"))

    deployed.project.wait_until_well(("intake", "dispatcher", "worker", "courier"))
    assert deployed.state("canvas", "a1-ada-1") == before
    example = EXAMPLE.read_text("utf-8")
    assert deployed.hand_in("moodle", "way-back", "kim", example)["state"] == "graded"
