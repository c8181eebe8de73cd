"""The people whom the web door has let in."""

from typing import Literal, NamedTuple, get_args

Role = Literal["student", "instructor", "operator"]
"""A student sees what is their own, an instructor one platform's courses, an operator everything."""
ROLES: tuple[Role, ...] = get_args(Role)


class Visitor(NamedTuple):
    """Somebody whom a platform, or a token, has vouched for."""

    platform: str
    student: str
    """The platform's id of this person; with LTI it is `sub`. Empty for an instructor or operator with a token."""
    role: Role
    course: str | None = None
    """None for every course of the platform."""
    name: str = ""
    """Empty unless the operator lets names be kept."""
