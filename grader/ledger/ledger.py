"""The ledger: every report that was ever given, kept for good, and only ever added to.

What was submitted is known by platform, student, exercise, its version and content: it has one line, however
often and under whatever ids it is handed over. A regrade adds a line that names the one it replaces. SQLite in
the grader's home folder by default, or the PostgreSQL database that `GRADER_DATABASE_URL` names. Open it after a fork,
never before: a connection belongs to one process.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from grader import __version__
from grader.base.errors import LedgerError
from grader.ledger.columns import written
from grader.ledger.database import Contested, Database, Execute, through
from grader.ledger.entry import AGAIN, LedgerEntry
from grader.schema import Report

if TYPE_CHECKING:
    import sqlalchemy as sa

WISHES = ("gallery", "gallery_name")
"""What a report tells of the student's wishes; they change no grade."""
LOCAL = "local"
"""The platform of what is graded at a terminal."""
PAGE = 200
"""How many entries are read at a time."""
STUDENTS = 50
"""How many students' entries are read at a time."""

APPEND = """
INSERT INTO reports (submission, first_of, platform, student, exercise, exercise_version, content_hash,
    replaces, reason, report, created_at)
VALUES (:submission, :first_of, :platform, :student, :exercise, :exercise_version, :content_hash,
    :replaces, :reason, :report, :created_at)
"""
CURRENT = "SELECT * FROM reports WHERE submission = :submission ORDER BY id DESC LIMIT 1"
"""A submission as it stands now, regraded or not."""
OF_ENTRY = "SELECT submission FROM reports WHERE id = :id"
OF_CONTENT = """
SELECT submission FROM reports
WHERE platform = :platform AND student = :student AND exercise = :exercise
    AND exercise_version = :exercise_version AND content_hash = :content_hash
ORDER BY id DESC LIMIT 1
"""
NEWEST = """
SELECT submission FROM reports
WHERE platform = :platform AND student = :student AND exercise = :exercise AND (replaces IS NULL OR reason = :again)
ORDER BY id DESC LIMIT 1
"""
TO_REPLACE = "SELECT * FROM reports WHERE id = :id OR replaces = :id"
AFTER = "SELECT * FROM reports WHERE id > :after"
ONLY = {
    "student": " AND student = :student",
    "exercise": " AND exercise = :exercise",
    "platform": " AND platform = :platform",
}
"""What narrows `AFTER` down."""
PAGED = " ORDER BY id LIMIT :page"
OF_STUDENTS = """
SELECT reports.* FROM reports JOIN (
    SELECT DISTINCT platform, student FROM reports
    WHERE exercise = :exercise AND (platform, student) > (:platform, :student)
    ORDER BY platform, student LIMIT :page
) AS named ON reports.platform = named.platform AND reports.student = named.student
ORDER BY reports.platform, reports.student, reports.id
"""


@dataclass(frozen=True)
class Regrade:
    """Which entry a report takes the place of, and why."""

    replaces: int
    reason: str


