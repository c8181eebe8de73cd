"""Ageing: what students wrote leaves the ledger after a time; what it earned stays."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from grader.ledger.columns import written
from grader.ledger.ledger import Ledger
from grader.ledger.tables import DEAD_LETTERS, REPORTS, SUBMISSIONS
from grader.schema import Report

PAGE = 200
"""Reports read at a time."""
ENDED = ("graded", "ungradable", "rejected")
"""The states after which nobody reads the document any more; a dead submission may be graded again."""


class Aged(NamedTuple):
    """The number of things that are, or were, older than a time."""

    documents: int
    """Files as they were handed in."""
    reports: int
    """Reports with students' own words."""
    letters: int
    """Dead letters."""


def aged(ledger: Ledger, before: datetime, without_words: Callable[[Report, str], Report]) -> Aged:
    """Count what is older, and change nothing; `without_words` is as for `forget`."""
    when = written(before)
    with ledger.database.connection() as connection:
        documents = connection.scalar(sa.select(sa.func.count()).where(*_documents(when))) or 0
        letters = connection.scalar(sa.select(sa.func.count()).where(DEAD_LETTERS.c.came_at < when)) or 0
    return Aged(documents, _reports(ledger, when, without_words, write=False), letters)


def forget(ledger: Ledger, before: datetime, without_words: Callable[[Report, str], Report]) -> Aged:
    """Empty the documents, take students' words out of the reports, and delete the dead letters that are older.

    `without_words` makes the report without words, from the report and the hash of what was handed in.
    """
    when = written(before)
    with ledger.database.connection(write=True) as connection:
        documents = connection.execute(sa.update(SUBMISSIONS).where(*_documents(when)).values(document="")).rowcount
        letters = connection.execute(sa.delete(DEAD_LETTERS).where(DEAD_LETTERS.c.came_at < when)).rowcount
    return Aged(documents, _reports(ledger, when, without_words, write=True), letters)


def _documents(when: str) -> tuple[sa.ColumnElement[bool], ...]:
    row = SUBMISSIONS.c
    return row.received_at < when, row.state.in_(ENDED), row.document != ""


def _reports(ledger: Ledger, when: str, without_words: Callable[[Report, str], Report], *, write: bool) -> int:
    """Return the number of reports with words; with `write`, they lose them, some at a time."""
    last = changed = 0
    query = sa.select(REPORTS.c.id, REPORTS.c.identity, REPORTS.c.report).where(REPORTS.c.created_at < when)
    while True:
        with ledger.database.connection(write=write) as connection:
            rows = connection.execute(query.where(REPORTS.c.id > last).order_by(REPORTS.c.id).limit(PAGE)).all()
            for row in rows:
                old = Report.model_validate_json(row.report)
                new = without_words(old, row.identity)
                changed += new != old
                if write and new != old:
                    change = sa.update(REPORTS).where(REPORTS.c.id == row.id)
                    connection.execute(change.values(report=new.model_dump_json()))
        if not rows:
            return changed
        last = rows[-1].id
