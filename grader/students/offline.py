"""Offline work: submissions that a student graded at this terminal and can hand in to a platform.

A submission is rebuilt from the ledger and handed in like any other, under an id that is computed from its content: to
hand it in twice changes nothing. A refused one may be tried a few times more, once the platform takes it again. It is
never lost: it stays in the ledger of this terminal.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from grader.documents import SIZE_LIMIT
from grader.ledger import LOCAL, Ledger
from grader.ledger.handed_in import DIGITS, PREFIX, HandedIn
from grader.ledger.queue.graded import graded
from grader.schema import Report, Submission

REFUSALS = 5
"""After this many refusals, a submission is not handed in again."""


class Offline(NamedTuple):
    """A submission that was graded at this terminal."""

    id: str
    """Its id on the platform."""
    exercise: str
    document: str


def to_hand_in(handed_in: HandedIn, works: Iterable[Offline], now: datetime) -> list[Offline]:
    """Return the work that is to be handed in now; refused work gets a new id, since the old id stays refused."""
    notes = handed_in.notes()
    ready = []
    for work in works:
        note = notes.get(work.id)
        if note is None:
            ready.append(work)
        elif note.again_at and note.again_at <= now and note.refused < REFUSALS:
            ready.append(work._replace(id=f"{work.id}-{note.refused + 1}") if note.refused else work)
    return ready


def offline(ledger: Ledger, names: Iterable[str], student: str) -> list[Offline]:
    """Return the work that was graded at this terminal under these names, oldest first, in this student's name."""
    works: dict[str, Offline] = {}
    for report in _reports(ledger, names):
        submission = Submission(
            exercise=report.exercise,
            claims=tuple(verdict.claim for verdict in report.verdicts),
            gallery=report.gallery,
            gallery_name=report.gallery_name,
        )
        work = as_offline(submission, student)
        if len(work.document.encode()) <= SIZE_LIMIT:  # JSON may take more room than the YAML that it was
            works.setdefault(work.id, work)
    return list(works.values())


def as_offline(submission: Submission, student: str) -> Offline:
    """Return the submission as offline work of this student."""
    document = submission.model_copy(update={"student": None}).model_dump_json(exclude_none=True)
    digest = sha256(f"{student}\0{document}".encode()).hexdigest()
    return Offline(f"{PREFIX}{digest[:DIGITS]}", submission.exercise, document)


def _reports(ledger: Ledger, names: Iterable[str]) -> Iterator[Report]:
    """Yield the reports that did not come through a queue: the ledger may be a service's as well."""
    for name in sorted(names):
        queued = graded(ledger, LOCAL, name)
        for entry in ledger.entries(student=name, platform=LOCAL):
            if entry.id not in queued and entry.replaces is None and entry.report.gradable and entry.report.verdicts:
                yield entry.report
