"""One variable of the environment: given as `NAME`, or as `NAME_FILE`, the path of a file that holds a secret."""

import os
from collections.abc import Mapping
from pathlib import Path

from grader.base.errors import GraderError


def value(name: str, environment: Mapping[str, str] | None = None) -> str:
    """The variable's value, or what the file holds that `<name>_FILE` names; empty where there is neither.

    Raises:
        GraderError: The file cannot be read, or both are given.
    """
    given = os.environ if environment is None else environment
    plain, file = given.get(name, ""), given.get(f"{name}_FILE", "")
    if not file:
        return plain
    if plain:
        raise GraderError(f"{name} and {name}_FILE are both set; leave one out")
    try:
        return Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        message = f"{name}_FILE={file}: cannot be read ({error}); name a text file that this user can read"
        raise GraderError(message) from None
