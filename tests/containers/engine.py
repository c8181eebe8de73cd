"""Docker Compose itself, with podman as the engine behind it, and the words of `docker` that the pages use.

Podman 4.3 without systemd differs from Docker in four ways, which are bridged here:

- The owner of a tmpfs is unknown to it: the mount is given to the container's user in another word.
- Nothing calls its health checks: `Engine` does, every few seconds.
- Compose takes its networks for others than its own and would make each container anew: here a container stays as it
  is unless its service or its image has changed.
- The exit code of a container that removes itself is lost: it is removed afterwards.

What a machine needs besides stands in podman's own `CONTAINERS_CONF`, and in `CONTAINERS_BUILD_OPTIONS` for `podman
build`, such as `--network host`.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self
from uuid import uuid4

PODMAN = "podman"
COMPOSE = Path(sys.executable).with_name("docker-compose")
PROJECT, SOCKET = "COMPOSE_PROJECT_NAME", "DOCKER_HOST"
LABEL = "com.docker.compose"
PULSE_SECONDS = 2
WAIT_SECONDS = 60
Done = subprocess.CompletedProcess[str]


class Missing(Exception):
    """Something that the engine needs is not on this machine; the message says what, and what to do."""


def podman(*words: str, check: bool = True, stdin: str | None = None) -> Done:
    """Run podman; if it fails and should not, the error has what it said."""
    nothing = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
    done = subprocess.run([PODMAN, *words], capture_output=True, text=True, check=False, **nothing)
    assert done.returncode == 0 or not check, f"podman {shlex.join(words)}:\n{done.stdout}{done.stderr}"
    return done


def has_image(name: str) -> bool:
    """Return whether the image is on this machine."""
    return podman("image", "exists", name, check=False).returncode == 0


def read(folder: Path, files: Sequence[str] = ()) -> dict[str, Any]:
    """Return what Docker Compose makes of these files, or of those that it takes by itself in the folder."""
    named = [word for file in files for word in ("--file", file)]
    words = [*named, "--profile", "*", "config", "--format", "json"]
    done = subprocess.run([COMPOSE, *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    merged: dict[str, Any] = json.loads(done.stdout)
    return merged


def build(context: str, image: str, words: Sequence[str] = ()) -> None:
    """Build our own image from the Dockerfile in this folder."""
    given = [*shlex.split(os.environ.get("CONTAINERS_BUILD_OPTIONS", "")), *words]
    podman("build", "--format", "docker", "--pull=never", *given, "--tag", image, context)


class Engine:
    """Podman, answering as Docker does, and calling the health checks of what is named so."""

    def __init__(self, folder: Path, prefix: str) -> None:
        self.folder, self.prefix = folder, prefix
        self.address = f"unix://{folder / 'podman.sock'}"
        self._ended = Event()
        self._pulse = Thread(target=self._call_health_checks)

    def __enter__(self) -> Self:
        """Check that all is here; nothing is fetched.

        Raises:
            Missing: Something is not.
        """
        for program in (PODMAN, "curl", "openssl"):
            if shutil.which(program) is None:
                raise Missing(f"there is no {program} on this machine; install it")
        if os.geteuid() != 0:
            raise Missing("this is not root, and the secrets' files must be given to the users of the containers")
        command = [PODMAN, "system", "service", "--time=0", self.address]
        with (self.folder / "podman.log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        self.remove()  # what a run left that was killed
        self._pulse.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._pulse.join()
        self.remove()
        self._process.terminate()
        self._process.wait()

    def left(self) -> list[str]:
        """Return the containers, volumes, networks and processes that are named so."""
        kinds = (
            ("ps", "--all", "--format={{.Names}}"),
            *((kind, "ls", "--format={{.Name}}") for kind in ("volume", "network")),
        )
        named = [name for words in kinds for name in podman(*words).stdout.split() if name.startswith(self.prefix)]
        watching = subprocess.run(
            ["pgrep", "-f", f"conmon.*{self.prefix}"], capture_output=True, text=True, check=False
        )
        return [*named, *watching.stdout.split()]

    def remove(self) -> None:
        """Remove all containers, volumes and networks that are named so."""
        for words, remove in (
            (("ps", "--all", "--format={{.Names}}"), ("rm", "--force", "--time=5", "--depend")),
            (("volume", "ls", "--format={{.Name}}"), ("volume", "rm", "--force")),
            (("network", "ls", "--format={{.Name}}"), ("network", "rm", "--force")),
        ):
            for name in podman(*words).stdout.split():
                if name.startswith(self.prefix):
                    podman(*remove, name, check=False)

    def _call_health_checks(self) -> None:
        while not self._ended.wait(PULSE_SECONDS):
            for name in podman("ps", "--format={{.Names}}", check=False).stdout.split():
                if name.startswith(self.prefix) and not self._ended.is_set():
                    podman("healthcheck", "run", name, check=False)


class Project:
    """The services of one folder's compose files, as they are now."""

    def __init__(self, folder: Path, files: Sequence[str] = ()) -> None:
        """Write what Docker Compose makes of the files for the engine."""
        self.file = read(folder, files)
        self.name: str = self.file["name"]
        self.services: dict[str, dict[str, Any]] = self.file["services"]
        for service in self.services.values():
            service["deploy"].pop("placement", None)  # of which Compose speaks, though it wrote it
            service["tmpfs"] = [re.sub(r"uid=\d+,gid=\d+,", "", mount) + ",U" for mount in service["tmpfs"]]
        path = folder / "merged.json"
        path.write_text(json.dumps(self.file), "utf-8")
        self._compose = [str(COMPOSE), "--file", str(path), "--project-directory", str(folder), "--profile", "*"]

    def compose(self, *words: str) -> int:
        """Run Docker Compose, and return its exit code."""
        command = self._compose[:-2] if words[0] == "up" else self._compose  # a profile starts only if it is called
        return subprocess.run([*command, *words], check=False).returncode

    def up(self, words: Sequence[str], stale: Sequence[str] = ()) -> int:
        """Start services; what runs goes on, unless it is stale, or its service or image has changed."""
        if gone := [*stale, *self._changed()]:
            self.compose("rm", "--stop", "--force", *gone)
        return self.compose("up", "--detach", "--no-recreate", *words)

    def run(self, words: Sequence[str], name: str, command: Sequence[str]) -> int:
        """Run a command in a new container of the service, behind what it depends on, and return its exit code."""
        needed = list(self.services[name].get("depends_on", ()))
        if not all(self._is_there(other) for other in needed) and (code := self.up(needed)):
            return code
        called = f"{self.name}-run-{uuid4().hex}"
        code = self.compose("run", "--no-deps", "--quiet", "--name", called, *words, name, *command)
        shown = podman("inspect", "--format={{.State.ExitCode}}", called, check=False)
        podman("rm", "--force", called, check=False)
        return int(shown.stdout or code)

    def containers(self, name: str) -> list[str]:
        """Return the containers of the service."""
        chosen = [f"--filter=label={LABEL}.{key}={value}" for key, value in (("project", self.name), ("service", name))]
        oneoff = f"--filter=label={LABEL}.oneoff=False"
        return podman("ps", "--all", *chosen, oneoff, "--format={{.Names}}").stdout.split()

    def health(self, name: str) -> list[str]:
        """Return how each container of the service is: `healthy`, or without a health check `running`, we hope."""
        shown = "{{.State.Health.Status}} {{.State.Status}}"
        return [podman("inspect", f"--format={shown}", each).stdout.split()[0] for each in self.containers(name)]

    def wait_until_well(self, *names: str) -> None:
        """Wait until each of the services is healthy."""
        for name in names:
            end = time.monotonic() + WAIT_SECONDS
            while set(how := self.health(name)) not in ({"healthy"}, {"running"}):
                assert time.monotonic() < end, f"{name}: {how}\n{self.log(name)}"
                time.sleep(0.5)

    def log(self, name: str) -> str:
        """Return what the service's containers have said."""
        said = [podman("logs", each, check=False) for each in self.containers(name)]
        return "".join(done.stdout + done.stderr for done in said)

    def stored(self, volume: str) -> Path:
        """Return the folder in which the volume lies."""
        return Path(podman("volume", "inspect", "--format={{.Mountpoint}}", f"{self.name}_{volume}").stdout.strip())

    def _is_there(self, name: str) -> bool:
        """Return whether the service is healthy, or has run and ended well."""
        shown = "{{.State.Status}} {{.State.ExitCode}}"
        ended = [podman("inspect", f"--format={shown}", each).stdout.strip() for each in self.containers(name)]
        return self.health(name) == ["healthy"] or ended == ["exited 0"]

    def _changed(self) -> list[str]:
        """Return the services that have containers of another definition or image."""
        said = subprocess.run([*self._compose, "config", "--hash", "*"], capture_output=True, text=True, check=True)
        hashes = dict(line.split() for line in said.stdout.splitlines())
        label = f'{{{{index .Config.Labels "{LABEL}.config-hash"}}}} {{{{.Image}}}}'
        changed = []
        for name, service in self.services.items():
            if not has_image(service["image"]):
                continue
            image = podman("image", "inspect", "--format={{.Id}}", service["image"]).stdout.strip()
            made = {podman("inspect", f"--format={label}", each).stdout.strip() for each in self.containers(name)}
            if made - {f"{hashes[name]} {image}"}:
                changed.append(name)
        return changed
