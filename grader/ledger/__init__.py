"""The ledger: every report that was ever given, what is on its way to one, and the database that keeps them."""

from grader.ledger.entry import AGAIN, LedgerEntry
from grader.ledger.ledger import LOCAL, Ledger, Regrade

__all__ = ["AGAIN", "LOCAL", "Ledger", "LedgerEntry", "Regrade"]
