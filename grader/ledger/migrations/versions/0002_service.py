"""The service: reports get a platform; submissions, deliveries and dead letters get tables."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column and the tables; every older report came from this machine."""
    op.add_column("reports", sa.Column("platform", sa.String(64), nullable=False, server_default="local"))
    op.drop_index("reports_student", "reports")
    op.create_index("reports_student", "reports", ["platform", "student", "exercise", "content_hash"])
    _submissions()
    _deliveries()
    op.create_table(
        "dead_letters",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("source", sa.String(96), nullable=False),
        sa.Column("entry", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("came_at", sa.String(32), nullable=False),
        sa.Column("replayed_at", sa.String(32)),
        sa.UniqueConstraint("source", "entry", name="dead_letters_once"),
        sqlite_autoincrement=True,
    )


def _submissions() -> None:
    op.create_table(
        "submissions",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("platform", sa.String(64), nullable=False),
        sa.Column("submission_id", sa.String(128), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", sa.String(64)),
        sa.Column("student", sa.Text),
        sa.Column("exercise", sa.Text),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("received_at", sa.String(32), nullable=False),
        sa.Column("credit", sa.Float, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("wake_at", sa.String(32), nullable=False),
        sa.Column("lease", sa.String(32)),
        sa.Column("tried_at", sa.String(32)),
        sa.Column("failed_at", sa.String(32)),
        sa.Column("finished_at", sa.String(32)),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("problems", sa.Text, nullable=False),
        sa.Column("next_allowed", sa.String(32)),
        sa.Column("report", sa.Integer, sa.ForeignKey("reports.id")),
        sa.UniqueConstraint("platform", "submission_id", name="submissions_once"),
        sqlite_autoincrement=True,
    )
    op.create_index("submissions_waiting", "submissions", ["state", "wake_at"])
    op.create_index("submissions_student", "submissions", ["platform", "student", "exercise"])
    op.create_index("submissions_failed", "submissions", ["failed_at"])
    op.create_index("submissions_finished", "submissions", ["state", "finished_at"])


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("submission", sa.Integer, sa.ForeignKey("submissions.id"), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("message", sa.String(64), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("wake_at", sa.String(32)),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("delivered_at", sa.String(32)),
        sqlite_autoincrement=True,
    )
    op.create_index("deliveries_waiting", "deliveries", ["wake_at"])
    op.create_index("deliveries_submission", "deliveries", ["submission"])
