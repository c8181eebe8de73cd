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
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self
from uuid import uuid4

PODMAN = "podman"
COMPOSE = Path(sys.executable).with_name("docker-compose")
PROJECT, SOCKET = "COMPOSE_PROJECT_NAME", "DOCKER_HOST"
LABEL = "com.docker.compose"
PULSE_SECONDS = 2
SELDOM = 10
CONTAINERS = ("ps", "--all", "--format={{.Names}}")
KINDS = (
    (CONTAINERS, ("rm", "--force", "--time=5", "--depend")),
    (("volume", "ls", "--format={{.Name}}"), ("volume", "rm", "--force")),
    (("network", "ls", "--format={{.Name}}"), ("network", "rm", "--force")),
)
"""How podman lists and removes what a test can leave behind."""
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
        self._mounted: list[str] = []
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
        """Return what is named so and still there: containers, volumes, networks, processes, mounted images."""
        named = [name for words, _ in KINDS for name in self._named(words)]
        watching = subprocess.run(
            ["pgrep", "-f", f"conmon.*{self.prefix}"], capture_output=True, text=True, check=False
        )
        mounts = Path("/proc/self/mounts").read_text("utf-8")
        return [*named, *watching.stdout.split(), *(each for each in self._mounted if each in mounts)]

    def remove(self) -> None:
        """Remove all containers, volumes and networks that are named so."""
        merged = "--format={{.GraphDriver.Data.MergedDir}}"
        self._mounted = [
            podman("inspect", merged, name, check=False).stdout.strip() for name in self._named(CONTAINERS)
        ]
        for words, remove in KINDS:
            for name in self._named(words):
                podman(*remove, name, check=False)

    def _named(self, words: Sequence[str]) -> list[str]:
        return [name for name in podman(*words).stdout.split() if name.startswith(self.prefix)]

    def _call_health_checks(self) -> None:
        """Call those of containers that are not healthy again and again, and those of all others now and then."""
        for number in count():
            if self._ended.wait(PULSE_SECONDS):
                return
            for line in podman("ps", "--format={{.Names}} {{.Status}}", check=False).stdout.splitlines():
                name, status = line.split(maxsplit=1)
                if name.startswith(self.prefix) and ("(healthy)" not in status or number % SELDOM == 0):
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
        if not all(self._is_there(other) for other in needed):
            if code := self.up(needed):
                return code
            self.wait_until_well(*(other for other in needed if self.services[other]["restart"] != "no"))
        called = f"{self.name}-run-{uuid4().hex}"
        code = self.compose("run", "--no-deps", "--quiet", "--name", called, *words, name, *command)
        shown = podman("inspect", "--format={{.State.ExitCode}}", called, check=False)
        podman("rm", "--force", called, check=False)
        return int(shown.stdout or code)

    def containers(self, name: str) -> list[str]:
        """Return the containers of the service."""
        return [each["Names"][0] for each in self._listed(name)]

    def health(self, name: str) -> list[str]:
        """Return how each container of the service is: `healthy`, or without a health check `running`, we hope."""
        shown = [(re.findall(r"\((\w+)\)$", each["Status"]), each["State"]) for each in self._listed(name)]
        return [found[0] if found else state for found, state in shown]

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

    def _listed(self, name: str = "") -> list[dict[str, Any]]:
        """Return what podman knows of the service's containers, or of all."""
        wanted = {"project": self.name, "oneoff": "False", **({"service": name} if name else {})}
        chosen = [f"--filter=label={LABEL}.{key}={value}" for key, value in wanted.items()]
        listed: list[dict[str, Any]] = json.loads(podman("ps", "--all", *chosen, "--format=json").stdout)
        return listed

    def _is_there(self, name: str) -> bool:
        """Return whether the service is healthy, or has run and ended well."""
        ended = [(each["State"], each["ExitCode"]) for each in self._listed(name)]
        return ended == [("exited", 0)] or self.health(name) == ["healthy"]

    def _changed(self) -> list[str]:
        """Return the services that have containers of another definition or image."""
        said = subprocess.run([*self._compose, "config", "--hash", "*"], capture_output=True, text=True, check=True)
        wanted = dict(line.split() for line in said.stdout.splitlines())
        changed = set()
        for each in self._listed():
            name, made = (each["Labels"][f"{LABEL}.{key}"] for key in ("service", "config-hash"))
            image = podman("image", "inspect", "--format={{.Id}}", self.services[name]["image"]).stdout.strip()
            if (made, each["ImageID"]) != (wanted[name], image):
                changed.add(name)
        return sorted(changed)
