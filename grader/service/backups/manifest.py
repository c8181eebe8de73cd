"""The manifest of a backup: what is in it, with the digest of every part, and what made it."""

from datetime import datetime
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from grader.schema import Record, Sha256
from grader.service.backups.contents import IN_EXERCISES, IN_HOME, IN_LEDGER, IN_SECRETS, PLATFORMS

FILE = "manifest.json"
SIZE_LIMIT = 16 * 1024 * 1024
"""Bytes; an institution's exercises have thousands of files."""
PLACES = (IN_HOME, IN_EXERCISES, IN_SECRETS, IN_LEDGER)


def _inside(name: str) -> str:
    """Return the name of a part, which leads out of no folder."""
    parts = PurePosixPath(name).parts
    is_plain = "\\" not in name and "\0" not in name and name == "/".join(parts) and not {"..", ".", "/"} & {*parts}
    if not is_plain or not (name == PLATFORMS or name.startswith(PLACES)):
        raise ValueError(f"`{name}` is no part of a backup")
    return name


class Part(Record):
    """One file in the backup."""

    name: Annotated[str, AfterValidator(_inside)]
    sha256: Sha256
    size: int = Field(ge=0, description="In bytes.")


class Manifest(Record):
    """What is in a backup."""

    format: Literal[1] = 1
    made_at: datetime
    grader: str = Field(description="The version of the grader that made it.")
    tables: str = Field(pattern=r"^[0-9]{4}$", description="The revision of the ledger's tables.")
    rows: dict[str, int] = Field(description="The number of rows of each table.")
    has_secrets: bool
    parts: tuple[Part, ...]

    @property
    def files(self) -> tuple[Part, ...]:
        """The parts that are files of the machine, and not rows of the ledger."""
        return tuple(part for part in self.parts if not part.name.startswith(IN_LEDGER))
