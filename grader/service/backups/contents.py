"""The contents of a backup: which files of this machine cannot be made again, and where each stands in the backup.

This is the one list of them. Everything else under `GRADER_HOME` is measured or made again: score tables, caches, logs,
the queue's own files.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from grader import exercises
from grader.base import home
from grader.base.environment import value
from grader.service import platforms, up
from grader.service.erasing import remembered
from grader.service.settings import settings
from grader.students import pseudonyms

ERASURES = remembered.FILE
HOME = (pseudonyms.FILE, ERASURES, remembered.KEY, "lti-keys")
"""Files and folders of the home that are in every backup: whose pseudonym is whose, who was erased, our LTI keys."""
SECRETS_OF_HOME = (f"{up.FOLDER}/passwords",)
"""Those that are in a backup with secrets: the passwords of the queue of `grade up`."""
ELSEWHERE = {"lti-keys": "GRADER_LTI_KEYS"}
"""The variables that name another place for some of them."""
ONLY_ADDED = frozenset((ERASURES, remembered.KEY))
"""Files that a restore never replaces: an older list of erasures must not take the place of a newer one."""
IN_HOME, IN_EXERCISES, IN_SECRETS, IN_LEDGER = "home/", "exercises/", "secrets/", "ledger/"
"""The beginnings of the names in a backup."""
PLATFORMS = "platforms.yaml"


class Source(NamedTuple):
    """One file that belongs into a backup."""

    name: str
    """Its name there."""
    path: Path


def sources(*, with_secrets: bool) -> Iterator[Source]:
    """Yield every file of this machine that belongs into a backup, besides the ledger.

    Raises:
        GraderError: The list of platforms cannot be read, or `GRADER_EXERCISES` names no folder.
    """
    for name in HOME + (SECRETS_OF_HOME if with_secrets else ()):
        yield from _all_in(place(name), IN_HOME + name)
    for root in exercises.own_folders():
        for folder in exercises.within(root):
            yield from _all_in(folder, IN_EXERCISES + folder.name)
    if (listed := settings().platforms) is not None:
        yield Source(PLATFORMS, listed)
        if with_secrets:
            files = dict.fromkeys(map(str, _named_by(listed)))  # two platforms may share one
            yield from (Source(IN_SECRETS + name.lstrip("/"), Path(name)) for name in files)


def place(name: str) -> Path:
    """Return the path of a file or folder of the home, which a variable may have put elsewhere."""
    top, _, rest = name.partition("/")
    named = value(ELSEWHERE[top]) if top in ELSEWHERE else ""
    return Path(named, rest) if named else home.folder() / name


def _named_by(listed: Path) -> Iterator[Path]:
    """Yield the secret files that the list of platforms names."""
    for platform in platforms.load(listed).values():
        named = [key.secret_file for key in platform.signing]
        named += [platform.webhook.secret_file] if platform.webhook else []
        named += [platform.password_file] if platform.password_file else []
        yield from map(Path, named)


def _all_in(path: Path, name: str) -> Iterator[Source]:
    """Yield the file, or all files in the folder but hidden ones; nothing if there is neither."""
    if path.is_file():
        yield Source(name, path)
    elif path.is_dir():
        for file in sorted(path.rglob("*")):
            inside = file.relative_to(path)
            if file.is_file() and not any(part.startswith((".", "__pycache__")) for part in inside.parts):
                yield Source(f"{name}/{inside.as_posix()}", file)
