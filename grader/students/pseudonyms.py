"""Pseudonyms: names for students that others may see, always the same on one machine and impossible to trace back."""

import hmac
import os
import secrets
from hashlib import sha256
from pathlib import Path

from grader.base import home
from grader.base.errors import GraderError

FILE = "pseudonyms.key"
KEY_BYTES = 32
PSEUDONYM = "student-"
"""The beginning of every pseudonym."""
LENGTH = 8
"""Hexadecimal digits: of a hundred thousand students, about one pair has the same."""


def key() -> bytes:
    """Return the key of this machine's pseudonyms, made at its first use; with it, students can be identified.

    Raises:
        GraderError: It cannot be read or created.
    """
    path = home.writable_folder() / FILE
    try:
        return _made(path)
    except OSError as error:
        raise GraderError(f"{path}: cannot be read or created ({error.strerror}); check its permissions") from None


def pseudonym(key: bytes, platform: str, student: str) -> str:
    """Return the student's pseudonym, such as `student-3fa9c27b`."""
    digest = hmac.new(key, f"{platform}\0{student}".encode(), sha256).hexdigest()
    return f"{PSEUDONYM}{digest[:LENGTH]}"


def _made(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
    return path.read_bytes()
