"""The canonical bytes of a report: the same report has the same bytes, and so the same hash, on every machine."""

import hashlib
import json

from grader.schema import Report


def canonical(report: Report) -> bytes:
    """The report without its content hash as JSON: keys sorted, no spaces, ASCII only.

    It is read back once before it is written, so that a report just made (where a float may still be the
    integer it was given as) and the same report read from a file have the same bytes.
    """
    settled = Report.model_validate_json(report.model_dump_json())
    content = settled.model_dump(mode="json", exclude={"content_hash"})
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def content_hash(report: Report) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal."""
    return hashlib.sha256(canonical(report)).hexdigest()
