"""Adjustments: what instructors decided for one student on one exercise; of each kind the newest counts.

None is ever changed: one that is undone stays, with who undid it, and the one before it counts again. Read without
SQLAlchemy.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from grader.base.errors import GraderError
from grader.ledger.columns import read, storable, written
from grader.ledger.database import Execute
from grader.ledger.entry import KnownStudent
from grader.ledger.ledger import Ledger
from grader.schema import Adjustment, AdjustmentKind

FIELDS: dict[AdjustmentKind, tuple[str, Callable[[str], object]]] = {
    "extension": ("until", datetime.fromisoformat),
    "attempts": ("more", int),
    "score": ("score", float),
}
"""The field that holds the value of each kind that has one, and the function that reads it from its column."""

MADE = "SELECT * FROM adjustments WHERE undone_at IS NULL"
OF_EXERCISE = f"{MADE} AND platform = :platform AND student = :student AND exercise = :exercise ORDER BY id"
OF_STUDENT = "SELECT * FROM adjustments WHERE platform = :platform AND student = :student ORDER BY id"
ALL = "SELECT * FROM adjustments ORDER BY id"
DECIDED = """
SELECT DISTINCT platform, student FROM adjustments WHERE undone_at IS NULL AND exercise = :exercise
ORDER BY platform, student
"""
ONE = "SELECT * FROM adjustments WHERE id = :number"
ANY = f"{MADE} LIMIT 1"
MAKE = """
INSERT INTO adjustments (platform, student, exercise, kind, value, reason, made_by, made_at)
VALUES (:platform, :student, :exercise, :kind, :value, :reason, :made_by, :made_at)
RETURNING id
"""
UNDO = "UPDATE adjustments SET undone_by = :undone_by, undone_at = :undone_at WHERE id = :number"


class CannotUndo(GraderError):
    """There is no such adjustment, or it is undone already."""

    exit_code = 2


class Whose(NamedTuple):
    """One student of one platform on one exercise."""

    platform: str
    student: str
    exercise: str


class Adjustments(NamedTuple):
    """The decisions that count for one student on one exercise now."""

    due: datetime | None = None
    """The student's own deadline; None if it is the exercise's."""
    more_attempts: int = 0
    excused: bool = False
    score: float | None = None
    """The score that counts, 0 to 1, whatever was measured; None if nobody set one."""
    made: tuple[Adjustment, ...] = ()
    """The adjustments that this follows from, oldest first."""


class KeptAdjustment(NamedTuple):
    """One adjustment as the ledger keeps it."""

    number: int
    whose: Whose
    adjustment: Adjustment
    made_by: str
    undone_by: str | None
    undone_at: datetime | None


def adjustments(ledger: Ledger, platform: str, student: str, exercise: str) -> Adjustments:
    """Return what counts for the student on the exercise."""
    with ledger.database.statements() as execute:
        return counting(execute, Whose(platform, student, exercise))


def counting(execute: Execute, whose: Whose) -> Adjustments:
    """Return what counts for the student on the exercise, inside the caller's transaction."""
    newest = {row["kind"]: row for row in execute(OF_EXERCISE, whose._asdict())}
    made = {kind: _adjustment(row) for kind, row in newest.items()}
    return Adjustments(
        due=made["extension"].until if "extension" in made else None,
        more_attempts=made["attempts"].more or 0 if "attempts" in made else 0,
        excused="excused" in made,
        score=made["score"].score if "score" in made else None,
        made=tuple(sorted(made.values(), key=lambda each: each.made_at)),
    )


def are_any(execute: Execute) -> bool:
    """Return whether anything was decided for any student: mostly nothing was, and then nobody need be looked up."""
    return bool(execute(ANY, {}))


def kept(ledger: Ledger, platform: str | None = None, student: str | None = None) -> list[KeptAdjustment]:
    """Return all adjustments, or those for one student of one platform, undone ones included, oldest first."""
    with ledger.database.statements() as execute:
        if platform is None or student is None:
            return list(map(_kept, execute(ALL, {})))
        return list(map(_kept, execute(OF_STUDENT, {"platform": platform, "student": student})))


def students_decided_for(ledger: Ledger, exercise: str) -> list[KnownStudent]:
    """Return the students for whom anything is decided on the exercise, by platform and student."""
    with ledger.database.statements() as execute:
        return [KnownStudent(**row) for row in execute(DECIDED, {"exercise": exercise})]


def find(ledger: Ledger, number: int) -> KeptAdjustment:
    """Return the adjustment with this number.

    Raises:
        CannotUndo: There is none.
    """
    with ledger.database.statements() as execute:
        return _found(execute, number)


def _found(execute: Execute, number: int) -> KeptAdjustment:
    rows = execute(ONE, {"number": number})
    if not rows:
        raise CannotUndo(f"there is no adjustment {number}; `grade students adjustments` lists them")
    return _kept(rows[0])


def make(execute: Execute, whose: Whose, adjustment: Adjustment, made_by: str) -> int:
    """Keep the adjustment, inside the caller's transaction, and return its number."""
    row = {
        **whose._asdict(),
        "kind": adjustment.kind,
        "value": _value(adjustment),
        "reason": storable(adjustment.reason),
        "made_by": storable(made_by),
        "made_at": written(adjustment.made_at),
    }
    return int(execute(MAKE, row)[0]["id"])


def undo(execute: Execute, number: int, undone_by: str, when: datetime) -> None:
    """Note that the adjustment counts no more, inside the caller's transaction.

    Raises:
        CannotUndo: There is none with this number, or it was undone before.
    """
    if _found(execute, number).undone_at is not None:
        raise CannotUndo(f"adjustment {number} is undone already")
    execute(UNDO, {"number": number, "undone_by": storable(undone_by), "undone_at": written(when)})


def _value(adjustment: Adjustment) -> str:
    if adjustment.until is not None:
        return adjustment.until.isoformat()
    if adjustment.kind not in FIELDS:
        return ""
    return str(getattr(adjustment, FIELDS[adjustment.kind][0]))


def _adjustment(row: Mapping[str, Any]) -> Adjustment:
    values = {"kind": row["kind"], "reason": row["reason"], "made_at": datetime.fromisoformat(row["made_at"])}
    if row["kind"] in FIELDS:
        name, from_column = FIELDS[row["kind"]]
        values[name] = from_column(row["value"])
    return Adjustment.model_validate(values)


def _kept(row: Mapping[str, Any]) -> KeptAdjustment:
    whose = Whose(row["platform"], row["student"], row["exercise"])
    return KeptAdjustment(row["id"], whose, _adjustment(row), row["made_by"], row["undone_by"], read(row["undone_at"]))
