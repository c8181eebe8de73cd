"""What goes in and what comes out: the envelope that a platform hands in, and the result that it gets back."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from grader.base.errors import Problem
from grader.base.language import N_
from grader.schema import Fraction, Identifier, Record, Report

State = Literal["received", "queued", "grading", "graded", "ungradable", "rejected", "dead"]
TERMINAL: tuple[State, ...] = ("graded", "ungradable", "rejected", "dead")
"""The states in which a submission stays."""
PENDING: tuple[State, ...] = ("received", "queued", "grading")

STATES: dict[State, str] = {
    "received": N_("kept safely; it will be graded"),
    "queued": N_("waiting for a worker"),
    "grading": N_("a worker is grading it"),
    "graded": N_("graded; the report is here"),
    "ungradable": N_("none of the claims could be measured; no attempt is used up"),
    "rejected": N_("not graded: see the problems; no attempt is used up"),
    "dead": N_("we could not grade it; that is not your fault, and no attempt is used up"),
}
"""Each state in words for students."""

SubmissionId = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9_:-]|\.(?:[A-Za-z0-9_:-]|$)){0,127}$", max_length=128)
]
"""Whatever a platform calls the submission; never a path."""


class Envelope(Record):
    """One submission as it is handed in, with who hands it in."""

    platform: Identifier
    id: SubmissionId
    submission: str = Field(max_length=256 * 1024, description="YAML or JSON, as a student writes it.")
    came_at: datetime = Field(description="When it reached the queue.")
    student: str | None = Field(default=None, max_length=256, description="Takes the place of the submission's own.")
    course: str | None = Field(default=None, max_length=256)
    key_id: str | None = Field(default=None, max_length=64)
    timestamp: str | None = Field(default=None, max_length=16, description="Seconds since 1970, of the signature.")
    signature: str | None = Field(default=None, max_length=128)


class Result(Record):
    """What became of a submission: as much of it as its student may see."""

    platform: Identifier
    id: SubmissionId
    state: State
    says: str = Field(description="The state in words.")
    student: str | None
    exercise: str | None
    received_at: datetime
    finished_at: datetime | None
    tries: int = Field(ge=0, description="How often grading was begun.")
    problems: tuple[Problem, ...] = Field(default=(), description="Why it was rejected.")
    next_allowed: datetime | None = Field(default=None, description="When another submission would be taken.")
    reason: str = Field(default="", description="What went wrong on our side.")
    attempts_used: int = Field(default=0, ge=0)
    attempts: int | None = Field(default=None, description="How many there are; null: as many as one likes.")
    credit: Fraction = Field(default=1.0, description="What lateness leaves of the score.")
    score: Fraction | None = Field(default=None, description="The report's score times the credit.")
    passed: bool | None = None
    regraded: str = Field(default="", description="Why the report is not the first one, where it is not.")
    report: Report | None = Field(default=None, description="As the exercise lets the student see it.")
