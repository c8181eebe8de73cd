"""The students whom a ledger knows: everyone with a report, a submission, or a line on a roster."""

from grader.ledger.entry import KnownStudent
from grader.ledger.ledger import Ledger

KNOWN = """
SELECT platform, student FROM reports
UNION SELECT platform, student FROM submissions WHERE student IS NOT NULL
UNION SELECT platform, student FROM roster
"""


def students(ledger: Ledger) -> set[KnownStudent]:
    """Return every student of every platform, those included who only have rejected files, or nothing."""
    with ledger.database.statements() as execute:
        return {KnownStudent(**row) for row in execute(KNOWN, {})}
