"""Pseudonyms: a student's name as others may see it, the same every time on one machine and not to be guessed back."""

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
"""What every pseudonym begins with."""
LENGTH = 8
"""Hexadecimal digits: among a hundred thousand students two share one about once."""


def key() -> bytes:
    """The key of this machine's pseudonyms, made at its first use; whoever has it can tell who is who.

    Raises:
        GraderError: It cannot be read or made.
    """
    path = home.writable_folder() / FILE
    try:
        return _made(path)
    except OSError as error:
        raise GraderError(f"{path}: cannot be read or made ({error.strerror}); look at its permissions") from None


def pseudonym(key: bytes, platform: str, student: str) -> str:
    """Such as `student-3fa9c27b`."""
    digest = hmac.new(key, f"{platform}\0{student}".encode(), sha256).hexdigest()
    return f"{PSEUDONYM}{digest[:LENGTH]}"


def _made(path: Path) -> bytes:
    try:
        found = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(found, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
    return path.read_bytes()
