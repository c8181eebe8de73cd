"""Students: rosters, what instructors decide for one student, and the note that a student was erased."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the three tables."""
    op.create_table(
        "roster",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("platform", sa.String(64), nullable=False),
        sa.Column("course", sa.Text, nullable=False),
        sa.Column("student", sa.Text, nullable=False),
        sa.Column("section", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.UniqueConstraint("platform", "course", "student", name="roster_once"),
        sqlite_autoincrement=True,
    )
    op.create_index("roster_student", "roster", ["platform", "student"])
    op.create_table(
        "adjustments",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("platform", sa.String(64), nullable=False),
        sa.Column("student", sa.Text, nullable=False),
        sa.Column("exercise", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
        sa.Column("undone_by", sa.Text),
        sa.Column("undone_at", sa.String(32)),
        sqlite_autoincrement=True,
    )
    op.create_index("adjustments_student", "adjustments", ["platform", "student", "exercise"])
    op.create_table(
        "erasures",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("erased_by", sa.Text, nullable=False),
        sa.Column("erased_at", sa.String(32), nullable=False),
        sa.Column("submissions", sa.Integer, nullable=False),
        sa.Column("reports", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
