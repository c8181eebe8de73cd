"""Environment variables: which there are besides the service's, and how their values are read.

One that may hold a secret can lie in a file: `NAME` gives the value, `NAME_FILE` the path of a file with it.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from grader.base.errors import GraderError

PERSONAL = {
    "GRADER_HOME": "the folder for score tables and, without `GRADER_DATABASE_URL`, for the ledger",
    "GRADER_EXERCISES": "folders with exercises of your own, joined as in `PATH`",
    "GRADER_DEVICE": "the device on which heads are measured: `auto` (the default), `cpu`, `cuda`, `cuda:1` or `mps`",
    "GRADER_LANG": "the language of messages to students, `en` or `ko`",
    "GRADER_DEBUG": "`1` shows where in the code an unexpected error happened",
}
"""The variables that every command reads, with their meaning; each transformer has one of its own as well."""
OFF = frozenset({"", "0", "false", "no", "off"})
"""The values of a switch that is off."""


def is_on(name: str) -> bool:
    """Return whether the switch is on that this variable is."""
    return os.environ.get(name, "").strip().lower() not in OFF


def value(name: str, environment: Mapping[str, str] | None = None) -> str:
    """Return the variable's value or the content of the file that `<name>_FILE` names; empty if neither is set.

    Raises:
        GraderError: The file cannot be read, or both are set.
    """
    variables = os.environ if environment is None else environment
    plain, file = variables.get(name, ""), variables.get(f"{name}_FILE", "")
    if not file:
        return plain
    if plain:
        raise GraderError(f"{name} and {name}_FILE are both set; set only one of them")
    try:
        return Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        message = f"{name}_FILE={file}: cannot be read ({error}); give the path of a text file that this user can read"
        raise GraderError(message) from None


def whole(name: str, default: int, allowed: range, environment: Mapping[str, str] | None = None) -> int:
    """Return the variable's value as a whole number, or the default if it is not set.

    Raises:
        GraderError: It is something else than one of the allowed numbers.
    """
    text = value(name, environment)
    try:
        number = int(text) if text else default
    except ValueError:
        raise GraderError(f"{name}={text}: not a whole number; the default is {default}") from None
    if number not in allowed:
        raise GraderError(f"{name}={text}: {allowed[0]} to {allowed[-1]} is allowed; the default is {default}")
    return number
