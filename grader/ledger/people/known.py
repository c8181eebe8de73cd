"""The students whom a ledger knows: everyone with a report, a submission, or a line in a table about students."""

from grader.ledger.entry import KnownStudent
from grader.ledger.ledger import Ledger

KNOWN = """
SELECT platform, student FROM reports
UNION SELECT platform, student FROM submissions WHERE student IS NOT NULL
UNION SELECT platform, student FROM roster
UNION SELECT platform, student FROM adjustments
UNION SELECT platform, student FROM line_items
UNION SELECT platform, student FROM tokens WHERE student IS NOT NULL
UNION SELECT platform, student FROM sessions WHERE role = 'student'
UNION SELECT platform, student FROM hints
"""


def students(ledger: Ledger) -> set[KnownStudent]:
    """Return every student of every platform, those included who only have rejected files, or nothing."""
    with ledger.database.statements() as execute:
        return {KnownStudent(**row) for row in execute(KNOWN, {})}
