"""The export: everything that is kept of one student, in one document for a program or a patient person."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from grader.grading.grade import shown
from grader.ledger import KnownStudent
from grader.schema import Report

PACKED = {("reports", "report"), ("submissions", "problems"), ("dead_letters", "content")}
"""Columns that hold JSON themselves; the export has it unpacked, so that it can be read."""


def document(
    who: KnownStudent, rows: Mapping[str, Sequence[Mapping[str, Any]]], when: datetime, *, whole: bool = False
) -> str:
    """Return the export as JSON.

    Unless it is `whole`, a report holds no more than its exercise lets students see, so that it may be given to one.
    """
    tables = {name: [_row(name, row, whole=whole) for row in theirs] for name, theirs in rows.items() if theirs}
    heading = {"platform": who.platform, "student": who.student, "exported_at": when.isoformat(timespec="seconds")}
    return json.dumps({**heading, "is_whole": whole, "kept": tables}, indent=2)


def _row(table: str, row: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    unpacked = {name: _unpacked(value) if (table, name) in PACKED else value for name, value in row.items()}
    if table == "reports" and not whole:
        report = shown(Report.model_validate_json(row["report"]))
        unpacked["report"] = report.model_dump(mode="json")
    return unpacked


def _unpacked(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
