"""`docker`, as the pages call it, with podman behind it: the words that they use, and no others.

A shell runs the pages' blocks as they stand, with a script of this name first in its PATH.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.containers.engine import Done, Project

PREFIX = "CONTAINERS_PROJECT"
"""The variable with the prefix of the project's containers and volumes."""
NAMED = "head-grader_"
"""The beginning of a volume's name on the pages."""


def main(words: Sequence[str]) -> int:
    """Do what the words after `docker` say, in the project of the working folder."""
    project = Project(Path.cwd(), os.environ[PREFIX])
    match list(words):
        case ["compose", name, *rest] if name in COMPOSE:
            return COMPOSE[name](project, rest)
        case ["volume", "rm", name]:
            project.remove_volume(name.removeprefix(NAMED))
            return 0
        case ["run", *_]:
            return _make_secrets(project)
    sys.stderr.write(f"the pages use no such command: docker {' '.join(words)}\n")
    return 2


def _make_secrets(project: Project) -> int:
    """Run the one program that a page pipes into the image alone."""
    mounted = f"{project.folder / 'secrets'}:/secrets"
    return _said(
        project.run_alone(["--user", "0:0", "--volume", mounted], ["python", "-", "/secrets"], sys.stdin.read())
    )


def _up(project: Project, words: Sequence[str]) -> int:
    given = argparse.ArgumentParser()
    given.add_argument("--detach", action="store_true", required=True)
    given.add_argument("--force-recreate", action="store_true")
    given.add_argument("names", nargs="*")
    asked = given.parse_args(words)
    if asked.force_recreate:
        project.stop(asked.names)
    project.up(asked.names)
    return 0


def _run(project: Project, words: Sequence[str]) -> int:
    given = argparse.ArgumentParser()
    given.add_argument("--rm", action="store_true", required=True)
    given.add_argument("-T", action="store_true")
    given.add_argument("name")
    given.add_argument("command", nargs=argparse.REMAINDER)
    asked = given.parse_args(words)
    stdin = sys.stdin.read() if asked.T else None
    return _said(project.run(asked.name, asked.command or project.services[asked.name]["command"], stdin=stdin))


def _exec(project: Project, words: Sequence[str]) -> int:
    assert words[0] == "-T", "without it, a terminal is expected"
    return _said(project.execute(words[1], words[2:], stdin=sys.stdin.read()))


def _stop(project: Project, words: Sequence[str]) -> int:
    project.stop(words)
    return 0


def _down(project: Project, words: Sequence[str]) -> int:
    assert not words
    project.down()
    return 0


def _ps(project: Project, words: Sequence[str]) -> int:
    assert not words
    project.wait_until_well(name for name in project.services if project.is_running(name))
    return 0


def _said(done: Done) -> int:
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    return done.returncode


COMPOSE: dict[str, Callable[[Project, Sequence[str]], int]] = {
    "up": _up,
    "run": _run,
    "exec": _exec,
    "stop": _stop,
    "down": _down,
    "ps": _ps,
}
"""What is behind `docker compose` and one of these words."""

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
