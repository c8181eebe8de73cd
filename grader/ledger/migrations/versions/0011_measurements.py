"""Measurements: while every head is being measured, students who wait can be told how far it is."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "measurements",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("exercise", sa.String(64), nullable=False),
        sa.Column("done", sa.Float, nullable=False),
        sa.Column("told_at", sa.String(32), nullable=False),
        sa.UniqueConstraint("exercise", name="measurements_once"),
        sqlite_autoincrement=True,
    )
