"""Sessions: who is signed in at the web door's pages; and tokens with which people sign in."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create the table, and the columns that say whose a token is; older tokens are platforms', as they were."""
    op.add_column("tokens", sa.Column("role", sa.String(16)))
    op.add_column("tokens", sa.Column("course", sa.Text))
    op.create_table(
        "sessions",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("platform", sa.String(64), nullable=False),
        sa.Column("student", sa.Text, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("course", sa.Text),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("framed_by", sa.Text, nullable=False),
        sa.Column("token", sa.Integer, sa.ForeignKey("tokens.id")),
        sa.Column("ends_at", sa.String(32), nullable=False),
    )
    op.create_index("sessions_ends_at", "sessions", ["ends_at"])
