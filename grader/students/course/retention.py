"""Retention: how long what students wrote is kept, and who has not been heard of for so long."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from grader.base.errors import InvalidInput, Problem
from grader.ledger import KnownStudent, Ledger
from grader.ledger.people import footprint
from grader.schema import Report

UNITS = {"d": 1, "w": 7, "m": 30, "y": 365}
"""The days of each unit of time."""
AGE = re.compile(r"(\d{1,4})([dwmy])")
GONE = "removed "
"""The beginning of what stands in the place of a note or sentence; a part of the submission's hash follows.

So two submissions that differed only in their notes are still two attempts.
"""
DIGITS = 8


def age(text: str, source: str) -> timedelta:
    """Return the time that a text such as `2y`, `6m`, `8w` or `90d` gives.

    Raises:
        InvalidInput: It gives none.
    """
    match = AGE.fullmatch(text.strip().lower())
    if match is None or int(match[1]) == 0:
        message = f"`{text}` is not a time; write a number with d, w, m or y, such as 2y for two years"
        raise InvalidInput(source, [Problem("bad-age", message)])
    return timedelta(days=int(match[1]) * UNITS[match[2]])


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
