"""Environment variables that may hold a secret: `NAME` gives the value, `NAME_FILE` the path of a file with it."""

import os
from collections.abc import Mapping
from pathlib import Path

from grader.base.errors import GraderError


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
