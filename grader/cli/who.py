"""Who is at the terminal."""

import getpass
import re


def login_name() -> str:
    """The login name, as far as it may stand in a report; `student` where there is none."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        return "student"
    return re.sub(r"[^\w.@+-]", "-", name).lstrip(".@+-")[:64] or "student"
