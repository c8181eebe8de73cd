"""The history of one student on one exercise: the entries of the ledger, and the arrivals that led to them."""

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from grader.base.errors import Problem
from grader.ledger.entry import LedgerEntry

if TYPE_CHECKING:
    from grader.schema.queue import State


class Arrival(NamedTuple):
    """One submission as it came in from a platform; the same content may arrive more than once."""

    id: str
    """The platform's id of the submission."""
    course: str
    """Empty if the platform named none."""
    state: "State"
    content: str | None
    """The digest of what is graded; None if it was never read."""
    came_at: datetime
    credit: float
    """The part of the score that lateness leaves."""
    report: int | None
    """The id of the entry that it led to; None before it is graded, or if it never is."""
    problems: tuple[Problem, ...]
    """The reasons why it was rejected."""
    document: str | None
    """The file, if nobody could read which exercise it is for; empty if it was not kept; else None."""


class History(NamedTuple):
    """Everything that one student of one platform handed in to one exercise."""

    platform: str
    student: str
    entries: list[LedgerEntry]
    """In the order of the ledger; those on other exercises as well, if they were asked for."""
    arrivals: list[Arrival]
    """In the order in which they were taken in; none of what was graded at a terminal. Files that could not be read
    are among them, whatever exercise they were for."""


class Origin(NamedTuple):
    """A course of a platform that something came from."""

    platform: str
    course: str
    """Empty if the platform named none."""
