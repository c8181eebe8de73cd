"""The ledger: every report, every submission on its way to one, and the database that keeps them.

Only this package speaks SQL. It opens a SQLite file without SQLAlchemy, which `grader.ledger.queue` needs.
"""

from grader.ledger.database import SCHEMA, exists
from grader.ledger.entry import AGAIN, KnownStudent, LedgerEntry
from grader.ledger.history import Arrival, History, Origin
from grader.ledger.ledger import LOCAL, Ledger, Regrade

__all__ = [
    "AGAIN",
    "LOCAL",
    "SCHEMA",
    "Arrival",
    "History",
    "KnownStudent",
    "Ledger",
    "LedgerEntry",
    "Origin",
    "Regrade",
    "exists",
]
