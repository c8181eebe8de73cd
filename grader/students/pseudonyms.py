"""Pseudonyms: names for students that others may see, always the same on one machine and impossible to trace back."""

import hmac
import secrets
from hashlib import sha256

from grader.base import home
from grader.base.errors import GraderError
from grader.base.files import write_once

FILE = "pseudonyms.key"
KEY_BYTES = 32
PSEUDONYM = "student-"
"""The beginning of every pseudonym."""
LENGTH = 8
"""Hexadecimal digits: of a hundred thousand students, about one pair has the same."""


def key() -> bytes:
    """Return the key of this machine's pseudonyms, made at its first use; with it, students can be identified.

    Raises:
        GraderError: It cannot be read or created, or is not a whole key.
    """
    path = home.writable_folder() / FILE
    try:
        content = write_once(path, secrets.token_bytes(KEY_BYTES))
    except OSError as error:
        raise GraderError(f"{path}: cannot be read or created ({error.strerror}); check its permissions") from None
    if len(content) != KEY_BYTES:
        raise GraderError(
            f"{path}: it holds {len(content)} bytes, not {KEY_BYTES}, so it hides nobody; bring it back from a backup, "
            "or delete it, and every student gets another pseudonym"
        )
    return content


def pseudonym(key: bytes, platform: str, student: str) -> str:
    """Return the student's pseudonym, such as `student-3fa9c27b`."""
    digest = hmac.new(key, f"{platform}\0{student}".encode(), sha256).hexdigest()
    return f"{PSEUDONYM}{digest[:LENGTH]}"
