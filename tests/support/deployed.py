"""The service as compose.yaml deploys it, but without containers: its secrets, and the environment of each process."""

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.support.servers import Process, free_port

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PROJECT: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
PLATFORMS = """
platforms:
  - name: canvas
    signing: [{key_id: k1, secret_file: /run/signing/canvas-k1}]
    webhook: {url: "https://127.0.0.1:9/grades", secret_file: /run/webhooks/canvas}
  - name: moodle
"""


def make_secrets(folder: Path) -> None:
    """Run deploy/make_secrets.py on the folder."""
    runpy.run_path(str(DEPLOY / "make_secrets.py"))["SecretFiles"](folder).make()


def secrets_in(parent: Path) -> Path:
    """Make a folder `secrets/` for two platforms, as an operator does."""
    folder = parent / "secrets"
    folder.mkdir()
    (folder / "platforms.yaml").write_text(PLATFORMS, "utf-8")
    make_secrets(folder)
    return folder


def _source(path: str, made: Path, folder: Path) -> Path:
    """Return the folder that is mounted: one of the secrets, or one that the engine makes."""
    if path.startswith("secrets/"):
        return made / path.removeprefix("secrets/")
    (folder / path).mkdir(exist_ok=True)
    return folder / path


class Stand:
    """The files and folders that compose.yaml gives to a service, in a folder instead of its container."""

    def __init__(self, name: str, made: Path, folder: Path) -> None:
        self.service = PROJECT["services"][name]
        self.folder = folder / name
        self.folder.mkdir()
        self.paths = {f"/run/secrets/{secret}": self.folder / secret for secret in self.service.get("secrets", [])}
        for secret in self.service.get("secrets", []):
            source = made / PROJECT["secrets"][secret]["file"].removeprefix("secrets/")
            (self.folder / secret).write_text(source.read_text("utf-8"), "utf-8")
        for volume in self.service.get("volumes", []):
            if isinstance(volume, dict):
                self.paths[volume["target"]] = _source(volume["source"], made, self.folder)
        for path in self.folder.iterdir():
            path.chmod(0o600)

    def replace(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        if path.exists():
            text = path.read_text("utf-8")
            assert old in text
            path.write_text(text.replace(old, new), "utf-8")

    def environment(self) -> dict[str, str]:
        """Return the service's variables, with paths here instead of paths in the container."""
        if (listed := self.folder / "platforms").exists():
            text = listed.read_text("utf-8")
            for there, here in self.paths.items():
                text = text.replace(there, str(here))
            listed.write_text(text, "utf-8")
        given = {name: str(self.paths.get(value, value)) for name, value in self.service["environment"].items()}
        writes = any(str(volume).endswith(":/var/lib/grader") for volume in self.service.get("volumes", []))
        return given | {
            "GRADER_HOME": str(self.folder / "home") if writes else "/proc/nowhere",
            "GRADER_HEARTBEAT": str(self.folder / "heartbeat"),
            "GRADER_METRICS_HOST": "127.0.0.1",
            "GRADER_METRICS_PORT": str(free_port()),
            "GRADER_WEB_HOST": "127.0.0.1",
            "GRADER_WEB_PORT": str(free_port()),
        }

    def start(self) -> Process:
        argv = [sys.executable, *self.service["command"][1:]]
        self.environment_given = self.environment()
        return Process(argv, self.folder / "log", self.environment_given)

    def is_well(self) -> bool:
        check = self.service["healthcheck"]["test"][1].replace("/run/grader", str(self.folder))
        return subprocess.run(["/bin/sh", "-c", check], stderr=subprocess.DEVNULL, check=False).returncode == 0
