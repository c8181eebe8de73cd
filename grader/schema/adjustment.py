"""The adjustment: what an instructor decided for one student on one exercise, against the exercise's own rules."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from grader.schema.kinds import Fraction, Record

AdjustmentKind = Literal["extension", "attempts", "excused", "score"]


class Adjustment(Record):
    """One decision for one student on one exercise, with its reason."""

    kind: AdjustmentKind
    until: datetime | None = Field(default=None, description="Of an extension: the student's own deadline.")
    more: int | None = Field(default=None, ge=1, le=10_000, description="The attempts beyond those of the exercise.")
    score: Fraction | None = Field(default=None, description="The score that counts, whatever was measured.")
    reason: str = Field(min_length=1, max_length=2000, description="The instructor's reason; the student sees it.")
    made_at: datetime
