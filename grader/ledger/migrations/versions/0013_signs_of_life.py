"""Signs of life: when a student was listed, or came from a course, so that who is gone for long can be erased."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from grader.ledger.columns import written

revision = "0013"
down_revision = "0012"

COLUMNS = {"roster": "listed_at", "line_items": "launched_at"}


def upgrade() -> None:
    """Add the two columns; nobody knows how old a row is, so its time begins now."""
    for table, name in COLUMNS.items():
        op.add_column(table, sa.Column(name, sa.String(32)))
        column = sa.table(table, sa.column(name))
        op.execute(sa.update(column).values({name: written(datetime.now(UTC))}))
