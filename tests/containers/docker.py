"""`docker`, as the pages call it: a shell runs their blocks with a script of this name first in its PATH."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.containers.engine import PROJECT, Project, build, podman

BUILT = "CONTAINERS_BUILT"
"""The variable that says that our image is that of this checkout already."""
NAMED = "head-grader_"
"""The beginning of a volume's name on the pages."""


def main(words: Sequence[str]) -> int:
    """Do what the words after `docker` say, in the project of the working folder."""
    match list(words):
        case ["build", *rest]:
            return _build(rest)
        case ["run", *rest]:
            return _run_alone(rest)
        case ["volume", "rm", name]:
            podman("volume", "rm", f"{os.environ[PROJECT]}_{name.removeprefix(NAMED)}")
            return 0
        case ["compose", *rest]:
            given = argparse.ArgumentParser()
            given.add_argument("--file", action="append", default=[])
            given.add_argument("words", nargs=argparse.REMAINDER)
            asked = given.parse_args(rest)
            return _compose(Project(Path.cwd(), asked.file), *asked.words)
    sys.stderr.write(f"the pages use no such command: docker {' '.join(words)}\n")
    return 2


def _compose(project: Project, name: str, *words: str) -> int:
    given = argparse.ArgumentParser()
    match name:
        case "build":
            built = [each for each in project.services.values() if "build" in each]
            return max(_build([*words, "--tag", each["image"], each["build"]["context"]]) for each in built)
        case "up":
            given.add_argument("--detach", action="store_true", required=True)
            given.add_argument("--force-recreate", action="store_true")
            asked, rest = given.parse_known_args(words)
            return project.up(rest, rest if asked.force_recreate else ())
        case "run":
            given.add_argument("--rm", action="store_true", required=True)
            given.add_argument("-T", action="store_true")
            given.add_argument("service")
            given.add_argument("command", nargs=argparse.REMAINDER)
            asked = given.parse_args(words)
            return project.run(["-T"] if asked.T else [], asked.service, asked.command)
    return project.compose(name, *words)


def _build(words: Sequence[str]) -> int:
    given = argparse.ArgumentParser()
    given.add_argument("--build-arg", action="append", default=[])
    given.add_argument("--tag", required=True)
    given.add_argument("context")
    asked = given.parse_args(words)
    if not os.environ.get(BUILT):
        build(asked.context, asked.tag, [f"--build-arg={each}" for each in asked.build_arg])
    return 0


def _run_alone(words: Sequence[str]) -> int:
    """Run a container of our image that belongs to no service; podman knows the options by the same words."""
    ours = [
        word if "/" in word.partition(":")[0] or ":/" not in word else f"{os.environ[PROJECT]}_{word}" for word in words
    ]
    done = podman(
        "run", "--pull=never", *ours, check=False, stdin=sys.stdin.read() if "--interactive" in words else None
    )
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
