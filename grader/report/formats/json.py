"""The report as JSON for programs: sorted keys, two spaces, ASCII, with its content hash."""

import json
from dataclasses import asdict

from grader.grading.hashing import content_hash
from grader.report.formats import Failure, Material
from grader.schema import Report


def show(material: Material) -> str:
    """Return the report as JSON."""
    return render(material.report)


def failed(failure: Failure) -> str:
    """Return the state and the problems as JSON, under the names that a platform's results have."""
    content = {
        "exit_code": failure.exit_code,
        "problems": [asdict(problem) for problem in failure.problems],
        "says": failure.says,
        "source": failure.source,
        "state": failure.state,
    }
    return json.dumps(content, sort_keys=True, indent=2) + "\n"


def render(report: Report) -> str:
    """Return the whole report, as the same bytes on every machine.

    A content hash that the report already has stays; it is the full report's, even if this one shows less.
    """
    hashed = report.model_copy(update={"content_hash": report.content_hash or content_hash(report)})
    content = Report.model_validate_json(hashed.model_dump_json()).model_dump_json()
    return json.dumps(json.loads(content), sort_keys=True, indent=2, allow_nan=False) + "\n"
