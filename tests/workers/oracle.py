"""The state in which everything must come to rest: each fault is a sentence."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from grader.ledger import Ledger
from grader.ledger.entry import LedgerEntry
from grader.ledger.tables import DEAD_LETTERS, REPORTS, SUBMISSIONS
from grader.schema import Report
from grader.schema.queue import TERMINAL, Result
from grader.students.xp import progress
from tests.support.lti.lms import Lms
from tests.workers.support import diary, practice
from tests.workers.support.crowd import Handed, Launch
from tests.workers.support.service import INTAKE, PLATFORM, Service, laboratory

CLOSE = 1e-6
"""Percent by which a gradebook's part of the full score may differ from ours: it divides what it was told."""


def expected(handed: Sequence[Handed], folder: Path) -> dict[str, Report]:
    """Return the report on each submission that can be read, by its id, graded with the folder's tables."""
    bench = laboratory(folder, practice.practice())
    return {each.id: bench.report(each.submission) for each in handed if each.fate != "rejected"}


def faults(ledger: Ledger, handed: Sequence[Handed], reports: Mapping[str, Report]) -> Iterator[str]:
    """Yield everything that is wrong with the submissions, their reports and their students' XP."""
    with ledger.database.connection() as connection:
        rows = {row["submission_id"]: row for row in connection.execute(sa.select(SUBMISSIONS)).mappings()}
    for each in handed:
        row = rows.get(each.id)
        if row is None or row["state"] != each.fate:
            yield f"{each.id}: {row['state'] if row else 'lost'}, not {each.fate}"
    if strange := set(rows) - {each.id for each in handed}:
        yield f"nobody handed in {sorted(strange)}"
    yield from _wrong_reports(ledger, rows, reports)
    yield from _wrong_xp(ledger, handed, reports)
    changes = diary.changes(ledger)
    yield from (
        f"job {change.job} was {change.was} and became {change.became}" for change in changes if change.was in TERMINAL
    )


def _wrong_reports(
    ledger: Ledger, rows: Mapping[str, Mapping[str, Any]], reports: Mapping[str, Report]
) -> Iterator[str]:
    with ledger.database.connection() as connection:
        lines = connection.execute(sa.select(REPORTS.c.id, REPORTS.c.submission, REPORTS.c.report)).all()
    kept = {line.id: Report.model_validate_json(line.report) for line in lines}
    for name, report in reports.items():
        if name in rows and kept.get(rows[name]["report"]) != report:
            yield f"{name}: its report is another one"
    for submission, count in Counter(line.submission for line in lines).items():
        if count > 1:
            yield f"{submission}: {count} reports"
    different = len({report.content_hash for report in reports.values()})
    if len(lines) != different:
        yield f"{len(lines)} reports on {different} different submissions"


def _wrong_xp(ledger: Ledger, handed: Sequence[Handed], reports: Mapping[str, Report]) -> Iterator[str]:
    for student in sorted({each.student for each in handed}):
        theirs = {each.id: reports[each.id] for each in handed if each.student == student and each.id in reports}
        different = {report.content_hash: report for report in theirs.values()}
        entries = [
            LedgerEntry(number, name, report, datetime.now(UTC))
            for number, (name, report) in enumerate(different.items(), 1)
        ]
        due, given = progress(entries).xp, progress(ledger.entries(student, platform=PLATFORM)).xp
        if due != given:
            yield f"{student}: {given} XP, not {due}"


def unburied(ledger: Ledger, bad: Mapping[str, str], ambiguous: int) -> Iterator[str]:
    """Yield what is wrong with the dead letters; `bad` has each bad entry's reason by its id on the stream."""
    with ledger.database.connection() as connection:
        letters = connection.execute(sa.select(DEAD_LETTERS).where(DEAD_LETTERS.c.source == INTAKE)).mappings().all()
    reasons = {letter["entry"]: letter["reason"] for letter in letters}
    for name, why in bad.items():
        if not reasons.get(name, "").startswith(why):
            yield f"bad entry {name}: {reasons.get(name, 'no letter')}, not {why}"
    if not len(bad) <= len(letters) <= len(bad) + ambiguous:
        yield f"{len(letters)} letters for {len(bad)} bad entries, of which {ambiguous} were sent again"


def unheard(handed: Sequence[Handed], heard: Mapping[str, Sequence[Result]]) -> Iterator[str]:
    """Yield what is wrong with the results that the platform got."""
    for each in handed:
        told = heard.get(each.id, ())
        if {result.state for result in told} != {each.fate}:
            yield f"{each.id}: {[result.state for result in told]} was told, not {each.fate}"
        if len({result.report.content_hash if result.report else "" for result in told}) > 1:
            yield f"{each.id}: different reports were told"
    if strange := set(heard) - {each.id for each in handed}:
        yield f"results of {sorted(strange)} were told, which nobody handed in"


def mistold(
    handed: Sequence[Handed], reports: Mapping[str, Report], launches: Sequence[Launch], lms: Lms
) -> Iterator[str]:
    """Yield what is wrong with the gradebook: it holds the best score of everybody who came from a course, no other.

    On the way there, each was told only their own scores, from worse to better, with times that never went back.
    """
    own = defaultdict[tuple[str, str], set[float]](set)
    for each in handed:
        report = reports.get(each.id)
        if report and report.gradable and Launch(each.student, each.course) in launches:
            path = urlsplit(lms.line_item(each.course, practice.ID)).path
            own[path, each.student].add(round(100 * report.score, 4))
    told = defaultdict[tuple[str, str], list[dict[str, Any]]](list)
    for post in lms.posts:
        told[post["item"], post["userId"]].append(post)
    for cell in sorted(own.keys() | lms.grades.keys() | told.keys()):
        who, best = f"{cell[1]} at {cell[0]}", max(own[cell], default=None)
        grade = lms.grades.get(cell)
        part = None if grade is None or grade.part is None else 100 * grade.part
        if (part is None) != (best is None) or abs((part or 0) - (best or 0)) > CLOSE:
            yield f"{who}: {part} is in the gradebook, not {best}"
        scores, stamps = ([post.get(name) for post in told[cell]] for name in ("scoreGiven", "timestamp"))
        if strange := set(scores) - own[cell]:
            yield f"{who}: was told {strange}"
        elif scores != sorted(scores) or stamps != sorted(stamps):
            yield f"{who}: was told {scores} at {stamps}"


def left_behind(service: Service) -> dict[str, int]:
    """Return what is still on the queue's server, by its place; nothing when all is done."""
    waiting, taken = service.messages()
    groups = service.client.xinfo_groups(INTAKE)
    counts = {
        "intake": service.client.xlen(INTAKE),
        "read": sum(group["pending"] for group in groups),
        "celery": waiting,
        "unacked": taken,
    }
    return {where: count for where, count in counts.items() if count}
