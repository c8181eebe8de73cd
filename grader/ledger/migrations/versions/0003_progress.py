"""Progress: the hints that were taken, and the submissions that were graded here and then handed in to a platform."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "hints",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("student", sa.Text, nullable=False),
        sa.Column("exercise", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("rung", sa.String(16), nullable=False),
        sa.Column("cost", sa.Integer, nullable=False),
        sa.Column("taken_at", sa.String(32), nullable=False),
        sa.UniqueConstraint("student", "exercise", "kind", "rung", name="hints_once"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "handed_in",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("platform", sa.String(64), nullable=False),
        sa.Column("submission_id", sa.String(128), nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("again_at", sa.String(32)),
        sa.Column("reason", sa.Text, nullable=False),
        sa.UniqueConstraint("queue", "platform", "submission_id", name="handed_in_once"),
        sqlite_autoincrement=True,
    )
