"""Versions of exercises: what each was when it was first used; and the reason why a submission is held."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the table, and the column."""
    op.create_table(
        "versions",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("exercise", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("used_at", sa.String(32), nullable=False),
        sa.UniqueConstraint("exercise", "version", name="versions_once"),
        sqlite_autoincrement=True,
    )
    op.add_column("submissions", sa.Column("waits_for", sa.Text))
