"""The hints that students have taken, each with its price at that time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from grader.ledger.columns import written
from grader.ledger.ledger import Ledger

OF_STUDENT = "SELECT exercise, kind, rung, cost, taken_at FROM hints WHERE student = :student{} ORDER BY id"
ON_PLATFORM = " AND platform = :platform"
TAKE = """
INSERT INTO hints (platform, student, exercise, kind, rung, cost, taken_at)
VALUES (:platform, :student, :exercise, :kind, :rung, :cost, :taken_at)
ON CONFLICT (platform, student, exercise, kind, rung) DO NOTHING
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


def taken(ledger: Ledger, names: Iterable[str], platform: str | None = None) -> list[Hint]:
    """Return every hint that was taken under these names; only one platform's if it is given."""
    query, whose = OF_STUDENT.format("" if platform is None else ON_PLATFORM), {"platform": platform}
    with ledger.database.statements() as execute:
        rows = [row for name in sorted(names) for row in execute(query, {**whose, "student": name})]
    return [
        Hint(row["exercise"], row["kind"], row["rung"], row["cost"], datetime.fromisoformat(row["taken_at"]))
        for row in rows
    ]


def take(ledger: Ledger, platform: str, student: str, hint: Hint) -> None:
    """Write down the hint; one that was taken before stays as it is, at its old price."""
    row = {
        "platform": platform,
        "student": student,
        "exercise": hint.exercise,
        "kind": hint.kind,
        "rung": hint.rung,
        "cost": hint.cost,
        "taken_at": written(hint.when),
    }
    with ledger.database.statements(write=True) as execute:
        execute(TAKE, row)
