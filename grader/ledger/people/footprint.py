"""The footprint of one student: every row of the ledger that is theirs, to be counted, read out, or deleted.

Each table with the columns `platform` and `student` is looked through, and what refers to such rows. So a new table
belongs to it from its first day, if it names its students in the same way.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from grader.base.errors import Problem
from grader.base.names import plain
from grader.ledger.clock import now
from grader.ledger.columns import read_problems, written, written_problems
from grader.ledger.entry import KnownStudent
from grader.ledger.ledger import Ledger
from grader.ledger.tables import DEAD_LETTERS, ERASURES, HANDED_IN, METADATA, SUBMISSIONS

NAMED = frozenset({"platform", "student"})
THEIRS = tuple(table for table in METADATA.sorted_tables if set(table.c.keys()) >= NAMED)
"""The tables whose rows name their student."""
SIGNS = {
    "reports": "created_at",
    "submissions": "received_at",
    "roster": "listed_at",
    "adjustments": "made_at",
    "line_items": "launched_at",
    "tokens": "made_at",
    "sessions": "ends_at",
    "hints": "taken_at",
}
"""The column of each of these tables with the time at which something was heard of the row's student."""
REMOVED = "[removed]"

Condition = sa.ColumnElement[bool]


class NamelessSubmission(NamedTuple):
    """A submission that could not be read, of a student whom its platform did not name."""

    job: int
    document: str
    problems: tuple[Problem, ...]


class LetterText(NamedTuple):
    """A dead letter, about any student or none."""

    number: int
    source: str
    content: str


class Footprint(NamedTuple):
    """The rows of one student."""

    who: KnownStudent
    forms: frozenset[str]
    """The forms in which the name is kept; older graders kept what was typed."""
    offline: frozenset[str] = frozenset()
    """The ids under which work of this terminal was handed in."""
    letters: frozenset[int] = frozenset()
    nameless: tuple[NamelessSubmission, ...] = ()
    """Unreadable files in which the name stands."""


def find(ledger: Ledger, who: KnownStudent) -> Footprint:
    """Return the student's footprint, without what only a look into documents shows."""
    with ledger.database.connection() as connection:
        forms = frozenset(
            student
            for table in THEIRS
            for student in connection.scalars(_students(table, who.platform))
            if student is not None and plain(student) == plain(who.student)
        )
    return Footprint(who, forms | {who.student})


def submissions(ledger: Ledger, footprint: Footprint) -> list[str]:
    """Return the ids of the student's submissions."""
    query = sa.select(SUBMISSIONS.c.submission_id).where(_names(SUBMISSIONS, footprint)).order_by(SUBMISSIONS.c.id)
    with ledger.database.connection() as connection:
        return list(connection.scalars(query))


def nameless(ledger: Ledger, platform: str) -> Iterator[NamelessSubmission]:
    """Yield the platform's submissions of which nobody knows the student."""
    columns = (SUBMISSIONS.c.id, SUBMISSIONS.c.document, SUBMISSIONS.c.problems)
    theirs = (SUBMISSIONS.c.platform == platform, SUBMISSIONS.c.student.is_(None), SUBMISSIONS.c.document != "")
    with ledger.database.connection() as connection:
        for job, document, problems in connection.execute(sa.select(*columns).where(*theirs)):
            yield NamelessSubmission(job, document, read_problems(problems))


def letters(ledger: Ledger) -> Iterator[LetterText]:
    """Yield all dead letters, settled ones included."""
    query = sa.select(DEAD_LETTERS.c.id, DEAD_LETTERS.c.source, DEAD_LETTERS.c.content)
    with ledger.database.connection() as connection:
        for row in connection.execute(query):
            yield LetterText(*row)


def counts(ledger: Ledger, footprint: Footprint) -> dict[str, int]:
    """Return the number of rows by table; tables without any are left out."""
    with ledger.database.connection() as connection:
        return _counts(connection, footprint)


def rows(ledger: Ledger, footprint: Footprint) -> dict[str, list[dict[str, Any]]]:
    """Return the rows by table, in the order in which they were written."""
    with ledger.database.connection() as connection:
        return {
            table.name: list(map(dict, connection.execute(_all(table, condition)).mappings()))
            for table, condition in _parts(footprint)
        }


