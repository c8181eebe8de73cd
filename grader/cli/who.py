"""The person at the terminal."""

import getpass
import re

from grader.base.names import plain


def login_name() -> str:
    """Return the login name with only the characters that a report allows, or `student` if there is none."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        return "student"
    return re.sub(r"[^\w.@+-]", "-", plain(name)).lstrip(".@+-")[:64] or "student"
