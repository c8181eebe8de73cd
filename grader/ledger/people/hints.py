"""The hints that students have taken, each with its price at that time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from grader.ledger.columns import written
from grader.ledger.ledger import Ledger

OF_STUDENT = "SELECT exercise, kind, rung, cost, taken_at FROM hints WHERE student = :student ORDER BY id"
TAKE = """
INSERT INTO hints (student, exercise, kind, rung, cost, taken_at)
VALUES (:student, :exercise, :kind, :rung, :cost, :taken_at)
ON CONFLICT (student, exercise, kind, rung) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Hint:
    """A hint that was taken."""

    exercise: str
    kind: str
    rung: str
    """The hint's name among those of the kind."""
    cost: int
    """In XP."""
    when: datetime


def taken(ledger: Ledger, names: Iterable[str]) -> list[Hint]:
    """Return every hint that was taken under these names."""
    with ledger.database.statements() as execute:
        rows = [row for name in sorted(names) for row in execute(OF_STUDENT, {"student": name})]
    return [
        Hint(row["exercise"], row["kind"], row["rung"], row["cost"], datetime.fromisoformat(row["taken_at"]))
        for row in rows
    ]


def take(ledger: Ledger, student: str, hint: Hint) -> None:
    """Write down the hint; one that was taken before stays as it is, at its old price."""
    row = {
        "student": student,
        "exercise": hint.exercise,
        "kind": hint.kind,
        "rung": hint.rung,
        "cost": hint.cost,
        "taken_at": written(hint.when),
    }
    with ledger.database.statements(write=True) as execute:
        execute(TAKE, row)