def first_seen(ledger: Ledger) -> dict[KnownStudent, datetime]:
    """Return when each student was first heard of."""
    return _seen(ledger, min, sa.func.min)


def last_seen(ledger: Ledger) -> dict[KnownStudent, datetime]:
    """Return when each student was last heard of; one who only came from a course, or is only listed, too."""
    return _seen(ledger, max, sa.func.max)


def erase(ledger: Ledger, footprint: Footprint, erased_by: str) -> bool:
    """Delete the rows, all or none; return False if one of them is being graded, which will log its id at the end.

    That it was done is noted, without the name. Rows of others, and their numbers, stay as they are.
    """
    graded = sa.exists().where(_names(SUBMISSIONS, footprint), SUBMISSIONS.c.state == "grading")
    with ledger.database.alone() as connection:
        if connection.scalar(sa.select(graded)):
            return False
        gone = _counts(connection, footprint)
        for table, condition in _parts(footprint):
            connection.execute(sa.delete(table).where(condition))
        for each in footprint.nameless:
            _blank(connection, each, footprint)
        if gone:
            note = {"submissions": gone.get("submissions", 0), "reports": gone.get("reports", 0)}
            when = written(now(connection))
            connection.execute(sa.insert(ERASURES).values(**note, erased_by=erased_by, erased_at=when))
    return True


def _seen(ledger: Ledger, choose: Callable[[str, str], str], of_column: Any) -> dict[KnownStudent, datetime]:  # noqa: ANN401
    seen: dict[KnownStudent, str] = {}
    with ledger.database.connection() as connection:
        for table in THEIRS:
            which = (table.c.platform, table.c.student)
            when = table.c[SIGNS[table.name]]
            query = sa.select(*which, of_column(when)).where(table.c.student != "", when.is_not(None))
            for platform, student, heard in connection.execute(query.group_by(*which)):
                who = KnownStudent(platform, plain(student))
                seen[who] = choose(seen.get(who, heard), heard)
    return {who: datetime.fromisoformat(when) for who, when in seen.items()}


def _counts(connection: sa.Connection, footprint: Footprint) -> dict[str, int]:
    found = {
        table.name: connection.scalar(sa.select(sa.func.count()).select_from(table).where(condition)) or 0
        for table, condition in _parts(footprint)
    }
    return {name: count for name, count in found.items() if count}


def _parts(footprint: Footprint) -> Iterator[tuple[sa.Table, Condition]]:
    """Yield each table that has rows of the student, with the condition that they meet; what refers to others first."""
    yield HANDED_IN, HANDED_IN.c.submission_id.in_(footprint.offline)
    yield DEAD_LETTERS, DEAD_LETTERS.c.id.in_(footprint.letters)
    for table in reversed(METADATA.sorted_tables):
        if table in THEIRS:
            yield table, _names(table, footprint)
        elif references := list(_references(table, footprint)):
            yield table, sa.or_(*references)


def _students(table: sa.Table, platform: str) -> "sa.Select[Any]":
    return sa.select(table.c.student).where(table.c.platform == platform).distinct()


def _all(table: sa.Table, condition: Condition) -> "sa.Select[Any]":
    return sa.select(table).where(condition).order_by(*table.primary_key)


def _names(table: sa.Table, footprint: Footprint) -> Condition:
    return sa.and_(table.c.platform == footprint.who.platform, table.c.student.in_(footprint.forms))


def _references(table: sa.Table, footprint: Footprint) -> Iterator[Condition]:
    """Yield the conditions under which a row refers to one of the student's."""
    for key in table.foreign_keys:
        other = key.column.table
        if other in THEIRS:
            yield key.parent.in_(sa.select(key.column).where(_names(other, footprint)))


def _blank(connection: sa.Connection, each: NamelessSubmission, footprint: Footprint) -> None:
    """Empty a file of which nobody knows the student; what was wrong with it stays, without the name."""
    problems = written_problems([_without(problem, footprint.forms) for problem in each.problems])
    change = sa.update(SUBMISSIONS).where(SUBMISSIONS.c.id == each.job)
    connection.execute(change.values(document="", problems=problems))


def _without(problem: Problem, forms: Iterable[str]) -> Problem:
    message = problem.message
    for form in forms:
        message = message.replace(form, REMOVED)
    return Problem(problem.code, message, problem.line, problem.column, problem.where)