class Ledger(Database):
    """The reports kept in one database."""

    def append(
        self,
        report: Report,
        platform: str = LOCAL,
        regrade: Regrade | None = None,
        when: datetime | None = None,
    ) -> LedgerEntry:
        """The entry of this report: a new one, or the one that its submission has already, as it stands now.

        Raises:
            LedgerError: The report names no student or has no content hash; the entry to replace is missing,
                of another student or exercise, or replaced already; or the database cannot be written.
        """
        row = _row(report, platform, when or datetime.now(UTC))
        try:
            return self._append(row, regrade)
        except Contested:  # what the other process wrote is found now
            return self._append(row, regrade)

    def hand_in(self, report: Report) -> LedgerEntry:
        """What `append` returns, where a file that was handed in before is handed in anew if it wishes otherwise now.

        An old file that wishes something else of the gallery than the newest one gets a line that says AGAIN.
        """
        entry = self.append(report)
        newest = self.latest(str(report.student), report.exercise)
        if newest is None or all(getattr(newest.report, wish) == getattr(report, wish) for wish in WISHES):
            return entry
        return self.append(entry.report, regrade=Regrade(entry.id, AGAIN))

    def enter(
        self, connection: "sa.Connection", report: Report, platform: str, when: datetime, regrade: Regrade | None = None
    ) -> LedgerEntry:
        """What `append` returns, inside a transaction of the caller's.

        Raises:
            IntegrityError: Another process was faster; begin the transaction again and its entry is found.
            LedgerError: As `append`.
        """
        return self._enter(through(connection), _row(report, platform, when), regrade)

    def find(self, report: Report, platform: str = LOCAL) -> LedgerEntry | None:
        """The entry that `append` would return without writing; None where it would write one."""
        with self.statements() as execute:
            return self._standing(execute, _row(report, platform, datetime.now(UTC)))

    def entries(
        self, student: str | None = None, exercise: str | None = None, platform: str | None = None
    ) -> Iterator[LedgerEntry]:
        """Every entry, of this student, exercise and platform where named, oldest first; read in pages."""
        named = {"student": student, "exercise": exercise, "platform": platform}
        values = {name: value for name, value in named.items() if value is not None}
        query = AFTER + "".join(ONLY[name] for name in values) + PAGED
        last = 0
        while True:
            with self.statements() as execute:
                rows = execute(query, {**values, "after": last, "page": PAGE})
            if not rows:
                return
            yield from map(self._entry, rows)
            last = rows[-1]["id"]

    def histories(self, exercise: str) -> Iterator[tuple[str, list[LedgerEntry]]]:
        """For each student with a report on the exercise: the platform, and all of the student's entries there."""
        last = {"platform": "", "student": ""}
        while True:
            with self.statements() as execute:
                rows = execute(OF_STUDENTS, {**last, "exercise": exercise, "page": STUDENTS})
            if not rows:
                return
            for (platform, _), group in groupby(rows, key=lambda row: (row["platform"], row["student"])):
                yield platform, list(map(self._entry, group))
            last = {name: rows[-1][name] for name in last}

    def current(self, connection: "sa.Connection", entry: int) -> LedgerEntry:
        """The submission of this entry as it stands now, regraded or not."""
        found = self._current(through(connection), OF_ENTRY, {"id": entry})
        if found is None:
            raise LedgerError(f"{self.where}: entry {entry} is not there; was a row deleted by hand?")
        return found

    def latest(self, student: str, exercise: str, platform: str = LOCAL) -> LedgerEntry | None:
        """The student's newest submission to the exercise, as it stands now; None where there is none."""
        with self.statements() as execute:
            return self._newest(execute, {"platform": platform, "student": student, "exercise": exercise})

    def _newest(self, execute: Execute, whose: dict[str, Any]) -> LedgerEntry | None:
        return self._current(execute, NEWEST, {**whose, "again": AGAIN})

    def _append(self, row: dict[str, Any], regrade: Regrade | None) -> LedgerEntry:
        with self.statements(write=True) as execute:
            return self._enter(execute, row, regrade)

    def _enter(self, execute: Execute, row: dict[str, Any], regrade: Regrade | None) -> LedgerEntry:
        earlier = self._replacement(execute, row, regrade) if regrade else self._standing(execute, row)
        if earlier is not None:
            return earlier
        execute(APPEND, row)
        return self._entry(execute(CURRENT, row)[0])

    def _standing(self, execute: Execute, row: dict[str, Any]) -> LedgerEntry | None:
        """What the ledger holds already for the submission of `row`."""
        return self._current(execute, OF_CONTENT, row)

    def _replacement(self, execute: Execute, row: dict[str, Any], regrade: Regrade) -> LedgerEntry | None:
        """The regrade if it is there already; else None, and `row` is made ready to be one."""
        place = f"{self.where}: entry {regrade.replaces}"
        by_id = {line["id"]: line for line in execute(TO_REPLACE, {"id": regrade.replaces})}
        old = by_id.pop(regrade.replaces, None)
        if old is None or any(old[name] != row[name] for name in ("platform", "student", "exercise")):
            raise LedgerError(f"{place} is not there, or of another student or exercise; name the one to regrade")
        for line in by_id.values():
            if line["content_hash"] != row["content_hash"]:
                raise LedgerError(f"{place} was regraded already, by entry {line['id']}; regrade that one")
            return self._entry(line)
        row.update(submission=old["submission"], first_of=None, replaces=regrade.replaces, reason=regrade.reason)
        return None

    def _current(self, execute: Execute, which: str, values: dict[str, Any]) -> LedgerEntry | None:
        """The submission that the statement `which` finds, as it stands now, regraded or not."""
        found = execute(which, values)
        rows = execute(CURRENT, found[0]) if found else []
        return self._entry(rows[0]) if rows else None

    def _entry(self, row: dict[str, Any]) -> LedgerEntry:
        try:
            report = Report.model_validate_json(row["report"])
        except ValidationError as problem:
            raise LedgerError(
                f"{self.where}: entry {row['id']} is no report that grader {__version__} can read "
                f"({problem.errors()[0]['msg']}); read it with the version that wrote it, or a newer one"
            ) from problem
        when = datetime.fromisoformat(row["created_at"])
        return LedgerEntry(row["id"], row["submission"], report, when, row["replaces"], row["reason"])


def _row(report: Report, platform: str, when: datetime) -> dict[str, Any]:
    """The columns of a new entry."""
    if report.student is None:
        raise LedgerError(f"a report on {report.exercise} names no student; name who submits")
    if not report.content_hash:
        raise LedgerError(f"a report on {report.exercise} has no content hash; it cannot be told from others")
    known_by = (platform, report.student, report.exercise, str(report.exercise_version), report.content_hash)
    submission = ":".join(known_by)
    return {
        "submission": submission,
        "first_of": submission,
        "platform": platform,
        "student": report.student,
        "exercise": report.exercise,
        "exercise_version": report.exercise_version,
        "content_hash": report.content_hash,
        "replaces": None,
        "reason": "",
        "report": report.model_dump_json(),
        "created_at": written(when),
    }
