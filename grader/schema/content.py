"""The content of a submission: what makes two of them the same, whichever version of the grader looks at them.

It is made of what the student wrote, in its order: the claims, with notes and evidence. Nothing that was measured is in
it, so a new score table, a new field of the report or another library makes no submission a different one. Student,
platform and exercise are not in it either; they are columns beside it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping

from grader.schema.report import Report
from grader.schema.submission import Claim


def claims_hash(claims: Iterable[Claim]) -> str:
    """Return the SHA-256 of the claims, in hexadecimal."""
    return hash_of_written(claim.model_dump(mode="json") for claim in claims)


def hash_of_written(claims: Iterable[Mapping[str, object]]) -> str:
    """Return the hash of claims that are written as JSON.

    A key without a value counts as missing, so that a field which a later version adds changes no hash.
    """
    given = [{key: value for key, value in claim.items() if value is not None} for claim in claims]
    return _hash(json.dumps(given, sort_keys=True, separators=(",", ":")))


def identity(report: Report) -> str:
    """Return the hash by which the ledger knows the report's submission: of its claims and wishes for the gallery.

    A report of an exercise that shows only the score has no claims; it is known by the hash of the whole report.
    """
    if not report.verdicts:
        return report.content_hash
    return with_wishes(claims_hash(verdict.claim for verdict in report.verdicts), report.gallery, report.gallery_name)


def with_wishes(claims: str, gallery: bool, gallery_name: str | None) -> str:
    """Return the hash of the claims, made another one by any wish for the gallery."""
    return _hash("\0".join((claims, gallery_name or ""))) if gallery else claims


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
