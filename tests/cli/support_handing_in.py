"""Submissions graded into a home's ledger in this process, which takes less time than a command for each."""

from collections.abc import Iterable
from pathlib import Path

from grader.exercises import submissions
from grader.laboratory import Laboratory
from grader.ledger import Ledger
from tests.cli.conftest import ID, Bench


def hand_in(bench: Bench, home: Path, files: Iterable[tuple[str, Path]], exercise_id: str = ID) -> None:
    """Grade each student's file, in order."""
    with Ledger(f"sqlite:///{home / 'ledger.sqlite3'}") as ledger:
        for student, file in files:
            folder = bench.root / "exercises" / exercise_id
            submission, exercise = submissions.load(file, exercise_override=folder, student=student)
            ledger.append(Laboratory(exercise, home / "tables", explicit=bench.root / "tiny").report(submission))
