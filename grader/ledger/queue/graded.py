"""The ledger's entries that submissions from a queue led to; read without SQLAlchemy."""

from grader.ledger.handed_in import PREFIX
from grader.ledger.ledger import Ledger

OF_STUDENT = "SELECT report FROM submissions WHERE platform = :platform AND student = :student AND report IS NOT NULL"
OF_EXERCISE = """
SELECT platform, student, report FROM submissions
WHERE exercise = :exercise AND report IS NOT NULL
ORDER BY substr(submission_id, 1, :letters) = :offline DESC, id
"""
"""The last one comes last; offline work was done before everything else, whenever it was handed in."""

CREDITS = """
SELECT reports.submission, MAX(submissions.credit) AS credit
FROM submissions JOIN reports ON reports.id = submissions.report
WHERE submissions.platform = :platform AND submissions.student = :student
GROUP BY reports.submission
"""


def graded(ledger: Ledger, platform: str, student: str) -> set[int]:
    """Return the ids of the entries that the student's submissions led to."""
    with ledger.database.statements() as execute:
        return {row["report"] for row in execute(OF_STUDENT, {"platform": platform, "student": student})}


def last_graded(ledger: Ledger, exercise: str) -> dict[tuple[str, str], int]:
    """Return, by platform and student, the id of the entry that the student's last submission led to."""
    values = {"exercise": exercise, "offline": PREFIX, "letters": len(PREFIX)}
    with ledger.database.statements() as execute:
        return {(row["platform"], row["student"]): row["report"] for row in execute(OF_EXERCISE, values)}


def best_credits(ledger: Ledger, platform: str, student: str) -> dict[str, float]:
    """Return the best credit that each of the student's submissions came in with, by its name in the ledger."""
    with ledger.database.statements() as execute:
        rows = execute(CREDITS, {"platform": platform, "student": student})
    return {row["submission"]: row["credit"] for row in rows}
