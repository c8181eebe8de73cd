"""Hints: a hint that was taken says on which platform; all of them were taken at a terminal so far."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the column, also to what makes a hint one that was taken before."""
    with op.batch_alter_table("hints", table_kwargs={"sqlite_autoincrement": True}) as hints:
        hints.add_column(sa.Column("platform", sa.String(64), nullable=False, server_default="local"))
        hints.drop_constraint("hints_once", type_="unique")
        hints.create_unique_constraint("hints_once", ["platform", "student", "exercise", "kind", "rung"])
