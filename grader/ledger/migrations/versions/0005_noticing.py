"""Noticing: reports are known by what was handed in; answers get a revision, lost processes are counted."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from pydantic import ValidationError

from grader.schema import Claim
from grader.schema.content import claims_hash, hash_of_written, with_wishes

revision = "0005"
down_revision = "0004"

PAGE = 500
REPORTS = sa.table("reports", *map(sa.column, ("id", "report", "content_hash", "identity")))
SUBMISSIONS = sa.table("submissions", *map(sa.column, ("id", "report", "content")))


def upgrade() -> None:
    """Add the columns; fill in what reports and submissions are known by; a submission's first revision is 1."""
    op.add_column("reports", sa.Column("identity", sa.String(64)))
    identified = sa.update(REPORTS).where(REPORTS.c.id == sa.bindparam("row"))
    for rows in _pages(sa.select(REPORTS), REPORTS.c.id):
        hashes = [{"row": row["id"], "hash": _identity(row)} for row in rows]
        op.get_bind().execute(identified.values(identity=sa.bindparam("hash")), hashes)
    graded = sa.select(SUBMISSIONS.c.id, REPORTS.c.report)
    joined = graded.join(REPORTS, REPORTS.c.id == SUBMISSIONS.c.report)
    known = sa.update(SUBMISSIONS).where(SUBMISSIONS.c.id == sa.bindparam("row"))
    for rows in _pages(joined, SUBMISSIONS.c.id):
        hashes = [{"row": row["id"], "hash": _content(row)} for row in rows]
        op.get_bind().execute(known.values(content=sa.bindparam("hash")), hashes)
    op.drop_index("reports_student", "reports")
    op.create_index("reports_student", "reports", ["platform", "student", "exercise", "identity"])
    op.add_column("submissions", sa.Column("losses", sa.Integer, nullable=False, server_default="0"))
    op.add_column("submissions", sa.Column("lost_at", sa.String(32)))
    op.create_index("submissions_lost", "submissions", ["lost_at"])
    op.add_column("submissions", sa.Column("revision", sa.Integer, nullable=False, server_default="0"))
    op.execute("UPDATE submissions SET revision = 1 WHERE finished_at IS NOT NULL")


def _pages(query: sa.Select[Any], key: sa.ColumnElement[int]) -> Iterator[Sequence[sa.RowMapping]]:
    """Yield the rows of the query, some at a time."""
    last = 0
    while rows := op.get_bind().execute(query.where(key > last).order_by(key).limit(PAGE)).mappings().all():
        yield rows
        last = rows[-1]["id"]


def _identity(row: sa.RowMapping) -> str:
    """Return the identity of a kept report, as `grader.schema.content.identity` does of one that can be read."""
    report = json.loads(row["report"])
    if not report["verdicts"]:
        return str(row["content_hash"])
    return with_wishes(_claims(report), report.get("gallery", False), report.get("gallery_name"))


def _content(row: sa.RowMapping) -> str:
    """Return the content of a graded submission, as the reception computes it."""
    return _claims(json.loads(row["report"]))


def _claims(report: dict[str, Any]) -> str:
    claims = [verdict["claim"] for verdict in report["verdicts"]]
    try:
        return claims_hash(map(Claim.model_validate, claims))
    except ValidationError:  # a kind of an older version
        return hash_of_written(claims)
