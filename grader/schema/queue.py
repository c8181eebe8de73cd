"""The records of the queue: the envelope that a platform sends, and the result that it gets back."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from grader.base.errors import Problem
from grader.base.language import N_
from grader.schema import Adjustment, Fraction, Identifier, Record, Report

State = Literal["received", "queued", "grading", "graded", "ungradable", "rejected", "dead"]
TERMINAL: tuple[State, ...] = ("graded", "ungradable", "rejected", "dead")
"""The final states of a submission."""
PENDING: tuple[State, ...] = ("received", "queued", "grading")
COUNTED: tuple[State, ...] = (*PENDING, "graded")
"""The states of a submission that counts as an attempt."""

STATES: dict[State, str] = {
    "received": N_("stored; it will be graded"),
    "queued": N_("waiting for a worker"),
    "grading": N_("a worker is grading it"),
    "graded": N_("graded; the report is here"),
    "ungradable": N_("none of the claims could be decided; no attempt is used up"),
    "rejected": N_("not graded: see the problems; no attempt is used up"),
    "dead": N_("we could not grade it; this is not your fault, and no attempt is used up"),
}
"""The states in words for students."""

HELD = N_("stored; its exercise must be mended first, then it will be graded")
"""The state of a submission whose exercise cannot be used at present, in words for students."""

MEASURED_FIRST = N_("stored; every head is being measured first, {percent} done")
"""The state of a submission whose exercise has not been measured on this service before, in words for students."""

SUBMISSION_ID = r"^[A-Za-z0-9](?:[A-Za-z0-9_:-]|\.(?:[A-Za-z0-9_:-]|$)){0,127}$"
SubmissionId = Annotated[str, Field(pattern=SUBMISSION_ID, max_length=128)]
"""The platform's id of the submission; it cannot be a path."""


class Envelope(Record):
    """One submission as a platform sends it."""

    platform: Identifier
    id: SubmissionId
    submission: str = Field(max_length=256 * 1024, description="The student's file, in YAML or JSON.")
    came_at: datetime = Field(description="The time at which it reached the queue.")
    student: str | None = Field(
        default=None, max_length=256, description="The student; replaces `student` inside the submission."
    )
    course: str | None = Field(default=None, max_length=256)
    key_id: str | None = Field(default=None, max_length=64)
    timestamp: str | None = Field(
        default=None, max_length=16, description="The time of the signature, in seconds since 1970."
    )
    signature: str | None = Field(default=None, max_length=128)


class Result(Record):
    """The result of a submission, with as much of it as its student may see."""

    platform: Identifier
    id: SubmissionId
    revision: int = Field(
        default=0, ge=0, description="Grows with every new answer on this submission: the highest one is right."
    )
    state: State
    says: str = Field(description="The state in words.")
    student: str | None
    exercise: str | None
    received_at: datetime
    finished_at: datetime | None
    tries: int = Field(ge=0, description="The number of times that grading was started.")
    problems: tuple[Problem, ...] = Field(default=(), description="The reasons for a rejection.")
    next_allowed: datetime | None = Field(
        default=None, description="The time from which the next submission will be accepted."
    )
    reason: str = Field(default="", description="The error on our side, if there was one.")
    attempts_used: int = Field(default=0, ge=0)
    attempts: int | None = Field(default=None, description="The most attempts; null means no limit.")
    credit: Fraction = Field(default=1.0, description="The part of the score that is left after the cost of late days.")
    score: Fraction | None = Field(
        default=None, description="The report's score times the credit, or the one that an instructor set."
    )
    passed: bool | None = None
    regraded: str = Field(default="", description="The reason for a new report, if the submission was graded again.")
    adjustments: tuple[Adjustment, ...] = Field(
        default=(),
        exclude_if=lambda made: not made,
        description="What an instructor decided for this student on this exercise; missing if nothing.",
    )
    report: Report | None = Field(default=None, description="The parts of the report that students may see.")
