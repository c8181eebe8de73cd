"""One check of `grade doctor`."""

from typing import NamedTuple


class Check(NamedTuple):
    """The result of one check, and what to do if it is not as it should be."""

    is_ok: bool
    subject: str
    result: str
    advice: str = ""
    is_optional: bool = False
    """True if grading works without it, at least for other exercises."""
    is_unknown: bool = False
    """True if it could not be checked, so that nothing is known about it."""
