"""Answers: what a platform and its student are told of a submission, read from its row as it stands now."""

import json
from datetime import datetime

import sqlalchemy as sa

from grader import exercises
from grader.base.errors import ExerciseError, Problem
from grader.base.language import _, ngettext
from grader.grading.grade import shown
from grader.ledger import Ledger
from grader.ledger.entry import LedgerEntry
from grader.ledger.tables import SUBMISSIONS
from grader.schema.queue import PENDING, STATES, Result, State
from grader.students.regrading import ARROW, BETWEEN

ROW = SUBMISSIONS.c


def result(ledger: Ledger, platform: str, submission_id: str) -> Result | None:
    """What became of the platform's submission of this id; None where there is none."""
    with ledger.connection() as connection:
        query = sa.select(SUBMISSIONS).where(ROW.platform == platform, ROW.submission_id == submission_id)
        row = connection.execute(query).mappings().one_or_none()
        if row is None:
            return None
        used = _attempts_used(connection, row)
        entry = ledger.current(connection, row["report"]) if row["report"] is not None else None
        state: State = row["state"]
    report = shown(entry.report) if entry else None
    is_graded = report is not None and report.gradable
    return Result(
        platform=platform,
        id=submission_id,
        state=state,
        says=_(STATES[state]),
        student=row["student"],
        exercise=row["exercise"],
        received_at=datetime.fromisoformat(row["received_at"]),
        finished_at=_when(row["finished_at"]),
        tries=row["tries"],
        problems=tuple(Problem(**problem) for problem in json.loads(row["problems"])),
        next_allowed=_when(row["next_allowed"]),
        reason=_failed(row["tries"]) if row["state"] == "dead" else "",
        attempts_used=used,
        attempts=_attempts(row["exercise"]),
        credit=row["credit"],
        score=round(report.score * row["credit"], 4) if report and is_graded else None,
        passed=report.passed if report and is_graded else None,
        regraded=_reason(entry),
        report=report,
    )


def _failed(tries: int) -> str:
    return ngettext(
        "grading was begun {number} time and failed", "grading was begun {number} times and failed each time", tries
    )


def _attempts_used(connection: sa.Connection, row: sa.RowMapping) -> int:
    """How many different submissions of the student to the exercise count, those on the way among them."""
    same = (ROW[name] == row[name] for name in ("platform", "student", "exercise"))
    counted = sa.select(sa.func.count(sa.distinct(ROW.content))).where(*same, ROW.state.in_((*PENDING, "graded")))
    return int(connection.scalar(counted) or 0)


def _attempts(exercise: str | None) -> int | None:
    try:
        return exercises.load(exercise).policy.attempts if exercise else None
    except ExerciseError:
        return None


def _reason(entry: LedgerEntry | None) -> str:
    """Why the report was regraded; which thresholds moved is told where the exercise tells its numbers."""
    if entry is None or entry.replaces is None:
        return ""
    parts = entry.reason.split(BETWEEN)
    return BETWEEN.join(part for part in parts if entry.report.feedback == "all" or ARROW not in part)


def _when(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
