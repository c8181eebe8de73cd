"""The folder where a person's machine keeps the ledger, the score tables and the caches.

`GRADER_HOME` names it; without, it is the platform's folder for user data. Asking where it is never
creates it.
"""

import os
from pathlib import Path

from grader.base.errors import GraderError

VARIABLE = "GRADER_HOME"
APPLICATION = "head-grader"
TABLES = "tables"
"""The folder inside it where score tables are kept."""
PRIVATE = 0o700
"""Only the owner reads, writes and enters: the ledger holds names and grades."""

ADVICE = f"set {VARIABLE} to the absolute path of a folder that you may write to"


def folder() -> Path:
    """Absolute path of the folder, whether it exists or not.

    Raises:
        GraderError: `GRADER_HOME` is a relative path, names an unknown user's home, or lies inside the
            installed package.
    """
    named = os.environ.get(VARIABLE, "")
    if not named:
        import platformdirs

        return platformdirs.user_data_path(APPLICATION, appauthor=False)
    try:
        path = Path(named).expanduser()
    except RuntimeError as problem:
        raise GraderError(f"{VARIABLE}={named}: there is no such user's home; {ADVICE}") from problem
    if not path.is_absolute():
        raise GraderError(f"{VARIABLE}={named}: a relative path would change with the working folder; {ADVICE}")
    if path.resolve().is_relative_to(Path(__file__).resolve().parents[1]):
        raise GraderError(f"{VARIABLE}={named}: it lies inside the installed package; {ADVICE}")
    return path


def writable_folder(*names: str) -> Path:
    """The folder, or the one called `names` inside it; created with private permissions where it is missing.

    A folder that exists keeps the permissions that its owner gave it.

    Raises:
        GraderError: It cannot be created or written, or `GRADER_HOME` makes no sense (see `folder`).
    """
    home = folder()
    path = home.joinpath(*names)
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        for step in (home, *(home.joinpath(*names[: i + 1]) for i in range(len(names)))):
            step.mkdir(mode=PRIVATE, exist_ok=True)
    except OSError as problem:
        raise GraderError(f"{path}: cannot be created ({problem.strerror}); {ADVICE}") from problem
    if not os.access(path, os.W_OK | os.X_OK):
        raise GraderError(f"{path}: cannot be written to; change its permissions, or {ADVICE}")
    return path
