"""Offline work: what a student graded at this terminal, and what became of it at a platform that it was given to.

It is rebuilt from the ledger and handed in like anything else, under an id that follows from its content: whoever
hands it in twice does it once. A refused one may be tried a few times more, once the platform takes such again,
and is never lost: it stays in the ledger of this terminal.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from grader.documents import SIZE_LIMIT
from grader.ledger import LOCAL, Ledger
from grader.ledger.columns import storable, written
from grader.schema import Report, Submission

REFUSALS = 5
"""So often refused, a submission is not handed in again."""
PREFIX = "offline-"
DIGITS = 40
"""Of the digest that an id holds."""

NOTED = "SELECT * FROM handed_in WHERE queue = :queue AND platform = :platform"
NOTE = """
INSERT INTO handed_in (queue, platform, submission_id, refused, state, again_at, reason)
VALUES (:queue, :platform, :submission_id, :refused, :state, :again_at, :reason)
ON CONFLICT (queue, platform, submission_id) DO UPDATE SET
    refused = handed_in.refused + excluded.refused, state = excluded.state, again_at = excluded.again_at,
    reason = excluded.reason
"""
ASKED_FOR = "SELECT report FROM submissions WHERE platform = :platform AND student = :student AND report IS NOT NULL"
"""The entries that a platform's submissions led to, where this ledger is a service's as well."""


class Offline(NamedTuple):
    """A submission that was graded at this terminal."""

    id: str
    """What it is called on the platform."""
    exercise: str
    document: str


class HandedIn:
    """What was handed in to one platform of one queue, and what became of it."""

    def __init__(self, ledger: Ledger, queue: str, platform: str) -> None:
        """`queue` is the server's address, without a password."""
        self.ledger = ledger
        self.place = {"queue": queue, "platform": platform}

    def waiting(self, offline: Iterable[Offline], now: datetime) -> list[Offline]:
        """Those that are to be handed in now, under the ids for it: an id that was refused stays refused."""
        with self.ledger.statements() as execute:
            noted = {row["submission_id"]: row for row in execute(NOTED, self.place)}
        ready = []
        for work in offline:
            row = noted.get(work.id)
            if row is None:
                ready.append(work)
            elif row["again_at"] and row["again_at"] <= written(now) and row["refused"] < REFUSALS:
                ready.append(work._replace(id=f"{work.id}-{row['refused'] + 1}") if row["refused"] else work)
        return ready

    def note(self, work: str, state: str, reason: str = "", again_at: datetime | None = None) -> None:
        """Keep what became of the submission of this id; handed in again it is from `again_at` on, or never."""
        row = {
            **self.place,
            "submission_id": work[: len(PREFIX) + DIGITS],
            "refused": int(state == "rejected"),
            "state": state,
            "again_at": None if again_at is None else written(again_at),
            "reason": storable(reason),
        }
        with self.ledger.statements(write=True) as execute:
            execute(NOTE, row)


def offline(ledger: Ledger, names: Iterable[str], student: str) -> list[Offline]:
    """What was graded at this terminal under these names, oldest first, as the student would hand it in."""
    found: dict[str, Offline] = {}
    for report in _reports(ledger, names):
        submission = Submission(
            exercise=report.exercise,
            claims=tuple(verdict.claim for verdict in report.verdicts),
            gallery=report.gallery,
            gallery_name=report.gallery_name,
        )
        work = as_offline(submission, student)
        if len(work.document.encode()) <= SIZE_LIMIT:  # JSON may take more room than the YAML that it was
            found.setdefault(work.id, work)
    return list(found.values())


def as_offline(submission: Submission, student: str) -> Offline:
    """What the submission would be called, and hold, had it been graded at this terminal."""
    document = submission.model_copy(update={"student": None}).model_dump_json(exclude_none=True)
    digest = sha256(f"{student}\0{document}".encode()).hexdigest()
    return Offline(f"{PREFIX}{digest[:DIGITS]}", submission.exercise, document)


def _reports(ledger: Ledger, names: Iterable[str]) -> Iterator[Report]:
    """The reports that no platform asked for."""
    for name in sorted(names):
        with ledger.statements() as execute:
            asked_for = {row["report"] for row in execute(ASKED_FOR, {"platform": LOCAL, "student": name})}
        for entry in ledger.entries(student=name, platform=LOCAL):
            if entry.id not in asked_for and entry.replaces is None and entry.report.gradable and entry.report.verdicts:
                yield entry.report
