"""The settings of the xqueue client: a YAML file, checked as every other document is."""

from pathlib import Path
from typing import NamedTuple

from pydantic import Field

from grader import documents
from grader.schema import Record
from grader.service.secret_files import secret


class XQueueSettings(Record):
    """The content of the file."""

    server: str = Field(pattern=r"^https?://[^\s/@?#]+(/[^\s?#]*)?$", description="The server that has `/xqueue/`.")
    queue: str = Field(min_length=1, max_length=128, description="The queue's name.")
    username: str = Field(min_length=1, max_length=150)
    password_file: str = Field(min_length=1, description="The file that holds the password.")
    exercises: str = Field(default="exercises", min_length=1, description="The folder of exercises.")
    poll_seconds: float = Field(default=5.0, ge=0.01, le=3600, description="The pause when the queue is empty.")
    silent_failures: int = Field(
        default=3, ge=0, le=100, description="The tries at one submission that may fail before its student is told."
    )
    whole_points: int | None = Field(
        default=None, ge=1, description="The points of the problem, for a host that takes only whole points."
    )


class XQueueSite(NamedTuple):
    """The settings, and what they name on this machine."""

    settings: XQueueSettings
    exercises: Path
    password: str


def read(path: Path) -> XQueueSite:
    """Return the settings in the file and what they name.

    Raises:
        InvalidInput: The file is not valid.
        SecretError: The password cannot be used.
        OSError: The file cannot be read.
    """
    settings = documents.read(path.read_bytes(), str(path), XQueueSettings)
    return XQueueSite(settings, path.parent / settings.exercises, secret(path.parent / settings.password_file))
