"""The ledger: every report that was ever given, kept for good, and only ever added to, but for erasures.

A submission is known by platform, student, exercise, version of the exercise, and what the student wrote: it has one
line, however often, under whatever ids and to whichever version of the grader it is handed in. A regrade adds a line
that names the one it replaces. The database is a SQLite file in the grader's home folder, or the PostgreSQL database
that `GRADER_DATABASE_URL` names. Open the ledger after a fork, or close it before one: a connection belongs to one
process.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from pydantic import ValidationError

from grader import __version__
from grader.base.errors import LedgerError
from grader.ledger.columns import written
from grader.ledger.database import Contested, Database, Execute, through
from grader.ledger.entry import AGAIN, KnownStudent, LedgerEntry
from grader.ledger.history import THEIR_ARRIVALS, THEIR_REPORTS, History, Origin, arrival, naming
from grader.schema import Report
from grader.schema.content import identity

if TYPE_CHECKING:
    import sqlalchemy as sa

WISHES = ("gallery", "gallery_name")
"""The fields of a report that hold the student's wishes; they change no grade."""
LOCAL = "local"
"""The platform of what is graded at a terminal."""
PAGE = 200
"""Entries read at a time."""
STUDENTS_AT_A_TIME = 50
"""Students whose entries are read together."""

