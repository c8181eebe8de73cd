"""Courses: a submission's row says which course it came from."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column; of older submissions nobody knows the course."""
    op.add_column("submissions", sa.Column("course", sa.Text))
