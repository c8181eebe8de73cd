"""An overview of many students: what came in and what it scored, without the measurements; read without SQLAlchemy."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from grader.ledger.ledger import Ledger

PAGE = 500
"""Rows read at a time."""
ONLY = {"platform": " AND platform = :platform", "exercise": " AND (exercise = :exercise OR exercise IS NULL)"}
"""Conditions that may be added; of a file that could not be read, nobody knows the exercise."""
CAME = """
SELECT id, platform, student, course, exercise, state, content, received_at FROM submissions
WHERE id > :after AND student IS NOT NULL
"""
SCORED = """
SELECT id, platform, student, exercise, identity, report, created_at FROM reports
WHERE id > :after AND NOT EXISTS (SELECT 1 FROM reports AS newer WHERE newer.replaces = reports.id)
"""
"""The newest entry of each submission."""
PAGED = " ORDER BY id LIMIT :page"


class CameIn(NamedTuple):
    """A submission that came through a queue, graded or not."""

    platform: str
    student: str
    course: str
    """Empty if the platform named none."""
    exercise: str
    """Empty if the file could not be read."""
    state: str
    content: str | None
    when: datetime


class ScoredEntry(NamedTuple):
    """The report on a submission as it stands."""

    platform: str
    student: str
    exercise: str
    identity: str
    score: float
    passed: bool
    gradable: bool
    when: datetime


def came_in(ledger: Ledger, platform: str | None = None, exercise: str | None = None) -> Iterator[CameIn]:
    """Yield every submission of a known student, in the order in which they came; only these where given."""
    for row in _paged(ledger, CAME, platform, exercise):
        yield CameIn(
            row["platform"],
            row["student"],
            row["course"] or "",
            row["exercise"] or "",
            row["state"],
            row["content"],
            datetime.fromisoformat(row["received_at"]),
        )


def scored(ledger: Ledger, platform: str | None = None, exercise: str | None = None) -> Iterator[ScoredEntry]:
    """Yield every report as it stands, oldest first; only these where given."""
    for row in _paged(ledger, SCORED, platform, exercise):
        report = json.loads(row["report"])
        yield ScoredEntry(
            row["platform"],
            row["student"],
            row["exercise"],
            row["identity"],
            report["score"],
            report["passed"],
            report["gradable"],
            datetime.fromisoformat(row["created_at"]),
        )


def _paged(ledger: Ledger, query: str, platform: str | None, exercise: str | None) -> Iterator[dict[str, Any]]:
    given = {"platform": platform, "exercise": exercise}
    values = {name: value for name, value in given.items() if value is not None}
    query += "".join(ONLY[name] for name in values) + PAGED
    last = 0
    while True:
        with ledger.database.statements() as execute:
            rows = execute(query, {**values, "after": last, "page": PAGE})
        if not rows:
            return
        yield from rows
        last = rows[-1]["id"]
