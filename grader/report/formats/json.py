"""The report as JSON, for programs: sorted keys, two spaces, ASCII, its content hash filled in."""

import json

from grader.grading.hashing import content_hash
from grader.report.formats import Material
from grader.schema import Report


def show(material: Material) -> str:
    """Return the report as JSON."""
    return render(material.report)


def render(report: Report) -> str:
    """The whole report; the same bytes everywhere.

    A hash that is already there stays: it is the full report's, also where a student is shown less of it.
    """
    settled = report.model_copy(update={"content_hash": report.content_hash or content_hash(report)})
    content = Report.model_validate_json(settled.model_dump_json()).model_dump_json()
    return json.dumps(json.loads(content), sort_keys=True, indent=2, allow_nan=False) + "\n"
