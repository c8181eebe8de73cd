"""Finishing: reports are kept, their rows end, and their answers are owed; all of it in the caller's transaction."""

from collections import defaultdict
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from grader.base.language import N_
from grader.ledger.clock import now
from grader.ledger.columns import written
from grader.ledger.entry import LedgerEntry
from grader.ledger.ledger import WISHES, Ledger, Regrade
from grader.ledger.queue import outbox
from grader.ledger.queue.leases import Ending, held
from grader.ledger.tables import SUBMISSIONS
from grader.schema import Report

ROW = SUBMISSIONS.c
EARLIER = N_("the same submission came in earlier, too")
"""The reason of a report that replaces one with less credit."""
END = (
    sa.update(SUBMISSIONS)
    .where(ROW.id == sa.bindparam("job"))
    .values(
        state=sa.bindparam("ends"),
        tries=sa.bindparam("tried"),
        report=sa.bindparam("entry"),
        finished_at=sa.bindparam("at"),
        reason="",
        lease=None,
    )
)


def finish(ledger: Ledger, connection: sa.Connection, endings: Sequence[Ending]) -> list[int]:
    """End the rows of leases that were taken together; return them, without those of leases that had run out.

    Raises:
        IntegrityError: Another process has kept one of the reports meanwhile; a second try finds it.
    """
    if not endings:
        return []
    valid = sa.select(ROW.id).where(*held([each.lease for each in endings])).order_by(ROW.id).with_for_update()
    jobs, when = list(connection.scalars(valid)), now(connection)
    same = _led_to(connection, jobs)
    ended = [
        {
            "job": each.lease.job,
            "ends": "graded" if each.report.gradable else "ungradable",
            "tried": each.lease.tries + int(each.lease.is_trial),
            "entry": _entered(ledger, connection, each, same[each.lease.job]).id,
            "at": written(when),
        }
        for each in sorted(endings, key=lambda each: each.lease.job)  # the ledger keeps the order of coming in
        if each.lease.job in jobs
    ]
    if ended:
        connection.execute(END, ended)
        outbox.put(connection, jobs, when)
    return jobs


def _led_to(connection: sa.Connection, jobs: Sequence[int]) -> dict[int, list[int]]:
    """Return, for each of these rows, the entries that rows with the same content led to."""
    mine = SUBMISSIONS.alias().c
    same = (ROW[name] == mine[name] for name in ("platform", "student", "exercise", "content"))
    query = sa.select(mine.id, ROW.report).join_from(SUBMISSIONS, mine.id.table, sa.and_(*same))
    entries: dict[int, list[int]] = defaultdict(list)
    for job, entry in connection.execute(query.where(mine.id.in_(jobs), ROW.report.is_not(None)).distinct()):
        entries[job].append(entry)
    return entries


def _entered(ledger: Ledger, connection: sa.Connection, ending: Ending, same: Collection[int]) -> LedgerEntry:
    """Return the report's entry; a row with the same content has the same one, if it was graded in this version.

    A copy that came in earlier, with more credit, replaces the report of one that was graded before it.
    """
    lease, report = ending
    newest = (read() for read in ledger.newest(connection, same).values())
    known = next((entry for entry in newest if _is_again(entry.report, report)), None)
    if known is None:
        return ledger.enter(connection, report, lease.platform, lease.received_at)
    if known.report.credit >= report.credit:
        return known
    change = Regrade(known.id, EARLIER)
    entry = ledger.enter(connection, report, lease.platform, lease.received_at, change)
    outbox.put_again(connection, entry)
    return entry


def _is_again(known: Report, report: Report) -> bool:
    """Return whether a report on the same content is the known one, but for its credit."""
    same = ("exercise_version", *WISHES)
    return all(getattr(known, name) == getattr(report, name) for name in same)
