"""The people whom the web door has let in."""

from typing import Literal, NamedTuple

Role = Literal["student", "instructor", "operator"]
"""A student sees what is their own, an instructor one platform's courses, an operator everything."""


class Visitor(NamedTuple):
    """Somebody whom a platform, or a token, has vouched for."""

    platform: str
    student: str
    """The platform's id of this person; with LTI it is `sub`."""
    role: Role
    course: str | None = None
    """None for every course of the platform."""
    name: str = ""
    """Empty unless the operator lets names be kept."""
