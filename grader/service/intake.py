"""The intake: entries of any queue become rows; what no row can be made of is kept as a dead letter with its reason."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from grader.service import streams
from grader.service.dead import DeadLetters
from grader.service.reception import Receipt, Reception


class QueueEntry(NamedTuple):
    """Something that somebody put on a queue."""

    source: str
    """The queue, such as `intake:canvas`; the platform stands behind the colon."""
    name: str
    """Its id there."""
    came_at: datetime
    fields: Mapping[bytes, bytes]


def take_in(entries: Sequence[QueueEntry], reception: Reception, letters: DeadLetters) -> list[Receipt]:
    """The receipts of what could be taken in; when this returns, each entry is a row or a dead letter, durably."""
    sound, envelopes = [], []
    for entry in entries:
        try:
            envelopes.append(streams.read(entry.source.partition(":")[2], entry.came_at, entry.fields))
            sound.append(entry)
        except streams.Unreadable as error:
            letters.keep(entry.source, entry.name, str(error), entry.fields)
    receipts = reception.accept(envelopes) if envelopes else []
    for entry, receipt in zip(sound, receipts, strict=True):
        if receipt.refused:
            letters.keep(entry.source, entry.name, receipt.refused, entry.fields)
    return [receipt for receipt in receipts if not receipt.refused]
