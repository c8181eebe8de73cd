"""The file in which Gradescope describes a submission: `submission_metadata.json`."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from grader.base.errors import GraderError

FILE = "submission_metadata.json"
CLAIMS, KEPT = "claims", "kept"
"""The keys of `extra_data` with the hash of the claims, and with a mark on a score that is an earlier one's."""


class Dates(BaseModel):
    """The dates of an assignment, or of one student in it; other keys are left aside, because they may change."""

    due_date: AwareDatetime | None = None
    total_points: float | None = Field(default=None, ge=0)


class User(BaseModel):
    """A student; several hand in as a group."""

    id: int | str
    assignment: Dates | None = None


class Earlier(BaseModel):
    """An earlier submission of the same students."""

    submission_time: AwareDatetime | None = None
    autograder_error: bool | None = None
    results: dict[str, Any] | None = None

    @property
    def extra(self) -> Mapping[str, Any]:
        """The data that we left in its results."""
        extra = (self.results or {}).get("extra_data")
        return extra if isinstance(extra, Mapping) else {}

    @property
    def counts(self) -> bool:
        """True if it used an attempt: nothing in its results says that it was not graded."""
        return not self.autograder_error and self.extra.get("gradable") is not False and not self.extra.get(KEPT)


class Metadata(BaseModel):
    """The whole file."""

    created_at: AwareDatetime | None = None
    assignment: Dates = Dates()
    users: list[User] = []
    previous_submissions: list[Earlier] = []

    @property
    def student(self) -> str | None:
        """The students' numbers on Gradescope, which are no names."""
        return "+".join(str(user.id) for user in self.users)[:64] or None

    @property
    def due(self) -> datetime | None:
        """The deadline: the latest of those that the students have of their own, else the assignment's."""
        own = [user.assignment.due_date for user in self.users if user.assignment and user.assignment.due_date]
        return max(own, default=self.assignment.due_date)

    @property
    def attempts(self) -> dict[str, datetime]:
        """The times at which the earlier attempts first came in, by the hashes of their claims."""
        first: dict[str, datetime] = {}
        for number, each in enumerate(self._counting()):
            if when := each.submission_time or self.created_at:
                claims = str(each.extra.get(CLAIMS) or number)  # the number if it was graded without this package
                first[claims] = min(when, first.get(claims, when))
        return first

    @property
    def last_results(self) -> dict[str, Any] | None:
        """The results of the last submission that was graded."""
        return next((each.results for each in reversed(list(self._counting())) if each.results), None)

    def _counting(self) -> Iterator[Earlier]:
        return (each for each in self.previous_submissions if each.counts)


def read(root: Path) -> Metadata:
    """Return what the file in the folder says; without the file, as in a trial by hand, nothing is known.

    Raises:
        GraderError: It cannot be read, so that nobody could tell if the submission is late.
    """
    path = root / FILE
    if not path.exists():
        return Metadata()
    try:
        return Metadata.model_validate(json.loads(path.read_bytes()))
    except (OSError, ValueError) as error:
        why = error.errors(include_url=False, include_input=False)[0] if isinstance(error, ValidationError) else error
        raise GraderError(f"{path}: not as Gradescope writes it ({why})") from None
