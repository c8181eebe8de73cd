"""A folder as an operator has it, the service that is started from it, and the pages that say how."""

import json
import os
import re
import shlex
import shutil
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import redis

from grader.service import streams
from grader.service.signing import sign_submission
from tests.containers.engine import PROJECT, SOCKET, Done, Engine, Project
from tests.support.servers import wait_for

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "exercises" / "mini-heads" / "my_heads.yaml"
PROCESSES = ("intake", "dispatcher", "worker", "courier", "web")
DOCKER = '#!/bin/sh\nPYTHONPATH={root} exec {python} -P -m tests.containers.docker "$@"\n'
ANSWER_SECONDS = 120
SUDO = '#!/bin/sh\nexec "$@"\n'
PUBLIC = "grader.example"
"""The machine's name, as the pages and deploy/web.yaml have it."""


class Page:
    """A page of the documents; it remembers which of its shell blocks were run."""

    def __init__(self, name: str) -> None:
        self.text = (ROOT / name).read_text("utf-8")
        self.blocks = re.findall(r"^```sh\n(.*?)^```", self.text, re.DOTALL | re.MULTILINE)
        self.run: set[str] = set()

    def block(self, words: str) -> str:
        """Return the page's only shell block that is these words, or else has them in it."""
        (found,) = [each for each in self.blocks if each == words] or [each for each in self.blocks if words in each]
        self.run.add(found)
        return str(found)

    def commands(self, words: str = "") -> list[str]:
        """Return the lines that begin with `grade` in the blocks with these words."""
        chosen = [each for each in self.blocks if words in each]
        lines = {block: [line for line in block.splitlines() if line.startswith("grade ")] for block in chosen}
        self.run |= {block for block, found in lines.items() if found}
        return [shlex.join(shlex.split(line, comments=True)) for found in lines.values() for line in found]


class Deployment:
    """What a clone has that the pages need, with the containers that are started from it."""

    def __init__(self, folder: Path, name: str, engine: Engine) -> None:
        self.folder = folder
        folder.chmod(0o755)  # as a clone is
        tools = {"docker": DOCKER.format(root=ROOT, python=sys.executable), "sudo": SUDO}
        for each in ("compose.yaml", "Dockerfile", ".dockerignore", "deploy", *_copied()):
            copy = shutil.copytree if (ROOT / each).is_dir() else shutil.copy
            copy(ROOT / each, folder / each)
        (folder / "bin").mkdir()
        for tool, text in tools.items():
            (folder / "bin" / tool).write_text(text, "utf-8")
            (folder / "bin" / tool).chmod(0o700)
        (folder / ".curlrc").write_text(
            f"resolve = {PUBLIC}:443:127.0.0.1\ncacert = secrets/web_certificate\n", "utf-8"
        )
        self._environment = {
            **os.environ,
            "PATH": f"{folder / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "CURL_HOME": str(folder),
            "TORCH_CPU_INDEX": os.environ.get("PIP_EXTRA_INDEX_URL", ""),
            PROJECT: name,
            SOCKET: engine.address,
        }

    @property
    def project(self) -> Project:
        """The services, as the files are now."""
        os.environ[PROJECT] = self._environment[PROJECT]
        return Project(self.folder)

    def tried(self, script: str, **more: str) -> Done:
        """Run a block as the operator's shell does; it may fail."""
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=self._environment | more,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def sh(self, script: str, **more: str) -> str:
        """Run a block as the operator's shell does, and return what it said."""
        done = self.tried(script, **more)
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout

    def operator(self, command: str) -> str:
        """Return what a command says in the service `operator`."""
        return self.sh(f"docker compose run --rm operator {command}")

    def state(self, platform: str, name: str) -> Any:  # noqa: ANN401 - JSON
        """Return what the ledger says of a submission."""
        return json.loads(self.operator(f"grade status {name} --platform {platform} --format json"))

    def queue(self, user: str) -> redis.Redis:
        """Return a platform's connection to the queue, from outside, by the encrypted port."""
        certificate = self.folder / "secrets" / "valkey_certificate"
        url = f"rediss://{user}:{self.secret(f'passwords/{user}')}@localhost:6380/0"
        return redis.Redis.from_url(url, decode_responses=True, ssl_ca_certs=str(certificate))

    def hand_in(self, platform: str, name: str, student: str, text: str) -> None:
        """Hand in on the platform's stream, as the platform does."""
        fields = {
            "id": name,
            "student": student,
            "course": "cs7",
            "submission": text,
            "timestamp": str(int(time.time())),
        }
        if platform == "canvas":
            fields["key_id"] = "canvas-2026"
            fields["signature"] = sign_submission(self.secret("signing/canvas-2026").encode(), platform, fields)
        with self.queue(platform) as client:
            client.xadd(streams.intake(platform), fields)

    def answer(self, platform: str, name: str, student: str, text: str) -> dict[str, str]:
        """Return the answer to a submission on the platform's stream."""
        self.hand_in(platform, name, student, text)
        with self.queue(platform) as client:

            def found() -> list[dict[str, str]]:
                entries = [each for _, found in client.xread({streams.results(platform): "0"}) for each in found]
                return [fields for _, fields in entries if fields["id"] == name]

            return wait_for(found, f"{platform} is answered", ANSWER_SECONDS)[0]

    def ask(self, path: str, token: str = "") -> tuple[int, Any]:
        """Return the status and the content that the web door answers with, through the proxy."""
        trusted = ssl.create_default_context(cafile=self.folder / "secrets" / "web_certificate")
        headers = {"Host": PUBLIC, **({"Authorization": f"Bearer {token}"} if token else {})}
        with httpx.Client(base_url="https://127.0.0.1", verify=trusted, headers=headers) as client:
            answer = client.get(path, extensions={"sni_hostname": PUBLIC})
        return answer.status_code, answer.json()

    def secret(self, name: str) -> str:
        """Return what one of the secrets' files holds."""
        return (self.folder / "secrets" / name).read_text("ascii").strip()

    def wait_until_well(self) -> None:
        """Wait until every process is healthy."""
        self.project.wait_until_well(*PROCESSES)


def _copied() -> list[str]:
    """Return what the Dockerfile copies, as .dockerignore lists it."""
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    return [line.removeprefix("!") for line in lines if line.startswith("!")]
