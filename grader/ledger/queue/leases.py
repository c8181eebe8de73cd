"""Leases: the right of one process to grade rows, until it ends them, gives them back, or is seen to be gone."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from grader.ledger.tables import SUBMISSIONS
from grader.schema import Report

ROW = SUBMISSIONS.c


class Lease(NamedTuple):
    """The right to grade one submission."""

    job: int
    token: str
    """Tells this lease from every other one on the same row; leases that were taken together have the same."""
    is_trial: bool
    """True if the breaker is open, and this is the one submission that is graded."""
    tries: int
    """The number of times that grading was begun; trials are not counted."""
    platform: str
    submission_id: str
    student: str | None
    exercise: str | None
    """None if it could not be read when the submission came in."""
    content: str | None
    """None if the exercise's policy has not judged it yet."""
    document: str
    credit: float
    """The part of the score that lateness leaves."""
    received_at: datetime


class Ending(NamedTuple):
    """The way in which a leased row ends: with this report on its submission."""

    lease: Lease
    report: Report


def held(leases: Sequence[Lease]) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions that rows fulfil while these leases, which were taken together, hold."""
    return of_token([lease.job for lease in leases], leases[0].token)


def of_token(jobs: Sequence[int], token: str) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions that those of these rows fulfil that are leased under this token."""
    return ROW.id.in_(jobs), ROW.state == "grading", ROW.lease == token
