"""A finding: one thing that was looked at, and what to do where it is not as it should be."""

from typing import NamedTuple


class Check(NamedTuple):
    """One thing looked at."""

    good: bool
    what: str
    found: str
    advice: str = ""
    optional: bool = False
    """Grading works without it, on other exercises."""
    unseen: bool = False
    """It could not be looked at, which says nothing about it."""
