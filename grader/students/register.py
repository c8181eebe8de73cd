"""The register: what is known of students besides their work, which is their rosters and what was decided for them."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from grader.ledger import Ledger
from grader.ledger.people.adjustments import Adjustments, adjustments
from grader.ledger.people.rosters import ListedStudent


@dataclass(frozen=True)
class Register:
    """The rosters of all courses, and the decisions for single students."""

    roster: Sequence[ListedStudent] = ()
    decisions: Callable[[Ledger, str, str, str], Adjustments] = adjustments
    """Returns what was decided, from ledger, platform, student and exercise."""

    def entries(self, platform: str, student: str) -> Sequence[ListedStudent]:
        """Return the student's entries, one for each course."""
        return self._by_student.get((platform, student), ())

    @cached_property
    def _by_student(self) -> Mapping[tuple[str, str], list[ListedStudent]]:
        found: dict[tuple[str, str], list[ListedStudent]] = defaultdict(list)
        for entry in self.roster:
            found[entry.platform, entry.student].append(entry)
        return found
