"""Processes without a network: in a network of their own where that is possible, else with sockets that fail."""

import os
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

ALONE = ("unshare", "--map-root-user", "--net")
NO_SOCKETS = """\
import socket


class NoSocket(socket.socket):
    def connect(self, address):
        raise OSError("there is no network here")


socket.socket = NoSocket
"""


@cache
def can_be_alone() -> bool:
    try:
        return subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def offline(command: list[str | Path], folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Return how a command ends that reaches nobody; of the grader's variables, it sees only the given ones."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GRADER_", "PYTHON"))}
    environment: Mapping[str, str] = {**kept, "OMP_NUM_THREADS": "1", **variables}
    if not can_be_alone():
        (folder / "no_sockets").mkdir(exist_ok=True)
        (folder / "no_sockets" / "sitecustomize.py").write_text(NO_SOCKETS)
        environment = {**environment, "PYTHONPATH": str(folder / "no_sockets")}
    words = [*(ALONE if can_be_alone() else ()), *map(str, command)]
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300)
