"""The wheel of this grader, packed again from where it runs: from an installation as well as from a clone."""

import base64
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import grader
from grader.base.errors import NotInstalled
from grader.doors.packages.archives import zipped
from grader.exercises import shipped

NAME = "head-grader"
TAG = "py3-none-any"
WHEEL = f"Wheel-Version: 1.0\nGenerator: grade package\nRoot-Is-Purelib: true\nTag: {TAG}\n"
KEPT = ("METADATA", "entry_points.txt", "licenses/LICENSE")
"""The files of an installation's records that a wheel has as well."""
SHIPPED = "exercises_shipped"
PACKAGE = Path(grader.__file__).parent


@cache
def wheel() -> tuple[str, bytes]:
    """Return the wheel's file name and its content, which is the same for the same grader.

    Raises:
        NotInstalled: The grader runs from a folder in which it was never installed.
    """
    installed = _installed()
    stem = f"{NAME.replace('-', '_')}-{installed.version}"
    info = f"{stem}.dist-info"
    files = dict(_code())
    for name in KEPT:
        if (text := installed.read_text(name)) is not None:
            files[f"{info}/{name}"] = text.encode()
    files[f"{info}/WHEEL"] = WHEEL.encode()
    record = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in sorted(files.items())]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    return f"{stem}-{TAG}.whl", zipped(files)


def versions() -> str:
    """Return the versions of everything that the grader needs to look scores up, as constraints for pip.

    Raises:
        NotInstalled: As for the wheel.
    """
    found: dict[str, str] = {}
    waiting = [_installed()]
    while waiting:
        for each in map(_distribution, _needed(waiting.pop())):
            if each is not None and each.name not in found:
                found[each.name] = each.version.partition("+")[0]  # a build of one's own is nowhere else
                waiting.append(each)
    return "".join(f"{name}=={version}\n" for name, version in sorted(found.items()))


def _installed() -> Distribution:
    installed = _distribution(NAME)
    if installed is None:
        raise NotInstalled(f"{NAME} is not installed, so it cannot be packed; run `make setup`, or install its wheel")
    return installed


def _distribution(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:  # such as what only Windows needs
        return None


def _needed(installed: Distribution) -> Iterator[str]:
    """Yield the names of what a distribution needs, without its extras."""
    for line in installed.requires or ():
        requirement, _semicolon, marker = line.partition(";")
        if "extra" not in marker and (name := re.match(r"[\w.-]+", requirement)):
            yield name[0]


def _code() -> Iterator[tuple[str, bytes]]:
    """Yield every file of the packages, by its place in the wheel."""
    yield from _tree(PACKAGE, "grader")
    if (processes := PACKAGE.parent / "workers").is_dir():
        yield from _tree(processes, "workers")
    if not (PACKAGE / SHIPPED).is_dir() and (folder := shipped()):  # in a clone they lie beside the package
        yield from _tree(folder, f"grader/{SHIPPED}")


def _tree(folder: Path, name: str) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and "__pycache__" not in inside.parts:
            yield f"{name}/{inside.as_posix()}", path.read_bytes()


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
