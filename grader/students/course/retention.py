"""Retention: how long what students wrote is kept, and who has not been heard of for so long."""

from collections.abc import Iterator
from datetime import datetime

from grader.ledger import KnownStudent, Ledger
from grader.ledger.people import footprint
from grader.schema import Report

GONE = "removed "
"""The beginning of what stands in the place of a note or sentence; a part of the submission's hash follows.

So two submissions that differed only in their notes are still two attempts.
"""
DIGITS = 8


def without_words(report: Report, identity: str) -> Report:
    """Return the report without its student's notes, sentences and name for the gallery; nothing else changes."""
    gone = f"{GONE}{identity[:DIGITS]}"
    verdicts = tuple(
        verdict.model_copy(
            update={
                "claim": verdict.claim.model_copy(
                    update={name: gone for name in ("note", "evidence") if getattr(verdict.claim, name) is not None}
                ),
                "evidence": None,
            }
        )
        for verdict in report.verdicts
    )
    return report.model_copy(update={"verdicts": verdicts, "gallery": False, "gallery_name": None})


def silent_since(ledger: Ledger, before: datetime) -> Iterator[KnownStudent]:
    """Yield the students of whom nothing was heard since then."""
    yield from sorted(who for who, when in footprint.last_seen(ledger).items() if when < before)