APPEND = """
INSERT INTO reports (submission, first_of, platform, student, exercise, exercise_version, content_hash,
    identity, replaces, reason, report, created_at)
VALUES (:submission, :first_of, :platform, :student, :exercise, :exercise_version, :content_hash,
    :identity, :replaces, :reason, :report, :created_at)
"""
CURRENT = "SELECT * FROM reports WHERE submission = :submission ORDER BY id DESC LIMIT 1"
"""A submission's newest entry, a regrade if there is one."""
NUMBER = "SELECT max(id) AS id FROM reports WHERE submission = :submission"
"""That entry's number."""
OF_CONTENT = """
SELECT submission FROM reports
WHERE platform = :platform AND student = :student AND exercise = :exercise
    AND exercise_version = :exercise_version AND identity = :identity
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
"""Conditions that may be added to `AFTER`."""
PAGED = " ORDER BY id LIMIT :page"
STUDENTS = "SELECT DISTINCT platform, student FROM reports"
EXERCISES = "SELECT DISTINCT platform, exercise FROM reports"
ORIGINS = """
SELECT DISTINCT platform, '' AS course FROM reports
UNION SELECT DISTINCT platform, COALESCE(course, '') FROM submissions
"""


class Regrade(NamedTuple):
    """The entry that a report replaces, and the reason."""

    replaces: int
    reason: str


class Ledger:
    """The reports in one database."""

    def __init__(self, url: str | None = None, seconds: float | None = None) -> None:
        """Open the database at `url`, else at `GRADER_DATABASE_URL`, else in the home folder; create what is missing.

        A server that is silent for `seconds`, else for `GRADER_DATABASE_SECONDS`, is given up.

        Raises:
            LedgerError: As `Database`.
        """
        self.database = Database(url, seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def where(self) -> str:
        """The database, for messages: a path, or a URL with its password hidden."""
        return self.database.where

    def now(self) -> datetime:
        """Return the present time by the clock that all processes of this ledger share."""
        return self.database.now()

    def check(self) -> None:
        """Check that the database answers, and that its tables are still those of this version.

        Raises:
            LedgerError: One of the two is not so.
        """
        with self.database.statements():
            pass

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def compact(self) -> None:
        """Write the database anew, so that what was deleted is in none of its files any more.

        Raises:
            LedgerError: The database refuses.
        """
        self.database.compact()

    def append(
        self,
        report: Report,
        platform: str = LOCAL,
        regrade: Regrade | None = None,
        when: datetime | None = None,
    ) -> LedgerEntry:
        """Return the report's entry: a new one, or the newest one that its submission has already.

        Raises:
            LedgerError: The report names no student or has no content hash; the entry to replace is missing,
                of another student or exercise, or replaced already; or the database cannot be written.
        """
        row = _row(report, platform, when or self.now())
        try:
            return self._append(report, row, regrade)
        except Contested:  # the entry of the other process is there now
            return self._append(report, row, regrade)

    def hand_in(self, report: Report) -> LedgerEntry:
        """Append a report that a student hands in at this terminal, and return its entry.

        A file that was handed in before gets a line more, with the reason AGAIN, if it wishes something else for the
        gallery than the newest one: the student's last wish counts.
        """
        entry = self.append(report)
        newest = self.latest(str(report.student), report.exercise)
        if newest is None or all(getattr(newest.report, wish) == getattr(report, wish) for wish in WISHES):
            return entry
        return self.append(entry.report, regrade=Regrade(entry.id, AGAIN))

    def enter(
        self, connection: "sa.Connection", report: Report, platform: str, when: datetime, regrade: Regrade | None = None
    ) -> LedgerEntry:
        """Like `append`, inside the caller's transaction.

        Raises:
            IntegrityError: Another process was faster; begin the transaction again and its entry is found.
            LedgerError: As `append`.
        """
        return self._enter(through(connection), report, _row(report, platform, when), regrade)

    def enter_new(self, connection: "sa.Connection", reports: Sequence[tuple[Report, str, datetime]]) -> list[int]:
        """Enter reports of different contents, each with its platform and time, as `enter` does; return their numbers.

        All of them are looked up and written together.

        Raises:
            IntegrityError: As `enter`.
            LedgerError: As `append`.
        """
        import sqlalchemy as sa

        from grader.ledger.tables import REPORTS

        rows = [_row(report, platform, when) for report, platform, when in reports]
        columns = ("platform", "student", "exercise", "identity")
        same = (REPORTS.c[name].in_({row[name] for row in rows}) for name in columns)
        known = {
            tuple(found) for found in connection.execute(sa.select(*(REPORTS.c[name] for name in columns)).where(*same))
        }
        if any(tuple(row[name] for name in columns) in known for row in rows):
            return [self.enter(connection, *each).id for each in reports]
        added = sa.insert(REPORTS).returning(REPORTS.c.id, sort_by_parameter_order=True)
        return list(connection.scalars(added, rows))

    def find(self, report: Report, platform: str = LOCAL) -> LedgerEntry | None:
        """Return the entry that `append` would return without writing; None if it would write one."""
        with self.database.statements() as execute:
            return self._known(execute, _row(report, platform, self.now()))

    def entries(
        self, student: str | None = None, exercise: str | None = None, platform: str | None = None
    ) -> Iterator[LedgerEntry]:
        """Yield every entry, oldest first; only those of this student, exercise and platform where given."""
        given = {"student": student, "exercise": exercise, "platform": platform}
        values = {name: value for name, value in given.items() if value is not None}
        query = AFTER + "".join(ONLY[name] for name in values) + PAGED
        last = 0
        while True:
            with self.database.statements() as execute:
                rows = execute(query, {**values, "after": last, "page": PAGE})
            if not rows:
                return
            yield from map(self._entry, rows)
            last = rows[-1]["id"]

    def histories(
        self,
        exercise: str,
        platform: str | None = None,
        student: str | None = None,
        course: str | None = None,
        *,
        on_others: bool = False,
    ) -> Iterator[History]:
        """Yield the history of each student who handed in to the exercise, by platform and student, in order.

        Only of this platform, student and course where given; whose file nobody could read is among them. With
        `on_others`, the entries on other exercises are there as well.
        """
        given = {"platform": platform, "student": student}
        only = {name: value for name, value in given.items() if value is not None}
        named = naming("".join(ONLY[name] for name in only), has_course=course is not None)
        values = {**only, "course": course, "exercise": exercise, "page": STUDENTS_AT_A_TIME}
        values = {name: value for name, value in values.items() if value is not None}
        which = "1 = 1" if on_others else "reports.exercise = :exercise"
        last = ("", "")
        while True:
            values |= {"last_platform": last[0], "last_student": last[1]}
            with self.database.statements() as execute:
                students = execute(named, values)
                if not students:
                    return
                reports = _by_student(execute(THEIR_REPORTS.format(named=named, which=which), values))
                arrivals = _by_student(execute(THEIR_ARRIVALS.format(named=named), values))
            for last in ((row["platform"], row["student"]) for row in students):
                entries = list(map(self._entry, reports.get(last, [])))
                yield History(*last, entries, list(map(arrival, arrivals.get(last, []))))

    def origins(self) -> set[Origin]:
        """Return every platform and course that something came from."""
        with self.database.statements() as execute:
            return {Origin(**row) for row in execute(ORIGINS, {})}

    def students(self) -> set[KnownStudent]:
        """Return every student of every platform."""
        with self.database.statements() as execute:
            return {KnownStudent(**row) for row in execute(STUDENTS, {})}

    def exercises(self, platform: str | None = None) -> set[str]:
        """Return the ids of the exercises that have a report, on this platform where one is given."""
        with self.database.statements() as execute:
            return {row["exercise"] for row in execute(EXERCISES, {}) if platform in (None, row["platform"])}

    def newest(self, connection: "sa.Connection", entries: Collection[int]) -> dict[int, Callable[[], LedgerEntry]]:
        """Return, for each of these entries, a function that reads the newest one of its submission.

        It is looked up inside the caller's transaction. Reports may be large: read one after the other.
        """
        if not entries:
            return {}
        import sqlalchemy as sa

        from grader.ledger.tables import REPORTS

        given = REPORTS.alias()
        joined = REPORTS.join(given, given.c.submission == REPORTS.c.submission)
        query = sa.select(given.c.id.label("of_entry"), REPORTS).select_from(joined).where(given.c.id.in_(entries))
        rows = {row.of_entry: row._asdict() for row in connection.execute(query.order_by(REPORTS.c.id))}
        if missing := set(entries) - rows.keys():
            raise LedgerError(f"{self.where}: entry {min(missing)} is missing; was a row deleted by hand?")
        return {entry: partial(self._entry, row) for entry, row in rows.items()}

    def latest(self, student: str, exercise: str, platform: str = LOCAL) -> LedgerEntry | None:
        """Return the newest entry of the student's last submission to the exercise; None if there is none."""
        whose = {"platform": platform, "student": student, "exercise": exercise, "again": AGAIN}
        with self.database.statements() as execute:
            return self._current(execute, NEWEST, whose)

    def _append(self, report: Report, row: dict[str, Any], regrade: Regrade | None) -> LedgerEntry:
        with self.database.statements(write=True) as execute:
            return self._enter(execute, report, row, regrade)

    def _enter(self, execute: Execute, report: Report, row: dict[str, Any], regrade: Regrade | None) -> LedgerEntry:
        earlier = self._replacement(execute, row, regrade) if regrade else self._known(execute, row)
        if earlier is not None:
            return earlier
        execute(APPEND, row)
        number, when = execute(NUMBER, row)[0]["id"], datetime.fromisoformat(row["created_at"])
        return LedgerEntry(number, row["submission"], report, when, row["replaces"], row["reason"])

    def _known(self, execute: Execute, row: dict[str, Any]) -> LedgerEntry | None:
        """Return the newest entry of the submission of `row`; None if it has none."""
        return self._current(execute, OF_CONTENT, row)

    def _replacement(self, execute: Execute, row: dict[str, Any], regrade: Regrade) -> LedgerEntry | None:
        """Return the regrade if it exists; else fill `row` with what a regrade holds, and return None."""
        place = f"{self.where}: entry {regrade.replaces}"
        by_id = {line["id"]: line for line in execute(TO_REPLACE, {"id": regrade.replaces})}
        old = by_id.pop(regrade.replaces, None)
        if old is None or any(old[name] != row[name] for name in ("platform", "student", "exercise")):
            raise LedgerError(f"{place} is missing, or of another student or exercise; name the one to regrade")
        for line in by_id.values():
            if line["content_hash"] != row["content_hash"]:
                raise LedgerError(f"{place} was regraded already, by entry {line['id']}; regrade that one")
            return self._entry(line)
        row.update(submission=old["submission"], first_of=None, replaces=regrade.replaces, reason=regrade.reason)
        return None

    def _current(self, execute: Execute, which: str, values: dict[str, Any]) -> LedgerEntry | None:
        """Return the newest entry of the submission that the statement `which` selects; None if it selects none."""
        matches = execute(which, values)
        rows = execute(CURRENT, matches[0]) if matches else []
        return self._entry(rows[0]) if rows else None

    def _entry(self, row: Mapping[str, Any]) -> LedgerEntry:
        try:
            report = Report.model_validate_json(row["report"])
        except ValidationError as problem:
            raise LedgerError(
                f"{self.where}: entry {row['id']} is not a report that grader {__version__} can read "
                f"({problem.errors()[0]['msg']}); read it with the version that wrote it, or a newer one"
            ) from problem
        when = datetime.fromisoformat(row["created_at"])
        return LedgerEntry(row["id"], row["submission"], report, when, row["replaces"], row["reason"])


def _by_student(rows: list[dict[str, Any]]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Return the rows, which are in order, by platform and student."""
    return {whose: list(group) for whose, group in groupby(rows, key=lambda row: (row["platform"], row["student"]))}


def _row(report: Report, platform: str, when: datetime) -> dict[str, Any]:
    """Return the columns of a new entry."""
    if report.student is None:
        raise LedgerError(f"a report on {report.exercise} names no student; name who submits")
    if not report.content_hash:
        raise LedgerError(f"a report on {report.exercise} has no content hash to tell it from others")
    content = identity(report)
    submission = ":".join((platform, report.student, report.exercise, str(report.exercise_version), content))
    return {
        "submission": submission,
        "first_of": submission,
        "platform": platform,
        "student": report.student,
        "exercise": report.exercise,
        "exercise_version": report.exercise_version,
        "content_hash": report.content_hash,
        "identity": content,
        "replaces": None,
        "reason": "",
        "report": report.model_dump_json(),
        "created_at": written(when),
    }
