"""The records of the web door: what is handed in, and the answers that are no result and no report."""

from typing import Any

from pydantic import AwareDatetime, Field

from grader.base.errors import Problem
from grader.schema.kinds import Record
from grader.schema.queue import State, SubmissionId


class PostedSubmission(Record):
    """A submission as a platform posts it."""

    submission: str | dict[str, Any] = Field(
        description="The student's file, as text in YAML or JSON; or the submission itself, as JSON."
    )
    student: str | None = Field(
        default=None, max_length=256, description="The student; replaces `student` inside the submission."
    )
    course: str | None = Field(default=None, max_length=256, description="The course, as the platform names it.")
    id: SubmissionId | None = Field(
        default=None, description="Your id of the submission; needed if there is no header `Idempotency-Key`."
    )


class TakenIn(Record):
    """A submission that is kept for good, and will be graded."""

    id: SubmissionId
    state: State
    url: str = Field(description="The address of its result.")


class Refusals(Record):
    """The reason why a request was refused."""

    problems: tuple[Problem, ...]
    next_allowed: AwareDatetime | None = Field(
        default=None, description="The time from which the same request may succeed, if it came too soon."
    )


class Health(Record):
    """The health of the web door."""

    live: bool
    ready: bool = Field(description="True if a submission would be taken in now.")
