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
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError

from grader import __version__
from grader.database import Database
from grader.errors import LedgerError
from grader.schema import Report
from grader.tables import REPORTS, written
from grader.xp import Entry

LOCAL = "local"
"""The platform of what is graded at a terminal."""
PAGE = 200
"""How many entries are read at a time."""
STUDENTS = 50
"""How many students' entries are read at a time."""


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
    ) -> Entry:
        """The entry of this report: a new one, or the one that its submission has already, as it stands now.

        Raises:
            LedgerError: The report names no student or has no content hash; the entry to replace is missing,
                of another student or exercise, or replaced already; or the database cannot be written.
        """
        row = _row(report, platform, when or datetime.now(UTC))
        try:
            return self._append(row, regrade)
        except IntegrityError:  # another process was faster: what it wrote is found now
            return self._append(row, regrade)

    def enter(
        self, connection: sa.Connection, report: Report, platform: str, when: datetime, regrade: Regrade | None = None
    ) -> Entry:
        """What `append` returns, inside a transaction of the caller's.

        Raises:
            IntegrityError: Another process was faster; begin the transaction again and its entry is found.
            LedgerError: As `append`.
        """
        return self._enter(connection, _row(report, platform, when), regrade)

    def find(self, report: Report, platform: str = LOCAL) -> Entry | None:
        """The entry that `append` would return without writing; None where it would write one."""
        with self.connection() as connection:
            return self._standing(connection, _row(report, platform, datetime.now(UTC)))

    def entries(
        self, student: str | None = None, exercise: str | None = None, platform: str | None = None
    ) -> Iterator[Entry]:
        """Every entry, of this student, exercise and platform where named, oldest first; read in pages."""
        query = sa.select(REPORTS).order_by(REPORTS.c.id).limit(PAGE)
        for name, value in (("student", student), ("exercise", exercise), ("platform", platform)):
            if value is not None:
                query = query.where(REPORTS.c[name] == value)
        last = 0
        while True:
            with self.connection() as connection:
                rows = connection.execute(query.where(REPORTS.c.id > last)).mappings().all()
            if not rows:
                return
            yield from map(self._entry, rows)
            last = rows[-1]["id"]

    def histories(self, exercise: str) -> Iterator[tuple[str, list[Entry]]]:
        """For each student with a report on the exercise: the platform, and all of the student's entries there."""
        name = (REPORTS.c.platform, REPORTS.c.student)
        students = sa.select(*name).where(REPORTS.c.exercise == exercise).distinct().order_by(*name).limit(STUDENTS)
        last: tuple[str, str] | None = None
        while True:
            page = students if last is None else students.where(sa.tuple_(*name) > sa.tuple_(*map(sa.literal, last)))
            with self.connection() as connection:
                named = [tuple(row) for row in connection.execute(page)]
                theirs = sa.select(REPORTS).where(sa.tuple_(*name).in_(named)).order_by(*name, REPORTS.c.id)
                rows = connection.execute(theirs).mappings().all() if named else []
            if not rows:
                return
            for (platform, _), group in groupby(rows, key=lambda row: (row["platform"], row["student"])):
                yield platform, list(map(self._entry, group))
            last = named[-1]

    def current(self, connection: sa.Connection, entry: int) -> Entry:
        """The submission of this entry as it stands now, regraded or not."""
        submission = connection.scalar(sa.select(REPORTS.c.submission).where(REPORTS.c.id == entry))
        found = self._current(connection, submission)
        if found is None:
            raise LedgerError(f"{self.where}: entry {entry} is not there; was a row deleted by hand?")
        return found

    def latest(self, student: str, exercise: str, platform: str = LOCAL) -> Entry | None:
        """The student's newest submission to the exercise, as it stands now; None where there is none."""
        theirs = (REPORTS.c.platform == platform, REPORTS.c.student == student, REPORTS.c.exercise == exercise)
        newest = (
            sa.select(REPORTS.c.submission)
            .where(*theirs, REPORTS.c.replaces.is_(None))
            .order_by(REPORTS.c.id.desc())
            .limit(1)
        )
        with self.connection() as connection:
            return self._current(connection, connection.scalar(newest))

    def _append(self, row: dict[str, Any], regrade: Regrade | None) -> Entry:
        with self.connection(write=True) as connection:
            return self._enter(connection, row, regrade)

    def _enter(self, connection: sa.Connection, row: dict[str, Any], regrade: Regrade | None) -> Entry:
        earlier = self._replacement(connection, row, regrade) if regrade else self._standing(connection, row)
        if earlier is not None:
            return earlier
        key: Any = connection.execute(sa.insert(REPORTS).values(row)).inserted_primary_key
        return self._entry({**row, "id": key[0]})

    def _standing(self, connection: sa.Connection, row: dict[str, Any]) -> Entry | None:
        """What the ledger holds already for the submission of `row`."""
        same = ("platform", "student", "exercise", "exercise_version", "content_hash")
        query = sa.select(REPORTS.c.submission).where(*(REPORTS.c[name] == row[name] for name in same))
        return self._current(connection, connection.scalar(query.order_by(REPORTS.c.id.desc()).limit(1)))

    def _replacement(self, connection: sa.Connection, row: dict[str, Any], regrade: Regrade) -> Entry | None:
        """The regrade if it is there already; else None, and `row` is made ready to be one."""
        place = f"{self.where}: entry {regrade.replaces}"
        found = connection.execute(
            sa.select(REPORTS).where((REPORTS.c.id == regrade.replaces) | (REPORTS.c.replaces == regrade.replaces))
        )
        by_id = {line["id"]: line for line in found.mappings()}
        old = by_id.pop(regrade.replaces, None)
        if old is None or any(old[name] != row[name] for name in ("platform", "student", "exercise")):
            raise LedgerError(f"{place} is not there, or of another student or exercise; name the one to regrade")
        for line in by_id.values():
            if line["content_hash"] != row["content_hash"]:
                raise LedgerError(f"{place} was regraded already, by entry {line['id']}; regrade that one")
            return self._entry(line)
        row.update(submission=old["submission"], first_of=None, replaces=regrade.replaces, reason=regrade.reason)
        return None

    def _current(self, connection: sa.Connection, submission: str | None) -> Entry | None:
        """The submission as it stands now, regraded or not."""
        query = sa.select(REPORTS).where(REPORTS.c.submission == submission).order_by(REPORTS.c.id.desc()).limit(1)
        row = connection.execute(query).mappings().one_or_none()
        return None if row is None else self._entry(row)

    def _entry(self, row: sa.RowMapping | dict[str, Any]) -> Entry:
        try:
            report = Report.model_validate_json(row["report"])
        except ValidationError as problem:
            raise LedgerError(
                f"{self.where}: entry {row['id']} is no report that grader {__version__} can read "
                f"({problem.errors()[0]['msg']}); read it with the version that wrote it, or a newer one"
            ) from problem
        when = datetime.fromisoformat(row["created_at"])
        return Entry(row["id"], row["submission"], report, when, row["replaces"], row["reason"])


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
