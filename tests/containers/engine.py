"""Services of a compose.yaml as real containers of podman, confined as the file says, in one network namespace.

The networks of compose are all that is missing: every container joins the namespace of one that does nothing, in which
the names of the services lead to loopback, and which nobody outside reaches.

What differs from machine to machine is in the environment: `CONTAINERS_OPTIONS` has options of `podman run` and `podman
build`, such as `--runtime runc`, and `CONTAINERS_BUILD_OPTIONS` more for `podman build`, such as `--network host`.
"""

import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

PODMAN = "podman"
NOTHING = ["sleep", "infinity"]
WAIT_SECONDS = 180
PROFILES = "profiles"
Done = subprocess.CompletedProcess[str]


class Missing(Exception):
    """Something that the engine needs is not on this machine; the message says what, and what to do."""


class Project:
    """One compose.yaml, in a folder with everything that it names."""

    def __init__(self, folder: Path, prefix: str) -> None:
        """Call every container and volume by this prefix, so that no real deployment is touched."""
        self.folder, self.prefix = folder, prefix
        self.file: dict[str, Any] = yaml.safe_load((folder / "compose.yaml").read_text("utf-8"))
        self.services: dict[str, dict[str, Any]] = self.file["services"]
        self.image = str(self.services["migrate"]["image"])
        """Our own image."""

    def require(self) -> None:
        """Check that podman and the images of others are here; nothing is fetched.

        Raises:
            Missing: One of them is not.
        """
        if shutil.which(PODMAN) is None:
            raise Missing("there is no podman on this machine; install podman and a runtime such as runc")
        if os.geteuid() != 0:
            raise Missing("this is not root, and the secrets' files must be given to the users of the containers")
        others = {each["image"] for each in self.services.values()} - {self.image}
        if missing := [image for image in sorted(others) if not _has_image(image)]:
            raise Missing(f"these images are not on this machine: {', '.join(missing)}; pull them, or tag your own so")

    def build(self, context: Path) -> None:
        """Build our own image from the Dockerfile in this folder."""
        arguments = [
            word
            for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL")
            if (value := os.environ.get(name))
            for word in ("--build-arg", f"{name}={value}")
        ]
        options = [*_options(), *shlex.split(os.environ.get("CONTAINERS_BUILD_OPTIONS", ""))]
        given = ["--format", "docker", "--pull=never", *options, *arguments]
        _podman("build", *given, "--tag", self.image, str(context))

    def up(self, names: Sequence[str] = ()) -> None:
        """Start these services, or all but those of a profile, each behind those that it depends on."""
        self._hold()
        for name in names or [name for name, each in self.services.items() if PROFILES not in each]:
            self._start(name)

    def run(self, name: str, command: Sequence[str], *, stdin: str | None = None, user: str | None = None) -> Done:
        """Run a command in a new container of the service, behind those that it depends on."""
        self._hold()
        self._dependencies(name)
        options = ["--rm", *(["--interactive"] if stdin is not None else [])]
        return _podman("run", *options, *self._arguments(name, user), *command, check=False, stdin=stdin)

    def run_alone(self, options: Sequence[str], command: Sequence[str], stdin: str) -> Done:
        """Run a command in a container of our image that belongs to no service and has no network."""
        given = ["--rm", "--interactive", "--network=none", "--pull=never", *_options(), *options]
        return _podman("run", *given, self.image, *command, check=False, stdin=stdin)

    def execute(self, name: str, command: Sequence[str], *, stdin: str | None = None) -> Done:
        """Run a command in the running container of the service."""
        return _podman("exec", "--interactive", self._called(name), *command, check=False, stdin=stdin)

    def stop(self, names: Iterable[str]) -> None:
        """Stop these services, with the time that the file gives each."""
        for name in names:
            grace = str(self.services[name].get("stop_grace_period", "10s")).removesuffix("s")
            _podman("stop", "--time", grace, self._called(name))
            _podman("rm", "--force", self._called(name))

    def down(self) -> None:
        """Remove all containers; volumes stay."""
        for name in self.containers():
            _podman("rm", "--force", "--time", "5", name, check=False)

    def remove(self) -> None:
        """Remove all containers and volumes."""
        self.down()
        for volume in self.file["volumes"]:
            self.remove_volume(volume)

    def remove_volume(self, name: str) -> None:
        """Remove one volume with everything in it."""
        _podman("volume", "rm", "--force", f"{self.prefix}_{name}", check=False)

    def containers(self) -> list[str]:
        """Return the names of our containers; the one that holds the network is the last."""
        listed = _podman("ps", "--all", "--format", "{{.Names}}").stdout.split()
        ours = [name for name in listed if name.startswith(f"{self.prefix}-")]
        return sorted(ours, key=lambda name: name.endswith("-holder"))

    def is_running(self, name: str) -> bool:
        """Return whether the service's container runs."""
        shown = _podman("inspect", "--format", "{{.State.Running}}", self._called(name), check=False)
        return shown.stdout.strip() == "true"

    def is_well(self, name: str) -> bool:
        """Return whether the service's own health check succeeds."""
        kind, *words = self.services[name]["healthcheck"]["test"]
        command = ["/bin/sh", "-c", words[0].replace("$$", "$")] if kind == "CMD-SHELL" else words
        return self.execute(name, command).returncode == 0

    def wait_until_well(self, names: Iterable[str]) -> None:
        """Wait until each of the services is healthy."""
        for name in names:
            end = time.monotonic() + WAIT_SECONDS
            while not self.is_well(name):
                assert time.monotonic() < end, f"{name} is not healthy:\n{self.log(name)}"
                assert self.is_running(name), f"{name} has ended:\n{self.log(name)}"
                time.sleep(0.5)

    def log(self, name: str) -> str:
        """Return what the service has said."""
        done = _podman("logs", self._called(name), check=False)
        return done.stdout + done.stderr

    def _called(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    def _hold(self) -> None:
        """Start the container whose network the others share, and in which the services' names are known."""
        if self.is_running("holder"):
            return
        hosts = [word for name in self.services for word in ("--add-host", f"{name}:127.0.0.1")]
        given = ["--detach", "--network=none", "--pull=never", *hosts, *_options(), "--name", self._called("holder")]
        _podman("run", *given, self.image, *NOTHING)

    def _start(self, name: str) -> None:
        if self.is_running(name):
            return
        self._dependencies(name)
        _podman("rm", "--force", self._called(name), check=False)
        once = self.services[name].get("restart") == "no"
        detach = [] if once else ["--detach"]
        command = map(str, self.services[name].get("command", []))
        _podman("run", *detach, "--name", self._called(name), *self._arguments(name), *command)

    def _dependencies(self, name: str) -> None:
        for other, wanted in self.services[name].get("depends_on", {}).items():
            self._start(other)
            if wanted["condition"] == "service_healthy":
                self.wait_until_well([other])

    def _arguments(self, name: str, user: str | None = None) -> list[str]:
        """Return what `podman run` needs before the command: options, then the image."""
        service = self.services[name]
        limits = service["deploy"]["resources"]["limits"]
        flags = {
            "network": f"container:{self._called('holder')}",
            "pull": "never",
            "user": user or service["user"],
            "memory": limits["memory"],
            "cpus": limits["cpus"],
            "pids-limit": str(limits["pids"]),
            "shm-size": service.get("shm_size"),
            "workdir": service.get("working_dir"),
        }
        many = {
            "cap-drop": service["cap_drop"],
            "security-opt": [option.removesuffix(":true") for option in service["security_opt"]],
            "tmpfs": service["tmpfs"],
            "env": [f"{variable}={value}" for variable, value in service.get("environment", {}).items()],
            "volume": list(self._mounts(service)),
        }
        words = [f"--{flag}={value}" for flag, value in flags.items() if value]
        words += [f"--{flag}={value}" for flag, values in many.items() for value in values]
        return [*_options(), "--init", "--read-only", *words, service["image"]]

    def _mounts(self, service: Mapping[str, Any]) -> Iterator[str]:
        for secret in service.get("secrets", []):
            yield f"{self.folder / self.file['secrets'][secret]['file']}:/run/secrets/{secret}:ro"
        for config in service.get("configs", []):
            yield f"{self.folder / self.file['configs'][config['source']]['file']}:{config['target']}:ro"
        for volume in service.get("volumes", []):
            if isinstance(volume, str):
                yield f"{self.prefix}_{volume}"
                continue
            source = self.folder / volume["source"]
            if volume.get("bind", {}).get("create_host_path"):
                source.mkdir(exist_ok=True)
            yield f"{source}:{volume['target']}:{'ro' if volume.get('read_only') else 'rw'}"


def _has_image(name: str) -> bool:
    return _podman("image", "exists", name, check=False).returncode == 0


def _options() -> list[str]:
    return shlex.split(os.environ.get("CONTAINERS_OPTIONS", ""))


def _podman(*words: str, check: bool = True, stdin: str | None = None) -> Done:
    """Run podman; if it fails and should not, the error has what it said."""
    nothing = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
    done = subprocess.run([PODMAN, *words], capture_output=True, text=True, check=False, **nothing)  # type: ignore[call-overload]
    assert done.returncode == 0 or not check, f"podman {shlex.join(words)}:\n{done.stdout}{done.stderr}"
    return done
