"""The intake: entries of any queue become rows, or dead letters with the reason."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from grader.base.errors import Problem
from grader.service import streams
from grader.service.dead import DeadLetters
from grader.service.reception import Receipt, Reception


class QueueEntry(NamedTuple):
    """One entry of a queue."""

    source: str
    """The queue, such as `intake:canvas`, with the platform after the colon."""
    name: str
    """Its id there."""
    came_at: datetime
    fields: Mapping[bytes, bytes]


def take_in(
    entries: Sequence[QueueEntry], reception: Reception, letters: DeadLetters, complaint: Problem | None = None
) -> list[Receipt]:
    """Make each entry a durable row or dead letter, and return the receipts of the rows.

    With a complaint, about how they were sent, the rows are rejected and their platform is told so.
    """
    sound, envelopes = [], []
    for entry in entries:
        try:
            envelopes.append(streams.read(entry.source.partition(":")[2], entry.came_at, entry.fields))
            sound.append(entry)
        except streams.Unreadable as error:
            letters.keep(entry.source, entry.name, str(error), entry.fields)
    if complaint is None:
        receipts = reception.accept(envelopes)
    else:
        receipts = [reception.refuse(envelope, complaint) for envelope in envelopes]
    for entry, receipt in zip(sound, receipts, strict=True):
        if receipt.refused:
            letters.keep(entry.source, entry.name, receipt.refused, entry.fields)
    return [receipt for receipt in receipts if not receipt.refused]
