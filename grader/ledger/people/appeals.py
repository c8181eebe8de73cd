"""Appeals: from a report, or from a submission, to everything that led to it and came of it."""

import re
from datetime import datetime
from typing import Any, NamedTuple

from grader.ledger.database import Execute
from grader.ledger.entry import LedgerEntry
from grader.ledger.ledger import Ledger

HASH = re.compile(r"[0-9a-f]{8,64}")
"""The beginning of a content hash, long enough to look a report up."""
NUMBER = re.compile(r"[0-9]{1,9}")
"""The number of an entry, as its column holds it."""

WHICH = "SELECT DISTINCT submission, platform, student, exercise FROM reports"
BY_ENTRY = f"{WHICH} WHERE id = :entry"
OF_SUBMISSION = f"{WHICH} WHERE submission = :submission"
BY_HASH = f"{WHICH} WHERE content_hash LIKE :beginning"
HANDED_IN = """
SELECT submissions.platform, submission_id, submissions.student, submissions.exercise, state, received_at, document
FROM submissions JOIN reports ON reports.id = submissions.report AND reports.platform = submissions.platform
    AND reports.student = submissions.student AND reports.exercise = submissions.exercise
WHERE reports.submission = :submission
ORDER BY submissions.id
"""
BY_ID = """
SELECT submissions.platform, submission_id, submissions.student, submissions.exercise, state, received_at, document,
    reports.submission
FROM submissions LEFT JOIN reports ON reports.id = submissions.report
WHERE submissions.platform = :platform AND submission_id = :id
"""


class HandedFile(NamedTuple):
    """A submission as it came in."""

    platform: str
    id: str
    student: str | None
    exercise: str | None
    state: str
    received_at: datetime
    document: str
    """Empty if it was not kept, or is kept no longer."""


class Trail(NamedTuple):
    """Everything about one submission: its files, and its reports, oldest first."""

    files: tuple[HandedFile, ...]
    """Several if the same content came in under several ids; none if it was graded at this terminal."""
    entries: tuple[LedgerEntry, ...]
    """None if it was never graded."""


def trails(ledger: Ledger, word: str) -> list[Trail]:
    """Return the trail of a report by its number or the beginning of its content hash, or of a `platform/id`.

    There are several only if a beginning is too short.
    """
    platform, slash, submission_id = word.partition("/")
    with ledger.database.statements() as execute:
        if slash:
            found = execute(BY_ID, {"platform": platform, "id": submission_id})
            if found and found[0]["submission"] is None:
                return [Trail(tuple(map(_file, found)), ())]
            which = [row for each in found for row in execute(OF_SUBMISSION, {"submission": each["submission"]})]
        else:
            which = _reports(execute, word)
        files = {row["submission"]: execute(HANDED_IN, {"submission": row["submission"]}) for row in which}
    return [Trail(tuple(map(_file, files[row["submission"]])), _entries(ledger, row)) for row in which]


def _reports(execute: Execute, word: str) -> list[dict[str, Any]]:
    found = execute(BY_HASH, {"beginning": f"{word}%"}) if HASH.fullmatch(word) else []
    return found or (execute(BY_ENTRY, {"entry": int(word)}) if NUMBER.fullmatch(word) else [])


def _file(row: dict[str, Any]) -> HandedFile:
    when = datetime.fromisoformat(row["received_at"])
    which = (row["platform"], row["submission_id"], row["student"], row["exercise"])
    return HandedFile(*which, row["state"], when, row["document"])


def _entries(ledger: Ledger, row: dict[str, Any]) -> tuple[LedgerEntry, ...]:
    theirs = ledger.entries(student=row["student"], exercise=row["exercise"], platform=row["platform"])
    return tuple(entry for entry in theirs if entry.submission == row["submission"])
