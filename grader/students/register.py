"""The register: what is known of students besides their work, which is their rosters and what was decided for them."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple, Protocol

from grader.ledger import Ledger


class RosterEntry(Protocol):
    """A student on the roster of a course."""

    @property
    def platform(self) -> str:
        """The platform of the course."""

    @property
    def course(self) -> str:
        """The course, as the platform names it; empty if it names none."""

    @property
    def student(self) -> str:
        """The platform's id of the student."""

    @property
    def section(self) -> str:
        """The section; empty for none."""

    @property
    def name(self) -> str:
        """The name; empty unless it is kept."""


class DecisionReason(Protocol):
    """A decision of an instructor."""

    @property
    def reason(self) -> str:
        """The reason; the student sees it."""


class Decisions(Protocol):
    """The decisions of instructors for one student on one exercise, where it changes the grade."""

    @property
    def due(self) -> datetime | None:
        """The student's own deadline; None for the exercise's."""

    @property
    def excused(self) -> bool:
        """True if the student needs no grade."""

    @property
    def score(self) -> float | None:
        """The score that counts, 0 to 1, whatever was measured; None if nobody set one."""

    @property
    def made(self) -> Sequence[DecisionReason]:
        """The decisions that this follows from, oldest first."""


class NoDecisions(NamedTuple):
    """The decisions for a student for whom nothing was decided."""

    due: datetime | None = None
    excused: bool = False
    score: float | None = None
    made: tuple[DecisionReason, ...] = ()


def undecided(ledger: Ledger, platform: str, student: str, exercise: str) -> Decisions:
    """Return no decisions, for any student."""
    return NoDecisions()


@dataclass(frozen=True)
class Register:
    """The rosters of all courses, and the decisions for single students."""

    roster: Sequence[RosterEntry] = ()
    decisions: Callable[[Ledger, str, str, str], Decisions] = undecided
    """Returns what was decided, from ledger, platform, student and exercise."""

    def entries(self, platform: str, student: str) -> Sequence[RosterEntry]:
        """Return the student's entries, one for each course."""
        return self._by_student.get((platform, student), ())

    @cached_property
    def _by_student(self) -> Mapping[tuple[str, str], list[RosterEntry]]:
        found: dict[tuple[str, str], list[RosterEntry]] = defaultdict(list)
        for entry in self.roster:
            found[entry.platform, entry.student].append(entry)
        return found
