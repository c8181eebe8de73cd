"""Line items: the places in platforms' gradebooks for one student's score, and the score that each was sent last.

Only one courier sends to a line item at a time, and what it sends is noted before it is sent: if no answer comes, the
same score goes with the same time again, so that the platform can tell a repetition from news.

Where a link comes with a list of line items alone, ours is found in the list or made there before the first score is
sent: by one courier, for all students of that link.
"""

from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from grader.ledger.clock import now
from grader.ledger.columns import read, storable, written
from grader.ledger.entry import LedgerEntry
from grader.ledger.ledger import Ledger
from grader.ledger.queue import outbox
from grader.ledger.tables import LINE_ITEMS, SUBMISSIONS

LEASE_SECONDS = 60
"""The time that a courier has to send a score; then another courier may."""

LastAnswer = Literal["taken", "refused", "unknown"]
"""The platform's answer to the score that was sent last; unknown if none came, or nothing was sent yet."""

ITEM, ROW = LINE_ITEMS.c, SUBMISSIONS.c
SAME_LINK = ("platform", "sought")
"""The columns in which all students agree who come by one link whose line item is ours to find."""


class LaunchedItem(NamedTuple):
    """The place of a student's score, as a launch names it."""

    platform: str
    course: str
    """Empty if the platform names none."""
    exercise: str
    student: str
    url: str
    sought: str | None = None
    """The description of where it is to be found or made, the same for all students of a link; None if that named it.
    Until it is found, `url` is the same."""

    @property
    def is_sought(self) -> bool:
        """True if it is not found yet."""
        return self.url == self.sought


class LineItem(NamedTuple):
    """The place of a student's score, with what was sent there last."""

    id: int
    launched: LaunchedItem
    score: float | None
    """Sent last; None for no grade."""
    stamp: datetime | None
    """The time that was sent with it; None before the first."""
    answer: LastAnswer
    trouble: str
    """The reason why it cannot take a score, for the operator."""


class Attempt(NamedTuple):
    """A submission that was graded."""

    received_at: datetime
    finished_at: datetime
    entry: LedgerEntry
    """The newest entry with its report."""


def keep(ledger: Ledger, launched: LaunchedItem) -> None:
    """Keep the line item; one that is new is owed the score of work that was graded before."""
    with ledger.database.alone() as connection:
        if launched.is_sought:  # it may have been found for somebody else
            launched = launched._replace(url=_found(connection, launched) or launched.url)
        known = sa.select(LINE_ITEMS).where(*_same(launched, ("platform", "student", "url")))
        row = connection.execute(known).mappings().one_or_none()
        values = {**launched._asdict(), "launched_at": written(now(connection))}
        if row is None:
            new = sa.insert(LINE_ITEMS).values(**values, answer="unknown", trouble="")
            key: Any = connection.execute(new).inserted_primary_key
            number = int(key[0])
        else:
            number = row["id"]
            connection.execute(sa.update(LINE_ITEMS).where(ITEM.id == number).values(values))
            if all(row[name] == getattr(launched, name) for name in ("course", "exercise")):
                return
        last = connection.scalar(sa.select(sa.func.max(ROW.id)).where(*_attempts(launched)))
        if last is not None:
            outbox.put(connection, [last], now(connection), "lti", number)


def find(ledger: Ledger, number: int) -> LineItem | None:
    """Return the line item; None if there is none, because its student was erased."""
    with ledger.database.connection() as connection:
        row = connection.execute(sa.select(LINE_ITEMS).where(ITEM.id == number)).mappings().one_or_none()
    return _line_item(row) if row else None


def found(ledger: Ledger, launched: LaunchedItem) -> str | None:
    """Return the address of the line item that is sought, if it was found for somebody else meanwhile."""
    with ledger.database.connection() as connection:
        return _found(connection, launched)


def begin_search(ledger: Ledger, launched: LaunchedItem) -> bool:
    """Return whether this courier is to find the line item or make it; False if another one is at it."""
    first = sa.select(sa.func.min(ITEM.id)).where(*_same(launched, SAME_LINK)).scalar_subquery()
    with ledger.database.connection(write=True) as connection:
        when = now(connection)
        mine = sa.update(LINE_ITEMS).where(ITEM.id == first, _is_free(when)).values(busy_until=_lease(when))
        return connection.scalar(mine.returning(ITEM.id)) is not None


