"""The person at the terminal."""

import getpass
import re


def login_name() -> str:
    """Return the login name with only the characters that a report allows, or `student` if there is none."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        return "student"
    return re.sub(r"[^\w.@+-]", "-", name).lstrip(".@+-")[:64] or "student"
