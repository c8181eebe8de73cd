"""Which hints a student has taken, of which exercise and kind, and what each cost then."""

from collections.abc import Iterable
from datetime import datetime

from grader.ledger import Ledger
from grader.ledger.columns import written
from grader.students.xp import Hint

OF_STUDENT = "SELECT exercise, kind, rung, cost, taken_at FROM hints WHERE student = :student ORDER BY id"
TAKE = """
INSERT INTO hints (student, exercise, kind, rung, cost, taken_at)
VALUES (:student, :exercise, :kind, :rung, :cost, :taken_at)
ON CONFLICT (student, exercise, kind, rung) DO NOTHING
"""


def hints(ledger: Ledger, names: Iterable[str]) -> list[Hint]:
    """Every hint that was taken under these names."""
    with ledger.statements() as execute:
        rows = [row for name in sorted(names) for row in execute(OF_STUDENT, {"student": name})]
    return [
        Hint(row["exercise"], row["kind"], row["rung"], row["cost"], datetime.fromisoformat(row["taken_at"]))
        for row in rows
    ]


def take(ledger: Ledger, student: str, hint: Hint) -> None:
    """Note the hint; one that was taken before stays as it is, with what it cost then."""
    row = {
        "student": student,
        "exercise": hint.exercise,
        "kind": hint.kind,
        "rung": hint.rung,
        "cost": hint.cost,
        "taken_at": written(hint.when),
    }
    with ledger.statements(write=True) as execute:
        execute(TAKE, row)