def end_search(ledger: Ledger, launched: LaunchedItem, url: str | None) -> None:
    """Note where the line item is, for all students of the link; None if it was not found.

    Somebody whose score goes there already, by another link, is left out: there is one score for each place.
    """
    other = LINE_ITEMS.alias()
    same_person = [other.c[name] == ITEM[name] for name in ("platform", "student")]
    is_there = sa.exists().where(*same_person, other.c.url == url)
    with ledger.database.alone() as connection:
        first = sa.select(sa.func.min(ITEM.id)).where(*_same(launched, SAME_LINK)).scalar_subquery()
        connection.execute(sa.update(LINE_ITEMS).where(ITEM.id == first).values(busy_until=None))
        if url is not None:
            waiting = (*_same(launched, SAME_LINK), ITEM.url == ITEM.sought)
            connection.execute(sa.update(LINE_ITEMS).where(*waiting, ~is_there).values(url=url, trouble=""))


def attempts(ledger: Ledger, launched: LaunchedItem) -> list[Attempt]:
    """Return the student's graded submissions to the exercise in this course, in the order in which they came in."""
    query = sa.select(ROW.received_at, ROW.finished_at, ROW.report).where(*_attempts(launched))
    with ledger.database.connection() as connection:
        rows = connection.execute(query.order_by(ROW.received_at, ROW.id)).all()
        entries = ledger.newest(connection, [row.report for row in rows])
    return [
        Attempt(datetime.fromisoformat(row.received_at), datetime.fromisoformat(row.finished_at), entries[row.report]())
        for row in rows
    ]


def begin(ledger: Ledger, item: LineItem, score: float | None, stamp: datetime) -> bool:
    """Note what is about to be sent; return False if another courier is sending, or has sent since `item` was read."""
    with ledger.database.connection(write=True) as connection:
        when = now(connection)
        as_read = ITEM.stamp.is_(None) if item.stamp is None else ITEM.stamp == written(item.stamp)
        values = {
            "score": score,
            "stamp": written(stamp),
            "answer": "unknown",
            "busy_until": _lease(when),
        }
        mine = sa.update(LINE_ITEMS).where(ITEM.id == item.id, _is_free(when), as_read).values(values)
        return connection.scalar(mine.returning(ITEM.id)) is not None


def restamp(ledger: Ledger, item: LineItem, stamp: datetime) -> None:
    """Note that the same is sent once more, with a later time."""
    with ledger.database.connection(write=True) as connection:
        connection.execute(sa.update(LINE_ITEMS).where(ITEM.id == item.id).values(stamp=written(stamp)))


def end(ledger: Ledger, item: LineItem, answer: LastAnswer, trouble: str = "") -> None:
    """Note the platform's answer to what was sent."""
    values = {"answer": answer, "trouble": storable(trouble), "busy_until": None}
    with ledger.database.connection(write=True) as connection:
        connection.execute(sa.update(LINE_ITEMS).where(ITEM.id == item.id).values(values))


def troubled(ledger: Ledger) -> list[LineItem]:
    """Return the line items that cannot take their score, by platform and course."""
    query = sa.select(LINE_ITEMS).where(ITEM.trouble != "").order_by(ITEM.platform, ITEM.course, ITEM.id)
    with ledger.database.connection() as connection:
        return [_line_item(row) for row in connection.execute(query).mappings()]


def _found(connection: sa.Connection, launched: LaunchedItem) -> str | None:
    query = sa.select(ITEM.url).where(*_same(launched, SAME_LINK), ITEM.url != ITEM.sought).order_by(ITEM.id)
    return connection.scalar(query.limit(1))


def _is_free(when: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(ITEM.busy_until.is_(None), ITEM.busy_until <= written(when))


def _lease(when: datetime) -> str:
    return written(when + timedelta(seconds=LEASE_SECONDS))


def _same(launched: LaunchedItem, names: tuple[str, ...]) -> list[sa.ColumnElement[bool]]:
    return [ITEM[name] == getattr(launched, name) for name in names]


def _attempts(launched: LaunchedItem) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        ROW.platform == launched.platform,
        ROW.student == launched.student,
        ROW.exercise == launched.exercise,
        sa.func.coalesce(ROW.course, "") == launched.course,
        ROW.report.is_not(None),
    )


def _line_item(row: sa.RowMapping) -> LineItem:
    launched = LaunchedItem(**{name: row[name] for name in LaunchedItem._fields})
    return LineItem(row["id"], launched, row["score"], read(row["stamp"]), row["answer"], row["trouble"])
