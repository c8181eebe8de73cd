"""The report as JSON for programs: sorted keys, two spaces, ASCII, with its content hash."""

import json

from grader.grading.hashing import content_hash
from grader.report.formats import Material
from grader.schema import Report


def show(material: Material) -> str:
    """Return the report as JSON."""
    return render(material.report)


def render(report: Report) -> str:
    """Return the whole report, as the same bytes on every machine.

    A content hash that the report already has stays; it is the full report's, even if this one shows less.
    """
    hashed = report.model_copy(update={"content_hash": report.content_hash or content_hash(report)})
    content = Report.model_validate_json(hashed.model_dump_json()).model_dump_json()
    return json.dumps(json.loads(content), sort_keys=True, indent=2, allow_nan=False) + "\n"
