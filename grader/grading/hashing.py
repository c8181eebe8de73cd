"""The canonical bytes of a report: the same report has the same bytes, and so the same hash, on every machine."""

import hashlib
import json

from grader.schema import Report


def canonical(report: Report) -> bytes:
    """Return the report without its content hash as JSON: keys sorted, no spaces, ASCII only.

    A number is written as its field's type: points given as the integer 0 are `0.0`, as they are when read back.
    """
    content = report.model_dump(mode="json", exclude={"content_hash"})
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def content_hash(report: Report) -> str:
    """Return the SHA-256 of the canonical bytes, in hexadecimal."""
    return hashlib.sha256(canonical(report)).hexdigest()
