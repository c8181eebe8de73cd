"""Line items of our own: where a link came with a list of them alone, one is found in it or made."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the place where it is looked for."""
    op.add_column("line_items", sa.Column("sought", sa.Text))
    op.create_index("line_items_sought", "line_items", ["platform", "sought"])
